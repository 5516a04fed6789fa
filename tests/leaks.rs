//! What `Debug`, `Display` and errors show: never a secret, and of a user-id nothing that could break
//! or turn a line of a log (DESIGN §2, and OWASP's advice on logging, "Data to exclude").

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "bcrypt", feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::fmt::{Debug, Display};
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorstep::driver::MemoryStore;
use doorstep::password::{Bcrypt, Hashers, Secret, Workspace};
use doorstep::{
    Account, ApiKey, Authenticator, Basic, Bearer, Cause, Credentials, Outcome, Refuse, Scopes,
    Step, TokenDigest, TokenFormat, TokenRecord,
};

use util::{
    NOW, User, authorization, basic, begin, cheap, hash, to_denied, to_find_token, to_find_user,
    to_granted, to_rehash, to_replace, to_verify,
};

const PASSWORD: &str = "Zitronenfalter-77";
const TOKEN: &str = "mF_9.B5f-4.1JqM-Zitronenfalter";
const KEY: [u8; 32] = *b"the key of all receipts, 32 long";

/// Every step of a login with an outdated hash, by each way and with each answer.
#[test]
fn no_step_of_a_login_shows_a_secret() {
    let auth = authenticator();
    let old = hash(1, PASSWORD.as_bytes());
    let mut needles = Needles::new();
    needles.add(PASSWORD.as_bytes());
    needles.add(format!("Aladdin:{PASSWORD}").as_bytes());
    needles.add(&KEY);
    needles.add_hash(&old);
    let begin = |by_login: bool| {
        let step: Step<User> = match by_login {
            true => auth.login("Aladdin", PASSWORD.into()),
            false => authorization(&auth, basic(format!("Aladdin:{PASSWORD}"))),
        };
        to_find_user(step)
    };
    for by_login in [true, false] {
        needles.absent_from(&begin(by_login));
        needles.absent_from_step(begin(by_login).refuse(Refuse::Throttled { retry_after: 1 }));
        let account = Account::from(&*old);
        needles.absent_from(&account);
        let mut work = to_verify(begin(by_login).found(7, account));
        needles.absent_from(&work);
        let mut workspace = Workspace::new();
        let step = loop {
            match work.advance(0, &mut workspace) {
                ControlFlow::Continue(rest) => work = rest,
                ControlFlow::Break(step) => break step,
            }
            needles.absent_from(&work);
        };
        let work = to_rehash(step);
        needles.absent_from(&work);
        let step = Step::Rehash(work);
        needles.absent_from(&step);
        let replace = to_replace(to_rehash(step).run());
        needles.add_hash(replace.new_hash());
        needles.absent_from(&replace);
        let step = Step::Replace(replace);
        needles.absent_from(&step);
        let replace = to_replace(step);
        let granted = to_granted(replace.done(Ok::<_, ()>(true)));
        needles.absent_from(&granted);
        assert_eq!(format!("{:?}", granted.receipt().unwrap()), "Receipt(..)");
        let refusal = Outcome::Granted(granted).require(&Scopes::parse("x").unwrap()).unwrap_err();
        needles.absent_from(&refusal);
        needles.absent_from_display(&refusal);

        let work = to_rehash(to_verify(begin(by_login).found(7, &*old)).run());
        let (outcome, upgrade) = work.defer();
        needles.absent_from(&outcome);
        needles.absent_from(&upgrade);
        let new = upgrade.run().unwrap();
        needles.add_hash(new.new_hash());
        needles.absent_from(&new);

        for stored in ["", PASSWORD, &old[..old.len() - 1], &hash(2, b"another password")] {
            needles.add(stored.as_bytes());
            let denied = to_denied(to_verify(begin(by_login).found(7, stored)).run());
            needles.absent_from(&denied);
            needles.absent_from_display(&denied.cause());
            needles.absent_from_step(Step::Done(Outcome::Denied(denied)));
        }
        needles.absent_from_step(to_verify(begin(by_login).not_found()).run());
    }
    println!("{} looks for {} needles", needles.looks.get(), needles.all.len());
}

#[test]
fn no_step_of_a_token_shows_it() {
    let auth = authenticator();
    let digest = TokenDigest::of(TOKEN.as_bytes());
    let mut needles = Needles::new();
    needles.add(TOKEN.as_bytes());
    needles.add(digest.as_bytes());
    needles.absent_from(&digest);
    let record = TokenRecord::new(digest);
    needles.absent_from(&record);
    for (field, value) in
        [("authorization", format!("Bearer {TOKEN}")), ("x-api-key", TOKEN.to_owned())]
    {
        let ask = || to_find_token(begin(&auth, &[(field, value.as_bytes())]));
        needles.absent_from(&ask());
        assert!(format!("{:?}", ask()).contains(&format!("scheme: {}", ask().scheme())));
        needles.absent_from_step(ask().not_found());
        needles.absent_from_step(ask().refuse(Refuse::Overloaded { retry_after: 1 }));
        needles.absent_from_step(ask().found(7, record.clone(), NOW));
        let another = TokenRecord::new(TokenDigest::of(b"another"));
        needles.absent_from_step(ask().found(7, another, NOW));
    }
    let format = TokenFormat::new("ds_").unwrap();
    let token = format.generate().unwrap();
    needles.add(token.expose());
    needles.absent_from(&token);
    needles.absent_from(&format);
}

/// DESIGN §4: an error "names the byte offset, never the secret".
#[test]
fn no_error_shows_what_could_not_be_read() {
    let auth = authenticator();
    let encoded = STANDARD.encode(format!("Aladdin:{PASSWORD}"));
    let mut needles = Needles::new();
    needles.add(PASSWORD.as_bytes());
    needles.add(TOKEN.as_bytes());
    needles.add(encoded.as_bytes());
    let long = format!("Bearer {TOKEN}{}", "a".repeat(9000));
    for value in [
        format!("Basic {encoded} "),
        format!("Basic {encoded}="),
        format!("Basic {}", &encoded[1..]),
        format!("Basic Aladdin:{PASSWORD}"),
        String::from_utf8(basic(PASSWORD)).unwrap(),
        String::from_utf8(basic(format!("Aladdin:{PASSWORD}\n"))).unwrap(),
        String::from_utf8(basic([format!("Aladdin:{PASSWORD}").as_bytes(), b"\xff"].concat()))
            .unwrap(),
        format!("Bearer {TOKEN},"),
        format!("Bearer \"{TOKEN}\""),
        TOKEN.to_owned(),
        format!("{PASSWORD}:"),
        long,
    ] {
        let line: (&str, &[u8]) = ("authorization", value.as_bytes());
        needles.absent_from_step(begin(&auth, &[line]));
        needles.absent_from_step(begin(&auth, &[line, line]));
        needles.absent_from_step(begin(&auth, &[line, ("x-api-key", TOKEN.as_bytes())]));
    }
    for (user, password) in [
        ("a:b".to_owned(), PASSWORD.to_owned()),
        ("a\n".into(), PASSWORD.into()),
        ("a".into(), format!("{PASSWORD}\n")),
        ("a".into(), PASSWORD.repeat(1000)),
    ] {
        needles.absent_from_step(auth.login(&user, Secret::from(password)));
    }
    let malformed = Credentials::new("a", format!("{PASSWORD}\0").as_bytes()).unwrap_err();
    needles.absent_from(&malformed);
    needles.absent_from_display(&malformed);
}

/// The same of a configuration: neither the key nor the realm.
#[test]
fn no_error_shows_what_could_not_be_built() {
    let mut needles = Needles::new();
    needles.add(PASSWORD.as_bytes());
    needles.add(&KEY[..31]);
    let hashers = Hashers::new(cheap(2));
    let short_key = builder().receipts_with_key(Secret::new(&KEY[..31]));
    let foreign_realm = Authenticator::builder(&format!("{PASSWORD}\u{fc}"), hashers);
    for builder in [short_key, foreign_realm] {
        let error = builder.build().unwrap_err();
        needles.absent_from(&error);
        needles.absent_from_display(&error);
    }
}

/// What is made once, or beside the steps.
#[test]
fn nothing_else_shows_a_secret() {
    let stored = hash(2, PASSWORD.as_bytes());
    let mut needles = Needles::new();
    needles.add(PASSWORD.as_bytes());
    needles.add(&KEY);
    needles.add_hash(&stored);
    needles.absent_from(&builder());
    let auth = authenticator();
    needles.absent_from(&auth);
    let hashers = auth.hashers().clone();
    let shares = [(&*stored, 0.5)];
    needles.absent_from(&hashers.clone().shares(Secret::new(&KEY), shares).unwrap());
    needles.absent_from(&hashers);
    needles.absent_from(&hashers.inspect(&stored).unwrap());
    needles.absent_from(&hashers.verify(PASSWORD.into(), &stored).unwrap());
    needles.absent_from(hashers.verify(PASSWORD.into(), &stored).unwrap().goal());
    needles.absent_from(&hashers.plan(&stored, PASSWORD.as_bytes()).unwrap());
    needles.absent_from(&hashers.hash(PASSWORD.into()).unwrap());
    needles.absent_from(hashers.hash(PASSWORD.into()).unwrap().goal());
    let unusable = hashers.inspect(&stored[..stored.len() - 1]).unwrap_err();
    needles.absent_from(&unusable);
    needles.absent_from_display(&unusable);
    needles.absent_from_display(&Cause::UnusableHash(unusable));
    needles.absent_from(&Secret::from(PASSWORD));
    needles.absent_from(&Credentials::new("Aladdin", PASSWORD.as_bytes()).unwrap());
    let mut store = MemoryStore::new();
    store.insert_user("Aladdin", Some(&stored), Scopes::NONE_ASKED);
    store.insert_token("Aladdin", TokenRecord::new(TokenDigest::from_bytes(KEY)));
    needles.absent_from(&store);
}

/// C1, U+2028 and U+2029, and bidirectional controls are legal in user-ids (RFC 7617 forbids CTL
/// alone). Shown, they are escaped.
#[test]
fn user_ids_are_escaped() {
    let c1 = '\u{80}'..='\u{9f}';
    let others = "\u{2028}\u{2029}\u{feff}\u{ad}\u{200b}\u{e0001}";
    // Bidi_Control of Unicode's PropList.txt.
    let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\
                \u{2068}\u{2069}";
    let auth = authenticator();
    let old = hash(1, PASSWORD.as_bytes());
    for hostile in c1.chain(others.chars()).chain(bidi.chars()).chain(['"', '\\']) {
        let user = format!("a{hostile}b");
        let begin = || -> Step<User> { auth.login(&user, PASSWORD.into()) };
        let find_user = || to_find_user(begin());
        assert_eq!(find_user().username(), user);
        let rehash = || to_rehash(to_verify(find_user().found(7, &*old)).run());
        let (outcome, upgrade) = rehash().defer();
        let steps: [&dyn Debug; 10] = [
            &begin(),
            &find_user().not_found(),
            &find_user().refuse(Refuse::Throttled { retry_after: 1 }),
            &to_denied(to_verify(find_user().not_found()).run()),
            &to_verify(find_user().not_found()).run(),
            &rehash(),
            &to_replace(rehash().run()),
            &outcome,
            &upgrade,
            &Credentials::new(&user, b"").unwrap(),
        ];
        let escaped = user.escape_debug().to_string();
        assert_ne!(escaped, user);
        for shown in steps.map(|step| format!("{step:?}")) {
            assert!(shown.contains(&escaped), "{shown}");
            let bare = shown.replace(&escaped, "").replace("\"\"", "");
            assert!(!bare.contains(hostile), "{hostile:?} in {shown:?}");
        }
        let new = upgrade.run().unwrap();
        assert!(format!("{new:?}").contains(&escaped));
    }
    // A cause holds no user-id at all.
    let causes = [Cause::UnknownUser, Cause::Mismatch, Cause::NoPassword, Cause::AccountDisabled];
    assert!(causes.iter().all(|cause| cause.to_string().bytes().all(|byte| byte >= b' ')));
}

/// That a needle would be found, however it were shown.
#[test]
fn a_leak_would_be_seen() {
    let mut needles = Needles::new();
    needles.add(PASSWORD.as_bytes());
    #[derive(Debug)]
    #[expect(dead_code)]
    struct Leak<T>(&'static str, Option<T>);
    let bytes = PASSWORD.as_bytes();
    assert!(needles.first_in(&format!("{:?}", Leak("a", Some(PASSWORD)))).is_some());
    assert!(needles.first_in(&format!("{:#?}", Leak("a", Some(PASSWORD)))).is_some());
    assert!(needles.first_in(&format!("{:?}", Leak("a", Some(bytes)))).is_some());
    assert!(needles.first_in(&format!("{:#?}", Leak("a", Some(bytes)))).is_some());
    assert!(needles.first_in(&format!("a{}", STANDARD.encode(bytes))).is_some());
    assert!(needles.first_in(&format!("{:?}", Leak("a", None::<u8>))).is_none());
}

fn builder() -> doorstep::Builder {
    let hashers = Hashers::new(cheap(2)).accept(Bcrypt::default());
    Authenticator::builder("example", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new().keep_token())
        .scheme(ApiKey::in_field("x-api-key"))
        .receipts_with_key(Secret::new(&KEY))
}

fn authenticator() -> Authenticator {
    builder().build().unwrap()
}

/// What must not be found, in the forms in which a careless `Debug` would show it.
struct Needles {
    all: Vec<String>,
    looks: std::cell::Cell<usize>,
}

impl Needles {
    fn new() -> Self {
        Self { all: Vec::new(), looks: std::cell::Cell::new(0) }
    }

    /// As text, in base64, in hexadecimal and as a list of numbers.
    fn add(&mut self, secret: &[u8]) {
        if secret.is_empty() {
            return;
        }
        let list =
            |separator: &str| secret.iter().map(u8::to_string).collect::<Vec<_>>().join(separator);
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = String::from_utf8_lossy(secret).into_owned();
        self.all.extend([text.escape_debug().to_string(), text]);
        self.all.extend([STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)]);
        self.all.extend([hex.to_uppercase(), hex, list(", ")]);
    }

    /// The whole, its salt and its digest.
    fn add_hash(&mut self, stored: &str) {
        self.add(stored.as_bytes());
        let parts = stored.rsplit('$').take(2);
        parts.for_each(|part| self.add(part.as_bytes()));
    }

    fn first_in(&self, shown: &str) -> Option<&str> {
        self.looks.set(self.looks.get() + 1);
        // `{:#?}` puts each number of a list on a line of its own.
        let on_one_line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = |needle: &&String| shown.contains(*needle) || on_one_line.contains(*needle);
        self.all.iter().find(found).map(|needle| &**needle)
    }

    #[track_caller]
    fn absent_from(&self, value: &dyn Debug) {
        for shown in [format!("{value:?}"), format!("{value:#?}")] {
            assert!(!shown.is_empty());
            assert_eq!(self.first_in(&shown), None, "in {shown}");
        }
    }

    #[track_caller]
    fn absent_from_display(&self, value: &dyn Display) {
        let shown = value.to_string();
        assert!(!shown.is_empty());
        assert_eq!(self.first_in(&shown), None, "in {shown}");
    }

    /// From the step, from its cause, and from what the client is sent.
    #[track_caller]
    fn absent_from_step(&self, step: Step<User>) {
        self.absent_from(&step);
        let Step::Done(outcome) = step else { return };
        self.absent_from(&outcome);
        if let Outcome::Denied(denied) = &outcome {
            self.absent_from(&denied.cause());
            self.absent_from_display(&denied.cause());
        }
        if let Err(refusal) = outcome.require(&Scopes::parse("read").unwrap()) {
            self.absent_from(&refusal);
            self.absent_from_display(&refusal);
        }
    }
}
