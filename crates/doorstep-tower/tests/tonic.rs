//! tonic's services below the layer, called by tonic's client, with nothing but a socket left out. Its
//! bodies are its own, and its clients read refusals by their HTTP status.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http;
use axum::http::uri::PathAndQuery;
use bytes::{Buf as _, BufMut as _};
use doorstep_tower::{AuthLayer, Granted, Pool, PoolLimits, Require};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::AsciiMetadataValue;
use tonic::server::NamedService;
use tonic::service::{LayerExt as _, Routes};
use tonic::{Code, Request, Response, Status};
use tower::{Layer as _, Service, service_fn};

use util::{Db, User, authenticator, basic, bearer};

/// Messages are text, so that no compiler of protocols is needed.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(String::from_utf8(bytes.into()).unwrap()))
    }
}

/// What a compiler of protocols writes.
#[derive(Clone)]
struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "example.Greeter";
}

impl Service<http::Request<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let greet = service_fn(async |request: Request<String>| {
            let granted = request.extensions().get::<Granted<User>>().unwrap();
            let text = format!("hello {}, {}", granted.user(), request.get_ref());
            Ok::<_, Status>(Response::new(text))
        });
        Box::pin(async move { Ok(tonic::server::Grpc::new(Text).unary(greet, request).await) })
    }
}

/// Calls `Greet`, with this in `authorization`.
async fn greet(layer: &AuthLayer<Db>, credentials: Option<&str>) -> Result<String, Status> {
    let routes = Routes::new(Require::scopes("write").unwrap().named_layer(Greeter));
    let mut client = tonic::client::Grpc::new(layer.layer(routes));
    client.ready().await.unwrap();
    let mut request = Request::new("how are you".to_owned());
    if let Some(credentials) = credentials {
        let value = AsciiMetadataValue::try_from(credentials).unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let path = PathAndQuery::from_static("/example.Greeter/Greet");
    client.unary(request, path, Text).await.map(Response::into_inner)
}

#[tokio::test]
async fn a_call_knows_who_makes_it() {
    let layer = AuthLayer::new(authenticator(), Db::new());
    let answer = greet(&layer, Some(&bearer())).await;
    assert_eq!(answer.unwrap(), "hello Aladdin, how are you");
}

/// RFC 6750 §3.1 says the status, gRPC's mapping of HTTP statuses the code.
#[tokio::test]
async fn refusals_are_codes_of_grpc() {
    let db = Db::new();
    let pool = Pool::start(PoolLimits::default()).unwrap();
    let layer = AuthLayer::new(authenticator(), db.clone()).pool(pool.clone());
    let code = async |credentials| greet(&layer, credentials).await.unwrap_err().code();
    let (right, wrong) = (basic("Aladdin", "open sesame"), basic("Aladdin", "wrong"));
    assert_eq!(code(None).await, Code::Unauthenticated);
    assert_eq!(code(Some(&wrong)).await, Code::Unauthenticated);
    assert_eq!(code(Some("Bearer another")).await, Code::Unauthenticated);
    // Its scope is "read".
    assert_eq!(code(Some(&right)).await, Code::PermissionDenied);
    pool.drain().await;
    assert_eq!(code(Some(&right)).await, Code::Unavailable);
    *db.fails.lock().unwrap() = true;
    assert_eq!(code(Some(&bearer())).await, Code::Unavailable);
}
