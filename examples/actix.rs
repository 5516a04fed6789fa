//! Host: actix-web 4. An extractor says who a request comes from.
//!
//! What to take away:
//!
//! - hashing goes to `web::block`, whose threads are up to 512 and whose queue has no end: permits say
//!   how many passwords are hashed at once, and who gets none in time is told to come back;
//! - the permit goes with the job: a client that hangs up drops its request, and the job runs on;
//! - a `Refusal` has several challenges of one name, so that they are appended, not inserted;
//! - a store that fails is 503, and its error is for the log alone.
//!
//! `Pool::verify` of `doorstep-tower` takes the place of permits and `web::block` on any runtime: threads
//! that keep their memory, a budget in KiB, and what waits is verified together.
//!
//! ```text
//! cargo run --example actix
//! ```

mod client;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::RETRY_AFTER;
use actix_web::http::{StatusCode, header::HeaderMap};
use actix_web::rt::{System, time::timeout};
use actix_web::web::{self, Data};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError};
use doorstep::password::{Argon2, Bcrypt, Hashers, Secret};
use doorstep::{Authenticator, Basic, Outcome, Refusal, Refuse, Scopes, Step};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords that are hashed at once, by all workers together: 2 × 19 MiB.
const PERMITS: usize = 2;
/// How long a login may wait for a permit.
const PATIENCE: Duration = Duration::from_secs(5);

async fn me(User(name): User) -> String {
    format!("hello, {name}\n")
}

struct User(String);

impl FromRequest for User {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let host = request.app_data::<Data<Host>>().ok_or(Refused::Broken)?;
            let outcome = host.decide(request.headers()).await?;
            let granted = outcome.require(&Scopes::NONE_ASKED).map_err(Refused::No)?;
            Ok(Self(granted.into_user()))
        })
    }
}

struct Host {
    auth: Authenticator,
    users: Users,
    permits: Arc<Semaphore>,
}

impl Host {
    async fn decide(&self, headers: &HeaderMap) -> Result<Outcome<String>, Refused> {
        let fields = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let mut step = self.auth.begin(fields);
        loop {
            step = match step {
                Step::FindUser(ask) => match self.users.find(ask.username()).await? {
                    Some((user, hash)) => ask.found(user, hash),
                    None => ask.not_found(), // the same work as a wrong password
                },
                Step::FindToken(ask) => ask.not_found(),
                Step::Verify(work) => match self.permit().await {
                    Some(permit) => block(permit, || work.run()).await?,
                    None => work.refuse(Refuse::Overloaded { retry_after: 1 }),
                },
                Step::Rehash(work) => match self.permit().await {
                    Some(permit) => block(permit, || work.run()).await?,
                    None => work.skip(),
                },
                Step::Replace(ask) => {
                    let (user, old, new) = (ask.user(), ask.old(), ask.new_hash());
                    let replaced = self.users.replace(user, old, new).await;
                    ask.done(replaced)
                }
                Step::Done(outcome) => return Ok(outcome),
            };
        }
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        timeout(PATIENCE, self.permits.clone().acquire_owned()).await.ok()?.ok()
    }
}

async fn block<R, F>(permit: OwnedSemaphorePermit, job: F) -> Result<R, Refused>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    let job = move || {
        let result = job();
        drop(permit);
        result
    };
    web::block(job).await.map_err(|_| Refused::Broken)
}

/// What stands between a request and its route.
#[derive(Debug)]
enum Refused {
    No(Refusal),
    Store(io::Error),
    Broken,
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self {
            Refused::No(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Refused::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Refused::No(refusal) => {
                refusal.fields().for_each(|field| _ = response.append_header(field));
            }
            Refused::Store(error) => {
                eprintln!("the store failed: {error}");
                response.append_header((RETRY_AFTER, 1));
            }
            Refused::Broken => eprintln!("there is no host in the app, or hashing has panicked"),
        }
        response.finish()
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Refused::Store(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request is answered with status {}", self.status_code())
    }
}

/// Any database that is awaited.
struct Users(Mutex<HashMap<String, String>>);

impl Users {
    async fn find(&self, username: &str) -> io::Result<Option<(String, String)>> {
        let users = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        Ok(users.get_key_value(username).map(|(user, hash)| (user.clone(), hash.clone())))
    }

    /// Only where the old one still is.
    async fn replace(&self, user: &str, old: &str, new: &str) -> io::Result<bool> {
        let mut users = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        let hash = users.get_mut(user).filter(|hash| *hash == old);
        Ok(hash.map(|hash| *hash = new.into()).is_some())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let hashers = Hashers::new(Argon2::default()).accept(Bcrypt::default());
    let auth = Authenticator::builder("actix", hashers).scheme(Basic::new()).build()?;
    let old = Hashers::new(Bcrypt::new(8)?).hash(Secret::from("open sesame"))?.run()?;
    let users = Users(Mutex::new(HashMap::from([("Aladdin".into(), old)])));
    let host = Data::new(Host { auth, users, permits: Arc::new(Semaphore::new(PERMITS)) });
    System::new().block_on(async {
        let app = move || App::new().app_data(host.clone()).route("/me", web::get().to(me));
        let server = HttpServer::new(app).workers(2).bind(("127.0.0.1", 0))?;
        let address = server.addrs().first().copied().ok_or("no address")?;
        let server = server.run();
        let handle = server.handle();
        // A service awaits the server; this one asks it a few things instead, and stops it.
        actix_web::rt::spawn(server);
        let checked = web::block(move || client::check(address, "/me")).await?;
        handle.stop(true).await;
        Ok(checked?)
    })
}
