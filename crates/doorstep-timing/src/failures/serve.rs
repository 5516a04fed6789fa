//! A server of doorstep-tower's, of which callgrind counts the instructions.

use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Replace, TokenRecord};
use doorstep_tower::{AuthLayer, Require};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::Host;

struct Accounts(Host);

impl Store for Accounts {
    type User = u64;
    type Error = Infallible;

    async fn find_user(&self, ask: &FindUser<u64>) -> Result<Option<(u64, Account)>, Infallible> {
        Ok(self.0.account(ask.username()).map(|account| (7, account)))
    }

    async fn find_token(
        &self,
        _: &FindToken<u64>,
    ) -> Result<Option<(u64, TokenRecord)>, Infallible> {
        Ok(None)
    }

    async fn replace_hash(&self, _: &Replace<u64>) -> Result<bool, Infallible> {
        Ok(false)
    }
}

/// Says its address, and serves until it is asked for `/quit`.
pub(crate) fn serve(class: &str) -> Result<(), Box<dyn Error>> {
    let host = Host::new(class)?;
    let layer = AuthLayer::new(host.auth.clone(), Accounts(host));
    let quit = Arc::new(Notify::new());
    let quits = quit.clone();
    let app = Router::new()
        .route("/", get(async || "for users").route_layer(Require::user()))
        .layer(layer)
        .route("/quit", get(async move || quits.notify_one()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        let quit = async move { quit.notified().await };
        axum::serve(listener, app).with_graceful_shutdown(quit).await?;
        Ok(())
    })
}
