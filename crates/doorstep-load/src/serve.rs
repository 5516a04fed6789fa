//! The server that is measured: one thread for its connections, a pool that hashes, two routes.

mod memory;

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use doorstep::driver::Store;
use doorstep::{Authenticator, Basic, Bearer};
use doorstep_sqlx::{Options, SqlStore};
use doorstep_tower::{AuthLayer, Granted, Pool, PoolLimits, ReceiptLimits, ThrottleLimits};
use tokio::io::{AsyncReadExt as _, stdin};
use tokio::net::TcpListener;

use self::memory::Memory;
use crate::args::Serve;
use crate::seed::{self, Seeds};

/// Listens on a free port, says so in a line, and ends when its standard input does.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(args: Serve) -> Result<(), Box<dyn Error>> {
    let mut builder = Authenticator::builder("load", args.hash.hashers())
        .scheme(Basic::new())
        .scheme(Bearer::named("Token"));
    if args.receipts {
        builder = builder.receipts();
    }
    let auth = builder.build()?;
    let seeds = Seeds::made_elsewhere(&args.hash)?;
    let pool = Pool::start(args.limits())?;
    let app = match &args.database {
        Some(url) => {
            let mut options = Options::default();
            options.max_connections = args.connections;
            let store = options.connect(url).await?;
            store.migrate().await?;
            seeds.fill(&store).await?;
            let layer = args.told(AuthLayer::new(auth, store).pool(pool));
            app(layer, |user: &doorstep_sqlx::User| user.username.clone())
        }
        None => {
            let layer = args.told(AuthLayer::new(auth, Memory::new(seeds)).pool(pool));
            app(layer, |user: &Arc<str>| user.to_string())
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let mut input = stdin();
    let served = async {
        if args.throttle {
            // Addresses, which the throttle counts by, are a little work for each request.
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, app).await
        } else {
            axum::serve(listener, app).await
        }
    };
    tokio::select! {
        served = served => served?,
        // Whoever started it is gone, or wants it gone.
        _ = input.read_u8() => {}
    }
    Ok(())
}

/// `/open` is beside the layer, `/me` below it. They answer as much.
fn app<S>(layer: AuthLayer<S>, name: fn(&S::User) -> String) -> Router
where
    S: Store + 'static,
    S::User: Clone + Send + Sync + 'static,
    S::Error: fmt::Display,
{
    let me = move |granted: Granted<S::User>| async move { hello(&name(granted.user())) };
    Router::new()
        .route("/me", get(me))
        .layer(layer)
        .route("/open", get(async || hello(seed::USERNAMES[0])))
}

fn hello(name: &str) -> ([(&'static str, &'static str); 1], String) {
    ([("content-type", "application/json")], format!("{{\"message\":\"Hello, {name}!\"}}"))
}

impl Serve {
    fn told<S>(&self, mut layer: AuthLayer<S>) -> AuthLayer<S> {
        if self.receipts {
            layer = layer.receipts(ReceiptLimits::default());
        }
        if self.throttle {
            layer = layer.throttle(ThrottleLimits::default());
        }
        layer
    }

    fn limits(&self) -> PoolLimits {
        let mut limits = PoolLimits::default();
        limits.threads = self.threads.unwrap_or(limits.threads);
        limits.memory_kib = self.memory_kib.unwrap_or(limits.memory_kib);
        limits.queue = self.queue.unwrap_or(limits.queue);
        limits.batch = self.batch.unwrap_or(limits.batch);
        limits
    }
}

impl Seeds {
    /// A database that is there already is taken as it is.
    async fn fill(&self, store: &SqlStore) -> Result<(), doorstep_sqlx::Error> {
        for (username, hash) in &self.users {
            if store.user(username).await?.is_some() {
                continue;
            }
            let id = store.create_user(username, Some(hash), &doorstep::Scopes::NONE_ASKED).await?;
            if *username == seed::USERNAMES[0] {
                store.insert_token(id, &seed::token_record()).await?;
            }
        }
        Ok(())
    }
}
