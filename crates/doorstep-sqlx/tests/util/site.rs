//! A host with the layer, as requests meet it.

use std::convert::Infallible;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::Secret;
use doorstep_sqlx::SqlStore;
use doorstep_tower::AuthLayer;
use http::{Request, Response};
use tokio::time::timeout;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::authenticator;

/// Longer than all deadlines of a store together: what takes longer has none.
const PATIENCE: Duration = Duration::from_secs(100);

#[derive(Clone)]
pub struct Site(AuthLayer<SqlStore>);

impl Site {
    pub fn new(store: SqlStore) -> Self {
        Self(AuthLayer::new(authenticator(), store))
    }

    /// The status of the answer to a password.
    pub async fn basic(&self, username: &str, password: &str) -> u16 {
        self.status(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))).await
    }

    /// The status of the answer to a token.
    pub async fn bearer(&self, token: &Secret) -> u16 {
        self.status(format!("Bearer {}", str::from_utf8(token.expose()).unwrap())).await
    }

    /// Waits for the hashes that are renewed after the response.
    pub async fn renewed(&self) {
        timeout(PATIENCE, self.0.renewed()).await.expect("a hash is being renewed for ever");
    }

    async fn status(&self, credentials: String) -> u16 {
        let request = Request::builder().header("authorization", credentials).body(()).unwrap();
        let response = self.0.layer(service_fn(answer)).oneshot(request);
        let response = timeout(PATIENCE, response).await.expect("a request is not answered");
        response.unwrap().status().as_u16()
    }
}

async fn answer(_: Request<()>) -> Result<Response<()>, Infallible> {
    Ok(Response::new(()))
}
