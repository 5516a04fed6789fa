//! The whole of a host, in memory: what happens to a wrong password, to a right one whose hash is
//! old, and to a token.
//!
//! ```text
//! cargo run --example quickstart
//! ```

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{Argon2, Bcrypt, Hashers, Secret};
use doorstep::{
    Authenticator, Basic, Bearer, Outcome, Scopes, Step, TokenDigest, TokenFormat, TokenRecord,
    UnixTime,
};

fn main() -> Result<(), Box<dyn Error>> {
    // New hashes are Argon2's; those of the system before this one were bcrypt's.
    let hashers = Hashers::new(Argon2::default()).accept(Bcrypt::default());
    let tokens = TokenFormat::new("ds_")?;
    let auth = Authenticator::builder("quickstart", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new().format(tokens.clone()))
        .build()?;

    let mut db = Db::default();
    let old = Hashers::new(Bcrypt::new(10)?).hash(Secret::from("open sesame"))?.run()?;
    db.users.insert("Aladdin".into(), UserRow { user: 1, password_hash: Some(old) });
    let token = tokens.generate()?;
    db.add_token(1, TokenRecord::new(TokenDigest::of(token.expose())));

    let basic = |user_pass: &str| format!("Basic {}", STANDARD.encode(user_pass));
    let bearer = format!("Bearer {}", std::str::from_utf8(token.expose())?);
    let typo = bearer.replacen("ds_", "ds_x", 1);
    for (what, authorization) in [
        ("no credentials", None),
        ("a wrong password", Some(basic("Aladdin:open barley"))),
        ("an unknown user", Some(basic("Cassim:open sesame"))),
        ("the right password", Some(basic("Aladdin:open sesame"))),
        ("the right password, again", Some(basic("Aladdin:open sesame"))),
        ("a token", Some(bearer)),
        ("a token with a typo", Some(typo)),
    ] {
        println!("{what}");
        let fields = authorization.iter().map(|value| ("authorization", value.as_bytes()));
        let outcome = drive(auth.begin(fields), &mut db)?;
        if let Outcome::Denied(denied) = &outcome {
            println!("  Denied       for the log: {}", denied.cause());
        }
        match outcome.require(&Scopes::NONE_ASKED) {
            Ok(granted) => println!("  200          hello, user {}", granted.user()),
            Err(refusal) => {
                println!("  {}", refusal.status());
                refusal.fields().for_each(|(name, value)| println!("    {name}: {value}"));
            }
        }
    }
    Ok(())
}

/// The loop: what the machine asks for is done here, in whatever way this host does it.
fn drive(mut step: Step<u64>, db: &mut Db) -> Result<Outcome<u64>, Infallible> {
    Ok(loop {
        step = match step {
            Step::FindUser(ask) => {
                println!("  FindUser     {:?}", ask.username());
                match db.user(ask.username())? {
                    Some(row) => ask.found(row.user, row.password_hash),
                    None => ask.not_found(), // the same work as a wrong password
                }
            }
            Step::FindToken(ask) => {
                println!("  FindToken    by its digest");
                match db.token(ask.digest())? {
                    Some(row) => ask.found(row.user, row.token, now()),
                    None => ask.not_found(),
                }
            }
            Step::Verify(work) => {
                let cost = work.cost();
                println!("  Verify       {} KiB, {} units", cost.memory_kib, cost.units);
                work.run() // or on a pool, in slices, or several at once
            }
            Step::Rehash(work) => {
                println!("  Rehash       the stored hash is outdated");
                work.run() // or `skip`, or `defer` until after the response
            }
            Step::Replace(ask) => {
                let format = |hash: &str| hash.split('$').nth(1).map(String::from);
                println!("  Replace      {:?} by {:?}", format(ask.old()), format(ask.new_hash()));
                let replaced = db.replace_hash(*ask.user(), ask.old(), ask.new_hash());
                ask.done(replaced)
            }
            Step::Done(outcome) => break outcome,
        };
    })
}

fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}

/// Any storage will do. Its errors are its own; this one has none.
#[derive(Default)]
struct Db {
    users: HashMap<String, UserRow>,
    tokens: HashMap<[u8; 32], TokenRow>,
}

#[derive(Clone)]
struct UserRow {
    user: u64,
    password_hash: Option<String>,
}

#[derive(Clone)]
struct TokenRow {
    user: u64,
    token: TokenRecord,
}

impl Db {
    fn user(&self, username: &str) -> Result<Option<UserRow>, Infallible> {
        Ok(self.users.get(username).cloned())
    }

    fn token(&self, digest: &TokenDigest) -> Result<Option<TokenRow>, Infallible> {
        Ok(self.tokens.get(digest.as_bytes()).cloned())
    }

    fn add_token(&mut self, user: u64, token: TokenRecord) {
        self.tokens.insert(*token.digest.as_bytes(), TokenRow { user, token });
    }

    /// In SQL: `UPDATE users SET hash = $new WHERE id = $user AND hash = $old`, and whether a row
    /// changed. A password that was changed meanwhile stays as it is.
    fn replace_hash(&mut self, user: u64, old: &str, new: &str) -> Result<bool, Infallible> {
        let row = self.users.values_mut().find(|row| row.user == user);
        let hash = row.and_then(|row| row.password_hash.as_mut()).filter(|hash| *hash == old);
        let replaced = hash.map(|hash| *hash = new.into());
        Ok(replaced.is_some())
    }
}
