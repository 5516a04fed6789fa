//! A network between a store and its server, which can fail.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    /// They reach the server.
    Open,
    /// They are broken off, and so is every new one: the server was killed.
    Cut,
    /// They stay, and nothing that is sent arrives. What was swallowed stays so when others get
    /// through again: whoever knew these connections has forgotten them.
    Swallow,
}

pub struct Proxy {
    way: watch::Sender<Way>,
    pub url: String,
}

impl Proxy {
    /// The same database by another way.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (head, tail) = url.split_once('@').unwrap();
        let (server, database) = tail.split_once('/').unwrap();
        let url = format!("{head}@{}/{database}", listener.local_addr().unwrap());
        let (way, seen) = watch::channel(Way::Open);
        tokio::spawn(accept(listener, server.parse().unwrap(), seen));
        Self { way, url }
    }

    pub fn is(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, seen: watch::Receiver<Way>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, server, seen.clone()));
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut seen: watch::Receiver<Way>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server), if *seen.borrow() == Way::Open => {}
        way = async { seen.wait_for(|way| *way != Way::Open).await.map(|way| *way) } => {
            if way.is_ok_and(|way| way == Way::Swallow) {
                std::future::pending().await
            }
        }
    }
}
