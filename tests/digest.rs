//! RFC 7616 Digest with SHA-256, written outside of the crate: that [`Scheme`] and [`Proof`] suffice.
//!
//! What is stored is HA1, SHA-256 of `user-id ":" realm ":" password` in 64 lower-case digits. Nonces
//! are made from the time and a key, so that nothing is kept. That a client counts up `nc` would need
//! a memory, and is the host's.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::collections::BTreeMap;

use doorstep::grammar::{self, Malformed, MalformedKind};
use doorstep::scheme::{Check, Sent};
use doorstep::{
    Account, Asked, Authenticator, Basic, Cause, Claim, Denied, Outcome, Proof, Refusal,
    RequestLine, Scheme, Scopes, Step, UnixTime,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use util::{NOW, User, authorization, builder, hash, to_denied, to_find_user, to_granted};

struct Digest {
    realm: &'static str,
    nonces: Nonces,
}

enum Nonces {
    /// The one that is printed in the RFC.
    Printed(&'static str),
    /// `time "." HMAC(key, time)`, for a minute.
    Keyed([u8; 32]),
}

/// RFC 7616 §3.4, without the parameters that only repeat what the server said.
struct Response {
    username: String,
    nonce: String,
    nc: String,
    cnonce: String,
    /// Of the method and the target, from the request itself.
    ha2: String,
    response: String,
    nonce_is_fresh: bool,
}

impl Scheme for Digest {
    fn name(&self) -> &str {
        "digest"
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        line: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed> {
        let (scheme, start, rest) = grammar::credentials(value)?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return Ok(None);
        }
        let malformed = Malformed::new(start, MalformedKind::Parameter);
        let mut params = BTreeMap::new();
        for param in grammar::auth_params(start, rest) {
            let (name, value) = param?;
            if params.insert(name.to_ascii_lowercase(), value).is_some() {
                return Err(malformed);
            }
        }
        let mut take = |name: &str| params.remove(name).ok_or(malformed);
        // Without the request line nothing can be proved about the request.
        let line = line.ok_or(malformed)?;
        let right = take("algorithm")?.eq_ignore_ascii_case("SHA-256")
            && take("qop")? == "auth"
            && take("realm")? == self.realm
            // §3.4.6: another target may be a symptom of an attack.
            && take("uri")? == line.target;
        let nc = take("nc")?;
        if !right || nc.len() != 8 || !nc.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed);
        }
        let nonce = take("nonce")?.into_owned();
        Ok(Some(Claim::Proof(Box::new(Response {
            username: take("username")?.into_owned(),
            nonce_is_fresh: self.nonces.is_fresh(&nonce, line.now),
            nonce,
            nc: nc.into_owned(),
            cnonce: take("cnonce")?.into_owned(),
            ha2: sha256(&format!("{}:{}", line.method, line.target)),
            response: take("response")?.into_owned(),
        }))))
    }

    fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
        if asked.sent == Sent::InsufficientScope {
            return;
        }
        out.push_str("Digest ");
        grammar::push_quoted(out, "realm", asked.realm);
        out.push_str(", qop=\"auth\", algorithm=SHA-256, ");
        grammar::push_quoted(out, "nonce", &self.nonces.fresh(asked.now.unwrap()));
        if asked.sent == Sent::Stale {
            out.push_str(", stale=true");
        }
    }

    fn malformed_status(&self) -> u16 {
        // §3.4: "the proper response is a 4xx error code".
        400
    }
}

impl Proof for Response {
    fn username(&self) -> &str {
        &self.username
    }

    fn check(self: Box<Self>, stored: Option<&str>) -> Check {
        // Not exactly of its own form is no HA1: another algorithm's hash, or a password in clear.
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let ha1 = stored.filter(|ha1| ha1.len() == 64 && ha1.bytes().all(is_digit));
        let expected = self.expected(ha1.unwrap_or(&"0".repeat(64)));
        let is_equal = bool::from(expected.as_bytes().ct_eq(self.response.as_bytes()));
        match (ha1.is_some() && is_equal, self.nonce_is_fresh) {
            (true, true) => Check::Match,
            (true, false) => Check::Stale,
            (false, _) => Check::Mismatch,
        }
    }
}

impl Response {
    /// §3.4.1: KD(H(A1), nonce ":" nc ":" cnonce ":" qop ":" H(A2)).
    fn expected(&self, ha1: &str) -> String {
        let Self { nonce, nc, cnonce, ha2, .. } = self;
        sha256(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"))
    }
}

impl Nonces {
    const LIFETIME: u64 = 60;

    fn fresh(&self, now: UnixTime) -> String {
        match self {
            Nonces::Printed(nonce) => (*nonce).into(),
            Nonces::Keyed(key) => {
                let now = now.as_secs().to_string();
                let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
                mac.update(now.as_bytes());
                format!("{now}.{}", hex(&mac.finalize().into_bytes()))
            }
        }
    }

    fn is_fresh(&self, nonce: &str, now: UnixTime) -> bool {
        let made: u64 = nonce.split('.').next().and_then(|made| made.parse().ok()).unwrap_or(0);
        let in_time = (made..made.saturating_add(Self::LIFETIME)).contains(&now.as_secs());
        match self {
            Nonces::Printed(printed) => nonce == *printed,
            Nonces::Keyed(_) => in_time && nonce == self.fresh(UnixTime::from_secs(made)),
        }
    }
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 7616 §3.9.1.
const REALM: &str = "http-auth@example.org";
const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
const EXAMPLE: &str = "Digest username=\"Mufasa\", \
    realm=\"http-auth@example.org\", \
    uri=\"/dir/index.html\", \
    algorithm=SHA-256, \
    nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
    nc=00000001, \
    cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", \
    qop=auth, \
    response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", \
    opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
const GET: RequestLine<'static> =
    RequestLine { method: "GET", target: "/dir/index.html", now: NOW };

#[test]
fn the_rfcs_own_example_is_granted() {
    let ask = to_find_user(sent(&printed(), GET, EXAMPLE));
    assert_eq!((ask.scheme(), ask.username()), ("digest", "Mufasa"));
    let account = Account::from(mufasa()).with_scopes(Scopes::parse("read").unwrap());
    let granted = to_granted(ask.found(7, account));
    assert_eq!((granted.scheme(), granted.username()), ("digest", Some("Mufasa")));
    assert_eq!((granted.user(), granted.scopes().as_str()), (&7, "read"));
    assert_eq!(granted.receipt(), None);
}

/// RFC 9110 §11.2: names and `auth-scheme` without case, white space around `=` and `,`, and
/// quoted-pairs that stand for what they quote.
#[test]
fn the_same_credentials_in_other_words() {
    for (from, to) in [
        ("Digest ", "digest  "),
        ("username=", "USERNAME\t = "),
        (", ", ","),
        (", ", " \t, \t"),
        ("\"Mufasa\"", "\"\\Mu\\f\\asa\""),
        ("\"Mufasa\"", "Mufasa"),
        ("nc=00000001", "nc=\"00000001\""),
        ("algorithm=SHA-256", "algorithm=\"sha-256\""),
    ] {
        let other = EXAMPLE.replace(from, to);
        assert_ne!(other, EXAMPLE);
        let ask = to_find_user(sent(&printed(), GET, &other));
        assert_eq!(ask.username(), "Mufasa");
        to_granted(ask.found(7, mufasa()));
    }
}

#[test]
fn a_response_to_anything_else_is_a_mismatch() {
    let auth = printed();
    for (from, to) in [
        ("753927fa", "753927fb"),
        ("753927fa", "753927FA"),
        ("753927fa", ""),
        ("nc=00000001", "nc=00000002"),
        ("cnonce=\"f2", "cnonce=\"F2"),
    ] {
        let ask = to_find_user(sent(&auth, GET, &EXAMPLE.replace(from, to)));
        assert_eq!(to_denied(ask.found(7, mufasa())).cause(), Cause::Mismatch, "{to}");
    }
    let line = RequestLine { method: "POST", ..GET };
    let denied = to_denied(to_find_user(sent(&auth, line, EXAMPLE)).found(7, mufasa()));
    assert_eq!((denied.cause(), denied.username()), (Cause::Mismatch, Some("Mufasa")));
    let other_password = ha1("Mufasa", "Hakuna Matata");
    let denied = to_denied(to_find_user(sent(&auth, GET, EXAMPLE)).found(7, other_password));
    assert_eq!(denied.cause(), Cause::Mismatch);
}

/// RFC 7616 §3.4 and §3.4.6: improper, missing or repeated parameters are a 4xx, and so is a `uri`
/// that is not the request's.
#[test]
fn what_cannot_be_read_is_400_without_a_lookup() {
    let auth = printed();
    for (from, to) in [
        ("username=\"Mufasa\", ", ""),
        ("realm=\"http-auth@example.org\", ", ""),
        ("realm=\"http", "realm=\"HTTP"),
        ("uri=\"/dir", "uri=\"/other"),
        ("qop=auth", "qop=auth-int"),
        ("algorithm=SHA-256", "algorithm=MD5"),
        ("algorithm=SHA-256, ", ""),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        ("nc=00000001", "nc=00000001, NC=00000001"),
        ("nonce=", "nonce=\"a\", nonce="),
        ("Digest ", "Digest ,"),
        ("opaque=", "opaque"),
        ("opaque=", "=opaque="),
        ("tdS\"", "tdS"),
        ("tdS\"", "tdS\","),
        ("tdS\"", "tdS\" a"),
        ("tdS\"", "tdS\\"),
        ("Mufasa", "Mu\x07fasa"),
        ("Mufasa", "Mü"),
    ] {
        let value = EXAMPLE.replace(from, to);
        assert_ne!(value, EXAMPLE);
        let denied = to_denied(sent(&auth, GET, &value));
        let Cause::Malformed(malformed) = denied.cause() else { panic!("{to}: {denied:?}") };
        assert_eq!(malformed.kind, MalformedKind::Parameter, "{to}");
        assert!(malformed.at <= value.len(), "{malformed} in {value}");
        assert_eq!(refusal_of(denied).status(), 400, "{to}");
    }
    let line = RequestLine { target: "/dir/index.html?", ..GET };
    assert!(matches!(to_denied(sent(&auth, line, EXAMPLE)).cause(), Cause::Malformed(_)));
    assert!(matches!(to_denied(authorization(&auth, EXAMPLE)).cause(), Cause::Malformed(_)));
}

/// RFC 9110 §5.6.1.1: a list has no empty elements. Reading ends at the first that is none.
#[test]
fn parameters_end_at_the_first_error() {
    let read = |bytes: &str| -> Vec<Result<(String, String), usize>> {
        grammar::auth_params(10, bytes.as_bytes())
            .take(5)
            .map(|param| match param {
                Ok((name, value)) => Ok((name.into(), value.into())),
                Err(malformed) => Err(malformed.at),
            })
            .collect()
    };
    let ok = |name: &str, value: &str| Ok((name.into(), value.into()));
    assert_eq!(read(""), []);
    assert_eq!(read("a=b"), [ok("a", "b")]);
    assert_eq!(read("a=\"\" , b = c"), [ok("a", ""), ok("b", "c")]);
    assert_eq!(read("a=\"b, c=\\\"d\\\"\""), [ok("a", "b, c=\"d\"")]);
    assert_eq!(read("a=b,,c=d"), [ok("a", "b"), Err(14)]);
    assert_eq!(read("a=b,"), [ok("a", "b"), Err(14)]);
    assert_eq!(read(",a=b"), [Err(10)]);
    assert_eq!(read("=b"), [Err(10)]);
    assert_eq!(read("a="), [Err(12)]);
    assert_eq!(read("a b=c"), [Err(12)]);
    assert_eq!(read("a=,b=c"), [Err(12)]);
    assert_eq!(read("a=\"b"), [Err(14)]);
    assert_eq!(read("a=\"b\\"), [Err(14)]);
    assert_eq!(read("a=\"\u{fc}\", b=c"), [Err(13)]);
}

/// DESIGN §2, "I/O": a look-up that must ask elsewhere sees the proof, by its type and no other.
#[test]
fn a_look_up_sees_the_proof() {
    struct Other;
    impl Proof for Other {
        fn username(&self) -> &str {
            "other"
        }

        fn check(self: Box<Self>, _: Option<&str>) -> Check {
            Check::Mismatch
        }
    }
    let auth = printed();
    let ask = to_find_user(sent(&auth, GET, EXAMPLE));
    assert_eq!(ask.proof::<Response>().unwrap().nonce, NONCE);
    assert!(ask.proof::<Other>().is_none());
    to_granted(ask.found(7, mufasa()));
    let ask = to_find_user(sent(&auth, GET, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert!(ask.proof::<Response>().is_none());
}

/// A proof is some other crate's code: what it says counts for nothing where there is nobody to grant
/// it to, or nothing that it could have been checked against.
#[test]
fn a_proof_that_says_yes_to_everything_needs_an_account() {
    struct Yes;
    impl Scheme for Yes {
        fn name(&self) -> &str {
            "yes"
        }

        fn read<'r>(
            &self,
            _: &'r [u8],
            _: Option<RequestLine<'r>>,
        ) -> Result<Option<Claim<'r>>, Malformed> {
            Ok(Some(Claim::Proof(Box::new(Yes))))
        }

        fn challenge(&self, _: &Asked<'_>, _: &mut String) {}
    }
    impl Proof for Yes {
        fn username(&self) -> &str {
            "yes"
        }

        fn check(self: Box<Self>, _: Option<&str>) -> Check {
            Check::Match
        }
    }
    let auth = builder().scheme(Yes).build().unwrap();
    let ask = || to_find_user(authorization(&auth, "yes"));
    to_granted(ask().found(7, "anything"));
    assert_eq!(to_denied(ask().not_found()).cause(), Cause::UnknownUser);
    assert_eq!(to_denied(ask().found(7, None::<String>)).cause(), Cause::NoPassword);
    assert_eq!(to_denied(ask().found(7, Account::disabled())).cause(), Cause::AccountDisabled);
}

/// DESIGN §2: "a `Proof` refuses a stored string that is not exactly its own form".
#[test]
fn only_its_own_stored_form_is_taken() {
    let right = mufasa();
    for stored in [
        String::new(),
        right.to_uppercase(),
        format!(" {right}"),
        format!("{right}\n"),
        format!("{right}0"),
        right[..63].into(),
        format!("{}é", &right[..62]),
        format!("sha256:{right}"),
        "Circle of Life".into(),
        hash(2, b"Circle of Life"),
    ] {
        let denied = to_denied(to_find_user(sent(&printed(), GET, EXAMPLE)).found(7, &*stored));
        assert_eq!(denied.cause(), Cause::Mismatch, "{stored}");
    }
    // A response made with such a string in the place of HA1 does not help.
    for stored in [right.to_uppercase(), String::new(), "0".repeat(65)] {
        let auth = keyed();
        let nonce = Nonces::Keyed(KEY).fresh(NOW);
        let value = response(&nonce, "Mufasa", &stored);
        let denied = to_denied(to_find_user(sent(&auth, GET, &value)).found(7, stored));
        assert_eq!(denied.cause(), Cause::Mismatch);
    }
    // Nor one made with the zeros that stand in where there is no HA1.
    let value = response(&Nonces::Keyed(KEY).fresh(NOW), "Mufasa", &"0".repeat(64));
    let ask = || to_find_user(sent(&keyed(), GET, &value));
    assert_eq!(to_denied(ask().found(7, "")).cause(), Cause::Mismatch);
    assert_eq!(to_denied(ask().found(7, None::<String>)).cause(), Cause::NoPassword);
    assert_eq!(to_denied(ask().not_found()).cause(), Cause::UnknownUser);
}

/// RFC 7616 §3.3: `stale` says that the password was right, and the nonce alone was old.
#[test]
fn an_old_nonce_is_stale_and_the_next_one_is_granted() {
    let auth = keyed();
    let later = RequestLine { now: UnixTime::from_secs(NOW.as_secs() + Nonces::LIFETIME), ..GET };

    // No credentials: a challenge with a nonce.
    let anonymous = refusal(auth.begin_with(GET, []));
    assert_eq!(anonymous.status(), 401);
    let first = nonce_in(&anonymous);
    assert_eq!(
        challenges(&anonymous),
        [
            format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm=SHA-256, nonce=\"{first}\""),
            format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""),
        ],
    );

    // In time.
    let value = response(&first, "Mufasa", &mufasa());
    to_granted(to_find_user(sent(&auth, GET, &value)).found(7, mufasa()));

    // A minute later, with another nonce that is offered.
    let stale = to_denied(to_find_user(sent(&auth, later, &value)).found(7, mufasa()));
    assert_eq!((stale.cause(), stale.username()), (Cause::Stale, Some("Mufasa")));
    let stale = refusal_of(stale);
    assert_eq!(stale.status(), 401);
    let second = nonce_in(&stale);
    assert_ne!(first, second);
    assert_eq!(
        challenges(&stale)[0],
        format!(
            "Digest realm=\"{REALM}\", qop=\"auth\", algorithm=SHA-256, nonce=\"{second}\", \
             stale=true"
        ),
    );

    // With that.
    let value = response(&second, "Mufasa", &mufasa());
    to_granted(to_find_user(sent(&auth, later, &value)).found(7, mufasa()));

    // Nonces of nobody's and of the future are no better than old ones.
    for nonce in [
        "",
        "0",
        "18446744073709551615.",
        &*first.replace('.', ".0"),
        &Nonces::Keyed([2; 32]).fresh(NOW),
    ] {
        let value = response(nonce, "Mufasa", &mufasa());
        let denied = to_denied(to_find_user(sent(&auth, GET, &value)).found(7, mufasa()));
        assert_eq!(denied.cause(), Cause::Stale, "{nonce}");
    }
    let value = response(&second, "Mufasa", &mufasa());
    let denied = to_denied(to_find_user(sent(&auth, GET, &value)).found(7, mufasa()));
    assert_eq!(denied.cause(), Cause::Stale);
}

/// DESIGN §2: one response for all that depends on what is stored. `stale` depends on it too, and is
/// for those alone who know the password.
#[test]
fn refusals_do_not_tell_accounts_apart() {
    let auth = keyed();
    let later = RequestLine { now: UnixTime::from_secs(NOW.as_secs() + Nonces::LIFETIME), ..GET };
    let value = response(&Nonces::Keyed(KEY).fresh(NOW), "Mufasa", &ha1("Mufasa", "wrong"));
    for line in [GET, later] {
        let ask = || to_find_user(sent(&auth, line, &value));
        let answers: [(Step<User>, Cause); 5] = [
            (ask().found(7, mufasa()), Cause::Mismatch),
            (ask().not_found(), Cause::UnknownUser),
            (ask().found(7, None::<String>), Cause::NoPassword),
            (ask().found(7, Account::disabled()), Cause::AccountDisabled),
            (ask().found(7, "$2b$12$corrupt"), Cause::Mismatch),
        ];
        let refusals: Vec<_> = answers
            .into_iter()
            .map(|(step, cause)| {
                let denied = to_denied(step);
                assert_eq!(denied.cause(), cause);
                refusal_of(denied)
            })
            .collect();
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    }
}

/// DESIGN §2: user-ids are held to their limit, whoever reads them.
#[test]
fn a_proof_of_a_long_user_id_is_not_looked_up() {
    for (len, cause) in [(1024, None), (1025, Some(Cause::TooLong))] {
        let value = response(&Nonces::Keyed(KEY).fresh(NOW), &"u".repeat(len), &mufasa());
        match (sent(&keyed(), GET, &value), cause) {
            (Step::FindUser(ask), None) => assert_eq!(ask.username().len(), len),
            (step, Some(cause)) => assert_eq!(to_denied(step).cause(), cause),
            (step, None) => panic!("{step:?}"),
        }
    }
}

const KEY: [u8; 32] = [1; 32];

fn printed() -> Authenticator {
    authenticator(Nonces::Printed(NONCE))
}

fn keyed() -> Authenticator {
    authenticator(Nonces::Keyed(KEY))
}

fn authenticator(nonces: Nonces) -> Authenticator {
    let hashers = builder().build().unwrap().hashers().clone();
    Authenticator::builder(REALM, hashers)
        .scheme(Digest { realm: REALM, nonces })
        .scheme(Basic::new())
        .build()
        .unwrap()
}

fn sent(auth: &Authenticator, line: RequestLine<'_>, value: &str) -> Step<User> {
    auth.begin_with(line, [("Authorization", value.as_bytes())])
}

fn ha1(username: &str, password: &str) -> String {
    sha256(&format!("{username}:{REALM}:{password}"))
}

fn mufasa() -> String {
    ha1("Mufasa", "Circle of Life")
}

/// What a client sends for [`GET`].
fn response(nonce: &str, username: &str, ha1: &str) -> String {
    let ha2 = sha256("GET:/dir/index.html");
    let response = sha256(&format!("{ha1}:{nonce}:00000001:cnonce:auth:{ha2}"));
    format!(
        "Digest username=\"{username}\", realm=\"{REALM}\", uri=\"/dir/index.html\", \
         algorithm=SHA-256, nonce=\"{nonce}\", nc=00000001, cnonce=\"cnonce\", qop=auth, \
         response=\"{response}\""
    )
}

#[track_caller]
fn refusal(step: Step<User>) -> Refusal {
    let Step::Done(outcome) = step else { panic!("{step:?}") };
    outcome.require(&Scopes::NONE_ASKED).unwrap_err()
}

#[track_caller]
fn refusal_of(denied: Denied) -> Refusal {
    refusal(Step::Done(Outcome::Denied(denied)))
}

fn challenges(refusal: &Refusal) -> Vec<&str> {
    let challenge = |(name, value)| {
        assert_eq!(name, "www-authenticate");
        value
    };
    refusal.fields().map(challenge).collect()
}

/// As a client reads it.
#[track_caller]
fn nonce_in(refusal: &Refusal) -> String {
    let challenge = challenges(refusal)[0];
    let params = challenge.strip_prefix("Digest ").unwrap();
    let mut params = grammar::auth_params(0, params.as_bytes()).map(Result::unwrap);
    params.find(|(name, _)| *name == "nonce").unwrap().1.into_owned()
}
