//! How header fields are read: every published vector, which field counts, limits, and a naive reader
//! of the same grammar as judge.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::collections::BTreeMap;

use doorstep::grammar::{Malformed, MalformedKind};
use doorstep::password::{Hashers, Limits, Secret};
use doorstep::{
    ApiKey, Authenticator, Basic, Bearer, Cause, Claim, Outcome, Scheme, Step, TokenDigest,
};
use proptest::prelude::*;

use util::{
    User, authorization, basic, begin, builder, cheap, from_base64, hash, is_anonymous,
    three_schemes, to_denied, to_find_token, to_find_user, to_granted, to_verify,
};

const HEADERS: &str = include_str!("vectors/headers.tsv");

/// `tests/vectors/README.md` says where the rows come from.
#[test]
fn every_vector_is_judged_as_written() {
    let auth = keeping_tokens();
    let mut counts = BTreeMap::new();
    for row in HEADERS.lines().skip(1) {
        let [value, scheme, user, secret, reason, source] =
            row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (value, secret) = (from_base64(value), from_base64(secret));
        let expected = match scheme {
            "basic" => Read::Basic(String::from_utf8(from_base64(user)).unwrap(), secret),
            "bearer" | "token" => Read::Token(scheme.into(), secret),
            "none" => Read::None,
            "malformed" => Read::Malformed,
            _ => panic!("no verdict: {row}"),
        };
        assert_eq!(read(&auth, &value), expected, "{reason}: {source}");
        assert_eq!(reference::read(&value), expected, "the reference reader: {reason}: {source}");
        *counts.entry(scheme).or_insert(0) += 1;
    }
    println!("{counts:?}");
    let expected = [("basic", 56), ("bearer", 20), ("malformed", 119), ("none", 27), ("token", 10)];
    assert_eq!(counts, BTreeMap::from(expected));
}

/// The same through [`Scheme::read`]: at most one scheme claims a value, and the others leave it.
#[test]
fn a_value_is_one_schemes_alone() {
    let schemes: [(&str, &dyn Scheme); 3] =
        [("basic", &Basic::new()), ("bearer", &Bearer::new()), ("token", &Bearer::named("Token"))];
    for row in HEADERS.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let value = from_base64(columns[0]);
        let mut errors = 0;
        for (name, scheme) in schemes {
            match scheme.read(&value, None) {
                Ok(Some(Claim::Password(credentials))) => {
                    assert_eq!((name, columns[1]), ("basic", "basic"), "{row}");
                    assert_eq!(credentials.username().as_bytes(), from_base64(columns[2]));
                    assert_eq!(credentials.password(), from_base64(columns[3]));
                }
                Ok(Some(Claim::Token(_))) => assert_eq!(name, columns[1], "{row}"),
                Ok(Some(_)) => panic!("no such claim: {row}"),
                Ok(None) => assert_ne!(name, columns[1], "{row}"),
                Err(_) => errors += 1,
            }
        }
        assert_eq!(errors > 0, columns[1] == "malformed", "{row}");
    }
}

/// Each byte that there is, in each place of a value of each kind.
#[test]
fn every_byte_is_judged_as_by_the_reference() {
    for value in [&b"Basic QTpC"[..], b"Basic QTo=", b"Bearer a.b", b"Token ~"] {
        for at in 0..=value.len() {
            let (head, tail) = value.split_at(at);
            for byte in 0..=u8::MAX {
                let inserted = [head, &[byte], tail].concat();
                let replaced = [head, &[byte], &tail[tail.len().min(1)..]].concat();
                for value in [inserted, replaced] {
                    judged_as_by_the_reference(&value).unwrap();
                }
            }
        }
    }
}

/// `Malformed::at` is a byte offset in the value, or in what it decodes to, which is shorter. What
/// is reported is the place and the kind, and nothing else: it cannot hold the value.
#[test]
fn an_error_names_a_place_in_the_value() {
    use MalformedKind::{Base64, Control, NoColon, NotUtf8, Scheme, Token68};
    let cases: [(&[u8], usize, MalformedKind); 17] = [
        (b"", 0, Scheme),
        (b" Basic QTpC", 0, Scheme),
        (b"Basic\tQTpC", 5, Scheme),
        (b"Basic:QTpC", 5, Scheme),
        (b"B\xe4sic QTpC", 1, Scheme),
        (b"Basic", 5, Token68),
        (b"Basic   ", 8, Token68),
        (b"Basic QTpC ", 10, Token68),
        (b"Basic QT=C", 9, Token68),
        (b"Bearer a,b", 8, Token68),
        (b"Basic QTpCC", 6, Base64),
        (b"Basic QTpD=", 6, Base64),
        (b"Basic QTpDRF==", 6, Base64),
        (b"Basic cGFzc3dvcmQ=", 8, NoColon),
        (b"Basic dGVzdDoxMjOj", 8, NotUtf8),
        (b"Basic /zr/", 0, NotUtf8),
        (b"Basic QTpCBw==", 3, Control),
    ];
    for (value, at, kind) in cases {
        let denied = to_denied(authorization(&three_schemes(), value));
        let shown = value.escape_ascii();
        assert_eq!(denied.cause(), Cause::Malformed(Malformed::new(at, kind)), "{shown}");
        assert_eq!(denied.username(), None, "{shown}");
    }
    for row in HEADERS.lines().skip(1) {
        let value = from_base64(row.split('\t').next().unwrap());
        if let Step::Done(Outcome::Denied(denied)) = authorization(&three_schemes(), &value) {
            let Cause::Malformed(malformed) = denied.cause() else { panic!("{row}") };
            assert!(malformed.at <= value.len(), "{malformed} in {row}");
        }
    }
}

/// Two values of one shape, which differ in the secret alone, are the same error.
#[test]
fn an_error_does_not_tell_secrets_apart() {
    for (one, other) in [
        (basic("user:hunter2\x07"), basic("user:pa$$w0r\x07")),
        (basic(b"user:hunter2\xff"), basic(b"user:pa$$w0r\xff")),
        (b"Basic aHVudGVyMg".to_vec(), b"Basic cGEkJHcwcg".to_vec()),
        (b"Bearer hunter2,".to_vec(), b"Bearer swordfi,".to_vec()),
    ] {
        let shown = |value| format!("{:?}", to_denied(authorization(&three_schemes(), value)));
        assert_eq!(shown(one), shown(other));
    }
}

/// RFC 9110 §11.6.2 and §11.7.2: these two fields hold credentials, which begin with a scheme. A key in a
/// field of its own does not.
#[test]
fn no_scheme_is_looked_for_in_other_fields() {
    let auth = builder().scheme(ApiKey::in_field("x-api-key")).build().unwrap();
    for key in ["=", "a=", "a:b", "\"a\""] {
        let ask = to_find_token(begin(&auth, &[("x-api-key", key.as_bytes())]));
        assert_eq!(ask.digest(), &TokenDigest::of(key.as_bytes()));
    }
}

/// RFC 9110 §5.1: field names are case-insensitive.
#[test]
fn field_names_are_matched_without_case() {
    let auth = builder().scheme(Basic::new()).scheme(ApiKey::in_field("X-Api-Key")).build();
    let auth = auth.unwrap();
    for name in ["authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"] {
        let ask = to_find_user(begin(&auth, &[(name, &basic("Aladdin:open sesame"))]));
        assert_eq!((ask.scheme(), ask.username()), ("basic", "Aladdin"));
    }
    for name in ["x-api-key", "X-Api-Key", "X-API-KEY"] {
        let ask = to_find_token(begin(&auth, &[(name, b"k3y")]));
        assert_eq!((ask.scheme(), ask.digest()), ("apikey", &TokenDigest::of(b"k3y")));
    }
    // CGI writes `-` and `_` alike; a proxy that strips the one passes the other on.
    for name in
        ["", "authorization ", "authorizatio", "authorization1", "cookie", "x_api_key", "X_API_KEY"]
    {
        assert!(is_anonymous(&begin(&auth, &[(name, b"\xff")])), "{name:?}");
    }
}

/// DESIGN §2: "Two lines of one field that a scheme reads are duplicates, whatever they hold".
#[test]
fn two_lines_of_one_field_are_duplicates() {
    let auth = builder().scheme(Basic::new()).scheme(Bearer::new());
    let auth = auth.scheme(ApiKey::in_field("x-api-key")).first_wins().build().unwrap();
    let good = basic("Aladdin:open sesame");
    let cases: [[(&str, &[u8]); 2]; 9] = [
        [("authorization", &good), ("authorization", &good)],
        [("authorization", &good), ("Authorization", &good)],
        [("Authorization", &good), ("AUTHORIZATION", b"Bearer abc")],
        [("authorization", &good), ("authorization", b"Negotiate abc")],
        [("authorization", b"Negotiate abc"), ("authorization", &good)],
        [("authorization", b"Negotiate abc"), ("authorization", b"NTLM abc")],
        [("authorization", &good), ("authorization", b"")],
        [("authorization", b"\0"), ("authorization", b"\0")],
        [("x-api-key", b"k3y"), ("X-Api-Key", b"k3y")],
    ];
    for case in cases {
        assert_eq!(to_denied(begin(&auth, &case)).cause(), Cause::Duplicate);
        let apart = [case[0], ("cookie", b"a"), ("Cookie", b"b"), case[1]];
        assert_eq!(to_denied(begin(&auth, &apart)).cause(), Cause::Duplicate);
    }
}

/// DESIGN §2: credentials for two schemes are ambiguous; those of a scheme that nobody knows are none.
#[test]
fn credentials_for_two_schemes_are_ambiguous() {
    let auth = builder().scheme(Basic::new()).scheme(ApiKey::in_field("x-api-key")).build();
    let auth = auth.unwrap();
    let key: (&str, &[u8]) = ("x-api-key", b"k3y");
    for value in [&basic("Aladdin:open sesame")[..], b"Basic", b"Basic !", b"", b"\0"] {
        for fields in [[("authorization", value), key], [key, ("authorization", value)]] {
            let denied = to_denied(begin(&auth, &fields));
            assert_eq!((denied.cause(), denied.scheme()), (Cause::Ambiguous, "unknown"));
        }
    }
    let unknown: (&str, &[u8]) = ("authorization", b"Negotiate abc");
    assert_eq!(to_find_token(begin(&auth, &[unknown, key])).scheme(), "apikey");
    assert!(is_anonymous(&begin(&auth, &[unknown])));
}

/// DESIGN §2: "… unless the authenticator was told that the first in its order wins". The order is
/// the authenticator's; that of fields with different names means nothing (RFC 9110 §5.3).
#[test]
fn the_first_of_two_schemes_may_win() {
    let good = basic("Aladdin:open sesame");
    let key: (&str, &[u8]) = ("x-api-key", b"k3y");
    let basic_first = builder().scheme(Basic::new()).scheme(ApiKey::in_field("x-api-key"));
    let basic_first = basic_first.first_wins().build().unwrap();
    let key_first = builder().scheme(ApiKey::in_field("x-api-key")).scheme(Basic::new());
    let key_first = key_first.first_wins().build().unwrap();
    for fields in [[("authorization", &good[..]), key], [key, ("authorization", &good[..])]] {
        assert_eq!(to_find_user(begin(&basic_first, &fields)).scheme(), "basic");
        assert_eq!(to_find_token(begin(&key_first, &fields)).scheme(), "apikey");
    }
    // What it decides is final: no other scheme is tried when the first's credentials are no good.
    for value in [&b"Basic !"[..], b"Basic", b"", b"\0 abc"] {
        for fields in [[("authorization", value), key], [key, ("authorization", value)]] {
            let denied = to_denied(begin(&basic_first, &fields));
            assert!(matches!(denied.cause(), Cause::Malformed(_)), "{}", value.escape_ascii());
            assert_eq!(to_find_token(begin(&key_first, &fields)).scheme(), "apikey");
        }
    }
}

/// RFC 9110 §11.7.2: a proxy reads `Proxy-Authorization`, and `Authorization` is the origin's.
#[test]
fn a_proxy_reads_its_own_field() {
    let auth = builder().scheme(Basic::new()).scheme(Bearer::new());
    let proxy = auth.scheme(ApiKey::in_field("x-api-key")).proxy().build().unwrap();
    let (good, other) = (basic("proxy:open sesame"), basic("origin:open sesame"));
    let fields: [(&str, &[u8]); 2] = [("Proxy-Authorization", &good), ("Authorization", &other)];
    assert_eq!(to_find_user(begin(&proxy, &fields)).username(), "proxy");
    assert_eq!(to_find_user(begin(&three_schemes(), &fields)).username(), "origin");
    for value in [&other[..], b"\0", b"Basic !"] {
        assert!(is_anonymous(&begin(&proxy, &[("authorization", value)])));
        assert!(is_anonymous(&begin(&proxy, &[("authorization", value), ("authorization", b"")])));
        assert!(is_anonymous(&begin(&three_schemes(), &[("proxy-authorization", value)])));
    }
    let twice: [(&str, &[u8]); 2] = [("proxy-authorization", &good), ("Proxy-Authorization", b"")];
    assert_eq!(to_denied(begin(&proxy, &twice)).cause(), Cause::Duplicate);
    assert_eq!(to_find_token(begin(&proxy, &[("x-api-key", b"k3y")])).scheme(), "apikey");
}

/// DESIGN §4: "Size is checked before decoding". A value over the limit is not read at all: it is
/// `TooLong`, though its first byte is malformed already.
#[test]
fn a_long_value_is_not_read() {
    let auth = three_schemes();
    for begins in [&b"\0"[..], b"Basic ", b"Bearer ", b"Negotiate ", b""] {
        let mut value = begins.to_vec();
        value.resize(1_000_000, b'A');
        let denied = to_denied(authorization(&auth, &value));
        assert_eq!(denied.cause(), Cause::TooLong);
        assert_eq!(denied.username(), None);
    }
    // 8192 bytes unless told.
    for (len, is_read) in [(8191, true), (8192, true), (8193, false)] {
        let mut value = b"Bearer ".to_vec();
        value.resize(len, b'a');
        let step = authorization(&auth, &value);
        assert_eq!(matches!(step, Step::FindToken(_)), is_read, "{len}");
    }
    let short = builder().scheme(Bearer::new()).field_len(10).build().unwrap();
    assert_eq!(to_find_token(authorization(&short, "Bearer 123")).scheme(), "bearer");
    assert_eq!(to_denied(authorization(&short, "Bearer 1234")).cause(), Cause::TooLong);
    // Fields that no scheme reads are nobody's concern.
    let megabyte = vec![b'a'; 1_000_000];
    let fields: [(&str, &[u8]); 2] = [("cookie", &megabyte), ("authorization", b"Bearer 123")];
    assert_eq!(to_find_token(begin(&short, &fields)).scheme(), "bearer");
}

/// User-ids of 1024 bytes and passwords of 4096 unless told, for `login` and Basic alike.
#[test]
fn long_user_ids_and_passwords_are_not_looked_up() {
    let mut limits = Limits::default();
    limits.password_len = 20;
    let told = Authenticator::builder("r", Hashers::new(cheap(2)).limits(limits));
    let told = told.scheme(Basic::new()).username_len(10).build().unwrap();
    for (auth, user_len, password_len) in [(three_schemes(), 1024, 4096), (told, 10, 20)] {
        for (more_user, more_password) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let user = "u".repeat(user_len + more_user);
            let password = "p".repeat(password_len + more_password);
            let steps = [
                authorization(&auth, basic(format!("{user}:{password}"))),
                auth.login(&user, Secret::from(password)),
            ];
            for step in steps {
                if more_user + more_password == 0 {
                    assert_eq!(to_find_user(step).username(), user);
                } else {
                    assert_eq!(to_denied(step).cause(), Cause::TooLong);
                }
            }
        }
    }
    // What is too long is not read either: it is not malformed.
    let megabyte = "\n:".repeat(500_000);
    for (user, password) in [(&*megabyte, ""), ("", &megabyte), (&megabyte, &megabyte)] {
        let step = three_schemes().login(user, Secret::from(password));
        assert_eq!(to_denied(step).cause(), Cause::TooLong);
    }
}

/// RFC 7617 §2 for what comes from a form: the places are counted in the two joined by a colon.
#[test]
fn login_follows_the_rules_of_basic() {
    use MalformedKind::{Control, Credentials, NotUtf8};
    let cases: [(&str, &[u8], usize, MalformedKind); 8] = [
        // A user-id with a colon could never be sent by Basic.
        ("a:b", b"c", 1, Credentials),
        (":", b"", 0, Credentials),
        ("a\nb", b"c", 1, Control),
        ("a\0", b"c", 1, Control),
        ("a\x7f", b"c", 1, Control),
        ("a", b"b\tc", 3, Control),
        ("a", b"b\0c", 3, Control),
        ("a", b"b\xffc", 3, NotUtf8),
    ];
    for (user, password, at, kind) in cases {
        let denied = to_denied(three_schemes().login(user, Secret::from(password)));
        assert_eq!(denied.cause(), Cause::Malformed(Malformed::new(at, kind)), "{user:?}");
        assert_eq!((denied.scheme(), denied.username()), ("login", None));
    }
    // Not CTL of RFC 5234: C1, line separators, bidirectional controls, a byte order mark.
    for user in ["", " a ", "a\u{85}", "\u{2028}", "\u{202e}admin", "\u{feff}a", "日本"] {
        let ask = to_find_user(three_schemes().login(user, Secret::from("a:b")));
        assert_eq!((ask.scheme(), ask.username()), ("login", user));
        let ask = to_find_user(authorization(&three_schemes(), basic(format!("{user}:a:b"))));
        assert_eq!((ask.scheme(), ask.username()), ("basic", user));
    }
}

/// RFC 7617 §2.1 leaves other encodings to the server; here they are read if the host opts in.
#[test]
fn latin1_only_where_the_host_opts_in() {
    let auth = builder().scheme(Basic::new().latin1()).build().unwrap();
    let latin1 = basic(b"J\xfcrgen:123\xa3");
    assert_eq!(read(&auth, &latin1), Read::Basic("Jürgen".into(), "123£".into()));
    assert_eq!(read(&three_schemes(), &latin1), Read::Malformed);
    // What is UTF-8 is read as UTF-8.
    assert_eq!(read(&auth, &basic("Jürgen:123£")), Read::Basic("Jürgen".into(), "123£".into()));
    for malformed in [basic(b"a\n:\xa3"), basic(b"\xa3"), basic(b"a:\x7f\xa3")] {
        assert_eq!(read(&auth, &malformed), Read::Malformed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// RFC 7617 §2: whatever holds no control character, and no colon in the user-id, comes back.
    #[test]
    fn basic_comes_back(user in "[^:\\x00-\\x1f\\x7f]{0,40}", password in "[^\\x00-\\x1f\\x7f]{0,40}") {
        let value = basic(format!("{user}:{password}"));
        prop_assert_eq!(read(&keeping_tokens(), &value), Read::Basic(user, password.into()));
    }

    /// The same user-ids and passwords are read from a form as from a field.
    #[test]
    fn login_reads_what_basic_reads(
        user in "[a-c:\\x00-\\x7f\u{80}-\u{100}]{0,6}",
        password in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let auth = three_schemes();
        let by_form: Step<User> = auth.login(&user, Secret::new(&password));
        let by_field = authorization(&auth, basic([user.as_bytes(), b":", &password].concat()));
        match (by_form, by_field) {
            (Step::FindUser(form), Step::FindUser(field)) => {
                prop_assert_eq!(form.username(), field.username());
            }
            (Step::Done(Outcome::Denied(form)), Step::Done(Outcome::Denied(field))) => {
                prop_assert_eq!(form.cause(), field.cause());
            }
            // In a field the first colon ends the user-id, and nobody can know of the other.
            (Step::Done(Outcome::Denied(form)), Step::FindUser(field)) => {
                let colon = Malformed::new(field.username().len(), MalformedKind::Credentials);
                prop_assert!(user.contains(':'));
                prop_assert_eq!(form.cause(), Cause::Malformed(colon));
            }
            (form, field) => prop_assert!(false, "{form:?}, {field:?}"),
        }
    }

    /// DESIGN §7: no panic on any header, and the verdict of the reference reader.
    #[test]
    fn any_bytes_are_judged_as_by_the_reference(value in prop::collection::vec(any::<u8>(), 0..64)) {
        judged_as_by_the_reference(&value)?;
    }

    /// The same for what is nearly right, where the two would differ if they did.
    #[test]
    fn near_misses_are_judged_as_by_the_reference(value in nearly_right()) {
        judged_as_by_the_reference(&value)?;
    }
}

fn judged_as_by_the_reference(value: &[u8]) -> Result<(), TestCaseError> {
    let auth = keeping_tokens();
    prop_assert_eq!(read(&auth, value), reference::read(value), "{}", value.escape_ascii());
    if let Step::Done(Outcome::Denied(denied)) = authorization(&auth, value) {
        let Cause::Malformed(malformed) = denied.cause() else { panic!("{denied:?}") };
        prop_assert!(malformed.at <= value.len(), "{malformed} in {}", value.escape_ascii());
    }
    Ok(())
}

/// A scheme, spaces and credentials, with at most one byte that was replaced, added or taken away.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let scheme = prop::sample::select(vec!["Basic", "bAsIc", "Bearer", "TOKEN", "Digest", "Basi"]);
    let decoded = prop_oneof![
        "[a-z]{0,5}:[a-z:]{0,5}".prop_map(String::into_bytes),
        "[a-z:\\x00-\\x1f\\x7f\u{80}\u{2028}]{0,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    let credentials = prop_oneof![
        decoded.prop_map(|decoded| basic(decoded)["Basic ".len()..].to_vec()),
        "[A-Za-z0-9._~+/-]{1,9}={0,3}".prop_map(String::into_bytes),
    ];
    let defect = (0..4u8, any::<prop::sample::Index>(), prop_oneof![any::<u8>(), b' '..b'A']);
    (scheme, 0..3usize, credentials, defect).prop_map(|(scheme, spaces, credentials, defect)| {
        let mut value = [scheme.as_bytes(), &b"  "[..spaces], &credentials].concat();
        let (what, place, byte) = defect;
        let place = place.index(value.len());
        match what {
            0 => value[place] = byte,
            1 => value.insert(place, byte),
            2 => drop(value.remove(place)),
            _ => {}
        }
        value
    })
}

/// How a value was read.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Basic(String, Vec<u8>),
    Token(String, Vec<u8>),
    None,
    Malformed,
}

fn keeping_tokens() -> Authenticator {
    let bearer = Bearer::new().keep_token();
    let token = Bearer::named("Token").keep_token();
    builder().scheme(Basic::new()).scheme(bearer).scheme(token).build().unwrap()
}

/// What `begin` makes of a value of `Authorization`.
///
/// No step shows the password. The reference reader says what it should be: a hash of that is stored,
/// and a grant shows that it was.
#[track_caller]
fn read(auth: &Authenticator, value: &[u8]) -> Read {
    match authorization(auth, value) {
        Step::FindUser(ask) => {
            assert_eq!(ask.scheme(), "basic");
            let user = ask.username().to_owned();
            let Some(password) = password_in(value) else { panic!("{}", value.escape_ascii()) };
            let stored = hash(2, &password);
            assert_eq!(to_granted(to_verify(ask.found(1, stored)).run()).username(), Some(&*user));
            Read::Basic(user, password)
        }
        Step::FindToken(ask) => {
            let token = ask.token().unwrap().to_vec();
            assert_eq!(ask.digest(), &TokenDigest::of(&token));
            Read::Token(ask.scheme().into(), token)
        }
        Step::Done(Outcome::Anonymous(_)) => Read::None,
        Step::Done(Outcome::Denied(denied)) => {
            assert!(matches!(denied.cause(), Cause::Malformed(_)), "{denied:?}");
            Read::Malformed
        }
        step => panic!("{step:?}"),
    }
}

/// The password in a value, by the reference reader; in ISO-8859-1 if it is not UTF-8.
fn password_in(value: &[u8]) -> Option<Vec<u8>> {
    let user_pass = reference::user_pass(value)?;
    let user_pass = match String::from_utf8(user_pass) {
        Ok(text) => text,
        Err(error) => error.as_bytes().iter().map(|&byte| char::from(byte)).collect(),
    };
    Some(user_pass.split_once(':')?.1.into())
}

/// The grammar once more, slowly and by other means: no borrowed pieces, no decoder, no offsets.
mod reference {
    use super::Read;

    const TCHAR: &str =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub(crate) fn read(value: &[u8]) -> Read {
        let Some((scheme, credentials)) = split(value) else { return Read::Malformed };
        match &*scheme {
            "basic" => match user_pass(value).map(String::from_utf8) {
                Some(Ok(text)) if text.contains(':') && !text.contains(is_ctl) => {
                    let (user, password) = text.split_once(':').unwrap();
                    Read::Basic(user.into(), password.into())
                }
                _ => Read::Malformed,
            },
            "bearer" | "token" if is_token68(&credentials) => {
                Read::Token(scheme, credentials.into_bytes())
            }
            "bearer" | "token" => Read::Malformed,
            _ => Read::None,
        }
    }

    /// The bytes that Basic credentials decode to.
    pub(crate) fn user_pass(value: &[u8]) -> Option<Vec<u8>> {
        let (_, credentials) = split(value)?;
        is_token68(&credentials).then(|| decode(&credentials))?
    }

    /// `token [ 1*SP rest ]`. Bytes beyond ASCII stand in as the characters of ISO-8859-1.
    fn split(value: &[u8]) -> Option<(String, String)> {
        let text: String = value.iter().map(|&byte| char::from(byte)).collect();
        let (scheme, rest) = text.split_once(' ').unwrap_or((&text, ""));
        if scheme.is_empty() || scheme.contains(|c| !TCHAR.contains(c)) {
            return None;
        }
        Some((scheme.to_lowercase(), rest.trim_start_matches(' ').into()))
    }

    fn is_token68(text: &str) -> bool {
        let text = text.trim_end_matches('=');
        !text.is_empty() && text.chars().all(|c| BASE64.contains(c) || "-._~".contains(c))
    }

    /// RFC 4648 §4, a bit at a time.
    fn decode(text: &str) -> Option<Vec<u8>> {
        let digits = text.trim_end_matches('=');
        if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
            return None;
        }
        let mut bits = Vec::new();
        for digit in digits.chars() {
            let number = BASE64.find(digit)?;
            bits.extend((0..6).rev().map(|bit| number >> bit & 1));
        }
        let (bytes, unused) = bits.split_at(bits.len() / 8 * 8);
        let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8);
        unused.iter().all(|&bit| bit == 0).then(|| bytes.chunks(8).map(byte).collect())
    }

    fn is_ctl(c: char) -> bool {
        c < ' ' || c == '\u{7f}'
    }
}
