//! Host: tonic, below the layer of `doorstep-tower`.
//!
//! What to take away:
//!
//! - `AuthLayer` goes around the server, `Require` around a service, and a call finds who makes it in its
//!   extensions;
//! - clients put their credentials into the metadata `authorization`;
//! - refusals are HTTP's, which gRPC's clients read as codes: 401 as `UNAUTHENTICATED`, 403 as
//!   `PERMISSION_DENIED`, 429 and 503 as `UNAVAILABLE`;
//! - the layer hashes on threads of its own, so that calls with tokens go on during a storm of logins.
//!
//! No compiler of protocols is needed here: messages are text. Of what one generates,
//! `.add_service(Require::user().named_layer(GreeterServer::new(greeter)))` takes the place of the route.
//!
//! ```text
//! cargo run --example tonic
//! ```

use std::error::Error;
use std::future::{Ready, ready};
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::http::uri::PathAndQuery;
use axum::response::Response as HttpResponse;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, BufMut as _};
use doorstep::driver::MemoryStore;
use doorstep::password::{Argon2, Hashers, Secret};
use doorstep::{Authenticator, Basic, Scopes};
use doorstep_tower::{AuthLayer, Granted, Require};
use tokio::runtime;
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::UnaryService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Code, Request, Response, Status};

const GREET: &str = "/example.Greeter/Greet";
/// For a call, hashing included.
const PATIENCE: Duration = Duration::from_secs(10);

struct Greet;

impl UnaryService<String> for Greet {
    type Response = String;
    type Future = Ready<Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let Some(granted) = request.extensions().get::<Granted<String>>() else {
            return ready(Err(Status::unauthenticated("who is there?")));
        };
        let text = format!("hello, {}: {}", granted.user(), request.get_ref());
        ready(Ok(Response::new(text)))
    }
}

async fn greet(request: HttpRequest) -> HttpResponse<Body> {
    tonic::server::Grpc::new(Text).unary(Greet, request).await
}

fn main() -> Result<(), Box<dyn Error>> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let hashers = Hashers::new(Argon2::default());
    let auth = Authenticator::builder("tonic", hashers).scheme(Basic::new()).build()?;
    let hash = auth.hashers().hash(Secret::from("open sesame"))?.run()?;
    // Any store that is awaited: of `doorstep-sqlx`, say.
    let mut users = MemoryStore::new();
    users.insert_user("Aladdin", Some(&hash), Scopes::parse("greet")?);
    users.insert_user("Morgiana", Some(&hash), Scopes::NONE_ASKED);

    let routes = Router::new().route(GREET, post(greet)).route_layer(Require::scopes("greet")?);
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
    let address = incoming.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let server = Server::builder()
        .timeout(PATIENCE)
        .layer(AuthLayer::new(auth, Mutex::new(users)))
        .add_routes(routes.into())
        .serve_with_incoming_shutdown(incoming, async { stopped.await.unwrap_or(()) });
    // A service awaits the server; this one calls it a few times instead, and stops it.
    let server = tokio::spawn(server);

    let basic = |user_pass: &str| Some(format!("Basic {}", STANDARD.encode(user_pass)));
    for (what, authorization, expected) in [
        ("anonymous", None, Code::Unauthenticated),
        ("malformed", Some("Basic garbage".into()), Code::Unauthenticated),
        ("an unknown user", basic("Cassim:open sesame"), Code::Unauthenticated),
        ("a wrong password", basic("Aladdin:open barley"), Code::Unauthenticated),
        ("without the scope", basic("Morgiana:open sesame"), Code::PermissionDenied),
        ("the right password", basic("Aladdin:open sesame"), Code::Ok),
    ] {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.timeout(PATIENCE);
        let mut client = tonic::client::Grpc::new(endpoint.connect().await?);
        client.ready().await?;
        let mut request = Request::new("how are you?".to_owned());
        if let Some(authorization) = authorization {
            request.metadata_mut().insert("authorization", authorization.parse()?);
        }
        let answer = client.unary(request, PathAndQuery::from_static(GREET), Text).await;
        println!("{what}: {:?}", answer.as_ref().map(Response::get_ref).map_err(Status::code));
        assert_eq!(answer.map_or_else(|status| status.code(), |_| Code::Ok), expected);
    }
    let _ = stop.send(());
    Ok(server.await??)
}

/// Messages as text.
#[derive(Clone, Copy)]
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
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Status::invalid_argument("no text"))
    }
}
