//! Host: a service whose passwords are elsewhere. It has no hashes: a directory looks users up, and says
//! by a bind whether a password is right.
//!
//! What to take away:
//!
//! - a [`Scheme`] reads Basic as always and claims a [`Proof`]; the look-up, which does the I/O anyway,
//!   asks the directory and leaves the verdict in the proof, with the name that it is about;
//! - a directory that is down is the store's error, 503, and never a wrong password;
//! - an empty password is refused here: a bind with one succeeds, as nobody (RFC 4513 §5.1.2);
//! - the directory finds `ALADDIN` as well as `Aladdin`; user-ids are compared byte for byte here;
//! - an unknown user is bound, too, as somebody who does not exist: the same work.
//!
//! The directory is simulated. With a real one, let its client library escape the user-id in the filter
//! (RFC 4515 §3), and bind over TLS, within a time limit.
//!
//! ```text
//! cargo run --example ldap_like
//! ```

use std::error::Error;
use std::io;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::driver::{BlockingStore, drive_blocking};
use doorstep::grammar::Malformed;
use doorstep::password::{Argon2, Hashers, Workspace};
use doorstep::scheme::Check;
use doorstep::{
    Account, Asked, Authenticator, Basic, Claim, Credentials, FindToken, FindUser, Proof, Replace,
    RequestLine, Scheme, Scopes, TokenRecord, UnixTime,
};

/// Basic, judged by the directory.
struct BasicBind(Basic);

impl Scheme for BasicBind {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        line: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed> {
        Ok(self.0.read(value, line)?.map(|claim| match claim {
            Claim::Password(credentials) => {
                Claim::Proof(Box::new(Bind { credentials, bound: OnceLock::new() }))
            }
            other => other,
        }))
    }

    fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
        self.0.challenge(asked, out);
    }
}

/// Credentials, and whose the directory says they are.
struct Bind {
    credentials: Credentials,
    bound: OnceLock<String>,
}

impl Proof for Bind {
    fn username(&self) -> &str {
        self.credentials.username()
    }

    /// What is stored is the entry's name: the one that was bound, and no other.
    fn check(self: Box<Self>, stored: Option<&str>) -> Check {
        match (self.bound.get(), stored) {
            (Some(bound), Some(stored)) if bound == stored => Check::Match,
            _ => Check::Mismatch,
        }
    }
}

impl BlockingStore for Directory {
    /// The entry's name.
    type User = String;
    type Error = io::Error;

    fn find_user(&mut self, ask: &FindUser<String>) -> io::Result<Option<(String, Account)>> {
        let entry = self.search(ask.username())?.filter(|entry| entry.uid == ask.username());
        let dn = entry.map_or("uid=nobody", |entry| entry.dn);
        if let Some(Bind { credentials, bound }) = ask.proof()
            && !credentials.password().is_empty()
            && self.bind(dn, credentials.password())?
        {
            let _ = bound.set(dn.into());
        }
        Ok(entry.map(|entry| (entry.dn.into(), Account::from(entry.dn))))
    }

    fn find_token(&mut self, _: &FindToken<String>) -> io::Result<Option<(String, TokenRecord)>> {
        Ok(None)
    }

    fn replace_hash(&mut self, _: &Replace<String>) -> io::Result<bool> {
        Ok(false)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // No password is hashed here; the builder asks for a hasher all the same.
    let auth = Authenticator::builder("directory", Hashers::new(Argon2::default()))
        .scheme(BasicBind(Basic::new()))
        .build()?;
    let aladdin = Entry { uid: "Aladdin", dn: "uid=Aladdin,dc=example,dc=org" };
    let mut directory = Directory { entry: aladdin, password: b"open sesame", is_up: true };
    let mut workspace = Workspace::new();

    let mut status = |directory: &mut Directory, authorization: &Option<String>| {
        let fields = authorization.iter().map(|value| ("authorization", value.as_bytes()));
        let now = UnixTime::from_secs(0); // for tokens, of which there are none
        match drive_blocking(auth.begin(fields), directory, &mut workspace, now) {
            Ok(outcome) => {
                outcome.require(&Scopes::NONE_ASKED).map_or_else(|no| no.status(), |_| 200)
            }
            Err(_) => 503,
        }
    };
    let basic = |user_pass: &str| Some(format!("Basic {}", STANDARD.encode(user_pass)));
    for (what, authorization, up, down) in [
        ("anonymous", None, 401, 401),
        ("malformed", Some("Basic garbage".into()), 401, 401),
        ("an unknown user", basic("Cassim:open sesame"), 401, 503),
        ("a wrong password", basic("Aladdin:open barley"), 401, 503),
        ("an empty password", basic("Aladdin:"), 401, 503),
        ("another spelling", basic("ALADDIN:open sesame"), 401, 503),
        ("the right password", basic("Aladdin:open sesame"), 200, 503),
    ] {
        directory.is_up = true;
        let with = status(&mut directory, &authorization);
        directory.is_up = false;
        let without = status(&mut directory, &authorization);
        println!("{what}: {with}; with the directory down: {without}");
        assert_eq!((with, without), (up, down));
    }
    Ok(())
}

/// What the directory's client library would be.
struct Directory {
    entry: Entry,
    password: &'static [u8],
    is_up: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    uid: &'static str,
    dn: &'static str,
}

impl Directory {
    /// As directories do: without regard to case.
    fn search(&self, uid: &str) -> io::Result<Option<Entry>> {
        self.reached(Some(self.entry).filter(|entry| entry.uid.eq_ignore_ascii_case(uid)))
    }

    /// As directories do: an empty password succeeds, whoever it is.
    fn bind(&self, dn: &str, password: &[u8]) -> io::Result<bool> {
        self.reached(password.is_empty() || (dn == self.entry.dn && password == self.password))
    }

    fn reached<T>(&self, answer: T) -> io::Result<T> {
        if self.is_up { Ok(answer) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}
