//! What a log is told: a span for each decision, never a secret, a name only if the host wants it, and
//! never a second line. Issue 5 §1; DESIGN §2 on what could break or turn a line of a log.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::http::Response;
use doorstep::{Account, Authenticator, FindToken, FindUser, Replace, TokenRecord};
use doorstep_tower::{AuthLayer, Peer, ReceiptLimits};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::fmt::format::FmtSpan;

use util::{Db, TOKEN, User, authenticator, basic, bearer, builder, get};

/// All that this process logs, at any level, from any thread. Its tests come one after another.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

fn log() -> (MutexGuard<'static, ()>, Log) {
    static TURN: Mutex<()> = Mutex::new(());
    static LOG: OnceLock<Log> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .init();
        log
    });
    log.take();
    (turn, log.clone())
}

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }

    /// The fields of the spans that were closed, times as `_`.
    fn spans(&self) -> Vec<String> {
        let fields = |line: &str| {
            let (_, rest) = line.split_once("authenticate{")?;
            let (fields, _) = rest.split_once("}: doorstep_tower")?;
            let untimed = fields.split(' ').map(|field| match field.split_once("_us=") {
                Some((name, time)) if time.parse::<u64>().is_ok() => format!("{name}_us=_"),
                _ => field.to_owned(),
            });
            Some(untimed.collect::<Vec<_>>().join(" "))
        };
        self.take().lines().filter(|line| line.ends_with(": close")).filter_map(fields).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn send(layer: &AuthLayer<Db>, fields: &[(&str, &str)]) {
    let service = layer.layer(service_fn(async |_| Ok::<_, ()>(Response::new(()))));
    service.oneshot(get("/", fields)).await.unwrap();
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_span_says_what_was_decided_and_how_long_it_took() {
    let (_turn, log) = log();
    let db = Db::new();
    let layer = AuthLayer::new(authenticator(), db.clone());
    let (right, wrong) = (basic("Aladdin", "open sesame"), basic("Aladdin", "wrong"));
    let hashed = "queue_us=_ hash_us=_ batch=1";
    for (fields, expected) in [
        (vec![], "outcome=\"anonymous\"".to_owned()),
        (
            vec![("authorization", right.as_str())],
            format!("{hashed} scheme=\"basic\" outcome=\"granted\""),
        ),
        (
            vec![("authorization", &wrong)],
            format!("{hashed} scheme=\"basic\" cause=wrong password or proof outcome=\"denied\""),
        ),
        (vec![("x-api-key", TOKEN)], "scheme=\"apikey\" outcome=\"granted\"".to_owned()),
        (
            vec![("authorization", "Bearer x")],
            "scheme=\"bearer\" cause=unknown token outcome=\"denied\"".to_owned(),
        ),
    ] {
        send(&layer, &fields).await;
        assert_eq!(log.spans(), [expected]);
    }
    let login = layer.login_handle();
    login.login("Aladdin", "open sesame".into(), &Peer::default()).await.unwrap();
    assert_eq!(log.spans(), [format!("{hashed} scheme=\"login\" outcome=\"granted\"")]);
    *db.fails.lock().unwrap() = true;
    send(&layer, &[("authorization", &right)]).await;
    assert_eq!(log.spans(), ["scheme=\"basic\" outcome=\"failed\""]);
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_receipt_shows_in_the_place_of_times() {
    let (_turn, log) = log();
    let layer = AuthLayer::new(builder().receipts().build().unwrap(), Db::new());
    let layer = layer.receipts(ReceiptLimits::default());
    for _ in 0..2 {
        send(&layer, &[("authorization", &basic("Aladdin", "open sesame"))]).await;
    }
    let granted = "scheme=\"basic\" outcome=\"granted\"";
    let hashed = format!("queue_us=_ hash_us=_ batch=1 {granted}");
    assert_eq!(log.spans(), [hashed, format!("receipt=true {granted}")]);
}

/// Everything that can happen, and then a look at all that was said of it.
#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn no_secret_is_ever_logged_and_names_only_on_demand() {
    let (_turn, log) = log();
    for names in [false, true] {
        let db = Db::new();
        db.set_password("Aladdin", "open sesame", 1);
        let old = db.hash("Aladdin");
        let mut layer = AuthLayer::new(builder().receipts().build().unwrap(), db.clone());
        layer = layer.receipts(ReceiptLimits::default());
        if names {
            layer = layer.with_usernames();
        }
        let (right, wrong) = (basic("Aladdin", "open sesame"), basic("Aladdin", "close sesame"));
        let (token, foreign) = (bearer(), "Bearer s3cret.t0ken");
        let fields = [
            ("authorization", right.as_str()),
            ("authorization", &right),
            ("authorization", &wrong),
            ("authorization", &token),
            ("authorization", foreign),
            ("authorization", "Basic s3cret.t0ken"),
            ("authorization", "Negotiate s3cret.t0ken"),
            ("x-api-key", TOKEN),
        ];
        for fails in [false, true] {
            for field in fields {
                send(&layer, &[field]).await;
                send(&layer, &[field, ("x-api-key", "s3cret.t0ken")]).await;
            }
            let login = layer.login_handle();
            for password in ["open sesame", "close sesame"] {
                let _ = login.login("Aladdin", password.into(), &Peer::default()).await;
            }
            // The new hash is stored, or was a moment ago.
            while !fails && db.hash("Aladdin") == old {
                tokio::task::yield_now().await;
            }
            *db.fails.lock().unwrap() = true;
        }
        layer.hashing_pool().drain().await;

        let said = log.take() + &format!("{layer:?} {:?}", layer.login_handle());
        let new = db.hash("Aladdin");
        assert_ne!(old, new);
        for event in ["renewed a hash", "the store failed", "outcome=\"denied\""] {
            assert!(said.contains(event), "{event} was not said, and so not looked at");
        }
        let encoded = [&right, &wrong].map(|value| value.strip_prefix("Basic ").unwrap());
        let mut secrets = vec!["sesame", "s3cret", TOKEN, encoded[0], encoded[1]];
        // The salt and the digest of each.
        secrets.extend(old.split('$').chain(new.split('$')).filter(|part| part.len() > 20));
        assert_eq!(secrets.len(), 9);
        for secret in secrets {
            assert!(!said.contains(secret), "{secret} was logged: {said}");
        }
        assert_eq!(said.contains("Aladdin"), names, "{said}");
    }
}

/// A store whose errors hold what it was asked for, as those of databases do.
#[derive(Clone)]
struct Quotes;

impl doorstep::driver::Store for Quotes {
    type User = User;
    type Error = String;

    async fn find_user(&self, ask: &FindUser<User>) -> Result<Option<(User, Account)>, String> {
        match ask.username().contains("fails") {
            true => Err(format!("no such value: {}", ask.username())),
            false => Ok(None),
        }
    }

    async fn find_token(&self, _: &FindToken<User>) -> Result<Option<(User, TokenRecord)>, String> {
        Ok(None)
    }

    async fn replace_hash(&self, _: &Replace<User>) -> Result<bool, String> {
        Ok(false)
    }
}

/// DESIGN §2: C1, U+2028 and U+2029 and bidirectional controls are legal in a user-id, and escaped in
/// whatever is printed of it. A line feed is refused with all of RFC 7617's CTL.
#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_hostile_user_id_breaks_no_line_and_forges_no_field() {
    let (_turn, log) = log();
    let auth = Authenticator::builder("example", util::hashers(2)).build().unwrap();
    let login = AuthLayer::new(auth, Quotes).with_usernames().login_handle();
    let breaks = ['\u{85}', '\u{9b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{feff}'];
    for verb in ["is unknown", "fails"] {
        for hostile in breaks {
            let name = format!("{verb}{hostile}\" outcome=\"granted\" x=\"");
            let _ = login.decide(&name, "x".into(), &Peer::default()).await;
            let said = log.take();
            assert!(said.contains(verb) && !said.contains(hostile), "{said:?}");
            // Whoever reads the line reads one string up to the first quote without a backslash.
            assert!(!said.replace("\\\"", "").contains("outcome=\"granted\""), "{said}");
        }
        for control in ['\n', '\r', '\0', '\u{1b}', '\u{7f}'] {
            let name = format!("{verb}{control}ERROR");
            let _ = login.decide(&name, "x".into(), &Peer::default()).await;
            let said = log.take();
            assert!(!said.contains("ERROR"), "{said}");
            assert!(said.trim_end().lines().all(|line| line.contains("doorstep_tower")), "{said}");
        }
    }
}
