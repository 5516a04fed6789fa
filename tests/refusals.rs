//! What the client sees, byte for byte: statuses, challenges, and that they tell nothing of what is
//! stored.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "bcrypt", feature = "getrandom", feature = "pbkdf2"))]

mod util;

use doorstep::password::{Bcrypt, HashError, Hashers, Limits, Refused};
use doorstep::{
    Account, ApiKey, Authenticator, Basic, Bearer, Builder, Cause, FindUser, InvalidConfig,
    InvalidScope, Outcome, Refuse, Scopes, Step, TokenDigest, TokenFormat, TokenRecord, grammar,
};
use proptest::prelude::*;

use util::anything::Anything;
use util::{
    NOW, User, authorization, basic, begin, builder, builder_of, cheap, hash, refusal, to_denied,
    to_find_token, to_find_user, to_granted, to_outcome, to_verify,
};

/// RFC 9110 §15.5.2: a 401 carries a challenge for each scheme, here one line each; RFC 7617 §2.1 for
/// `charset`. For a request without credentials no `error` is named (RFC 6750 §3.1).
#[test]
fn anonymous_is_401_with_a_challenge_of_each_scheme() {
    let challenges = "401\n\
        www-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
        www-authenticate: Bearer realm=\"example\"\n\
        www-authenticate: Token realm=\"example\"\n\
        www-authenticate: ApiKey realm=\"example\"";
    let auth = four_schemes().build().unwrap();
    assert_eq!(refusal(begin(&auth, &[]), ""), challenges);
    assert_eq!(refusal(authorization(&auth, "Negotiate abc"), ""), challenges);
    // RFC 6750 §3: "scope" tells what is asked for.
    let with_scope = challenges
        .replace("Bearer realm=\"example\"", "Bearer realm=\"example\", scope=\"read write\"")
        .replace("Token realm=\"example\"", "Token realm=\"example\", scope=\"read write\"");
    assert_eq!(refusal(begin(&auth, &[]), "read write"), with_scope);
    let order = builder().scheme(ApiKey::in_field("x-api-key")).scheme(Basic::new());
    assert_eq!(
        refusal(begin(&order.build().unwrap(), &[]), ""),
        "401\n\
         www-authenticate: ApiKey realm=\"example\"\n\
         www-authenticate: Basic realm=\"example\", charset=\"UTF-8\"",
    );
}

/// RFC 6750 §3: `error` stands in the challenge of the scheme whose credentials were sent, and in no
/// other. Malformed or repeated is 400 `invalid_request`, wrong is 401 `invalid_token`.
#[test]
fn an_error_is_named_to_the_scheme_that_sent() {
    let auth = four_schemes().build().unwrap();
    let plain = refusal(begin(&auth, &[]), "read");
    let expect = |status: &str, scheme: &str, error: &str| {
        let challenge = format!("{scheme} realm=\"example\", scope=\"read\"");
        assert!(plain.contains(&challenge), "{scheme}");
        let named = format!("{challenge}, error=\"{error}\"");
        plain.replace("401", status).replace(&challenge, &named)
    };
    for (scheme, challenge) in [("Bearer", "Bearer"), ("bearer", "Bearer"), ("TOKEN", "Token")] {
        let invalid_request = expect("400", challenge, "invalid_request");
        let long = format!("{scheme} {}", "a".repeat(10_000));
        for value in [scheme, &format!("{scheme} a,b"), &format!("{scheme} a b"), &long] {
            assert_eq!(refusal(authorization(&auth, value), "read"), invalid_request);
        }
        let sent = format!("{scheme} abc");
        let line: (&str, &[u8]) = ("authorization", sent.as_bytes());
        assert_eq!(refusal(begin(&auth, &[line, line]), "read"), invalid_request);
        let unknown = to_find_token(begin(&auth, &[line])).not_found();
        assert_eq!(refusal(unknown, "read"), expect("401", challenge, "invalid_token"));
    }
    // Basic and API keys have no word for it, and nobody sent what has no scheme.
    let good = basic("Aladdin:open sesame");
    for fields in [
        &[("authorization", &b"Basic"[..])][..],
        &[("authorization", b"Basic !")],
        &[("authorization", &good), ("authorization", &good)],
        &[("authorization", b"")],
        &[("authorization", b"\0")],
        &[("authorization", b"Negotiate a"), ("authorization", b"Negotiate b")],
        &[("x-api-key", b"")],
        &[("x-api-key", b"a b")],
        &[("x-api-key", b"a"), ("x-api-key", b"b")],
    ] {
        assert_eq!(refusal(begin(&auth, fields), "read"), plain);
    }
    let unknown = to_find_token(begin(&auth, &[("x-api-key", b"k3y")])).not_found();
    assert_eq!(refusal(unknown, "read"), plain);
    let unknown = to_verify(to_find_user(authorization(&auth, &good)).not_found()).run();
    assert_eq!(refusal(unknown, "read"), plain);
    // Two methods at once: nobody knows whose error it is.
    let two = [("authorization", &b"Bearer abc"[..]), ("x-api-key", b"k3y")];
    assert_eq!(refusal(begin(&auth, &two), "read"), plain.replace("401", "400"));
}

/// RFC 6750 §3.1: 403 `insufficient_scope`, with the scopes that are asked for. Another password or
/// key would be needed elsewhere, so that nothing is asked for there.
#[test]
fn too_few_scopes_are_403() {
    let auth = four_schemes().build().unwrap();
    let by_token = |field: &str, value: &[u8], scopes: &str| {
        let ask = to_find_token(begin(&auth, &[(field, value)]));
        let mut record = TokenRecord::new(*ask.digest());
        record.scopes = Scopes::parse(scopes).unwrap();
        ask.found(7, record, NOW)
    };
    for scopes in ["", "read", "write", "READ WRITE", "read writ"] {
        assert_eq!(
            refusal(by_token("authorization", b"Bearer abc", scopes), "read write"),
            "403\nwww-authenticate: Bearer realm=\"example\", scope=\"read write\", \
             error=\"insufficient_scope\"",
        );
        assert_eq!(refusal(by_token("x-api-key", b"abc", scopes), "read write"), "403");
        for step in [
            authorization(&auth, basic("Aladdin:open sesame")),
            auth.login("Aladdin", "open sesame".into()),
        ] {
            let account = Account::from(hash(2, b"open sesame"));
            let account = account.with_scopes(Scopes::parse(scopes).unwrap());
            let granted = to_verify(to_find_user(step).found(7, account)).run();
            assert_eq!(refusal(granted, "read write"), "403");
        }
    }
    for scopes in ["read write", "write read", "a read b write c"] {
        let outcome = to_outcome(by_token("authorization", b"Bearer abc", scopes));
        let granted = outcome.require(&Scopes::parse("read write").unwrap()).unwrap();
        assert_eq!((granted.user(), granted.scopes().as_str()), (&7, scopes));
    }
}

/// RFC 9110 §15.5.8 and §11.7.1.
#[test]
fn a_proxy_answers_407() {
    let auth = builder().scheme(Basic::new()).scheme(Bearer::new()).proxy().build().unwrap();
    assert_eq!(
        refusal(begin(&auth, &[]), ""),
        "407\n\
         proxy-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
         proxy-authenticate: Bearer realm=\"example\"",
    );
    let sent: [(&str, &[u8]); 1] = [("proxy-authorization", b"Bearer abc")];
    assert_eq!(
        refusal(to_find_token(begin(&auth, &sent)).not_found(), ""),
        "407\n\
         proxy-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
         proxy-authenticate: Bearer realm=\"example\", error=\"invalid_token\"",
    );
    assert_eq!(
        refusal(begin(&auth, &[("proxy-authorization", b"Bearer")]), ""),
        "400\n\
         proxy-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
         proxy-authenticate: Bearer realm=\"example\", error=\"invalid_request\"",
    );
    let ask = to_find_token(begin(&auth, &sent));
    let record = TokenRecord::new(*ask.digest());
    assert_eq!(
        refusal(ask.found(7, record, NOW), "read"),
        "403\n\
         proxy-authenticate: Bearer realm=\"example\", scope=\"read\", \
         error=\"insufficient_scope\"",
    );
}

/// RFC 6585 §4 and RFC 9110 §15.6.4 and §10.2.3, at every step that can be refused.
#[test]
fn throttled_is_429_and_overloaded_503() {
    let auth = four_schemes().build().unwrap();
    let find_user = || to_find_user(authorization(&auth, basic("Aladdin:open sesame")));
    let login = || to_find_user(auth.login("Aladdin", "open sesame".into()));
    let find_token = || to_find_token(authorization(&auth, "Bearer abc"));
    for (why, expected) in [
        (Refuse::Throttled { retry_after: 30 }, "429\nretry-after: 30"),
        (Refuse::Throttled { retry_after: 0 }, "429\nretry-after: 0"),
        (Refuse::Overloaded { retry_after: u32::MAX }, "503\nretry-after: 4294967295"),
    ] {
        let by_user = [
            find_user().refuse(why),
            login().refuse(why),
            to_verify(find_user().not_found()).refuse(why),
            to_verify(find_user().found(7, hash(2, b"open sesame"))).refuse(why),
        ];
        for step in by_user {
            let denied = to_denied(step);
            assert_eq!((denied.cause(), denied.username()), (Cause::Refused(why), Some("Aladdin")));
            assert_eq!(refusal(Step::Done(Outcome::Denied(denied)), "read"), expected);
        }
        let denied = to_denied(find_token().refuse(why));
        assert_eq!((denied.cause(), denied.username()), (Cause::Refused(why), None));
        assert_eq!(refusal(Step::Done(Outcome::Denied(denied)), "read"), expected);
    }
}

/// As Starlette does: 403 and no challenge. It is for those alone who sent nothing.
#[test]
fn anonymous_may_be_forbidden() {
    let auth = four_schemes().forbid_anonymous().build().unwrap();
    let asking = four_schemes().build().unwrap();
    assert_eq!(refusal(begin(&auth, &[]), "read"), "403");
    assert_eq!(refusal(authorization(&auth, "Negotiate abc"), ""), "403");
    for value in ["Basic", "Bearer", "\0"] {
        let shown = refusal(authorization(&auth, value), "");
        assert_eq!(shown, refusal(authorization(&asking, value), ""));
        assert!(shown.contains("\nwww-authenticate: "));
    }
    let proxy = four_schemes().proxy().forbid_anonymous().build().unwrap();
    assert_eq!(refusal(begin(&proxy, &[]), "read"), "403");
}

/// DESIGN §2: "The response is the same, byte for byte, for every cause that depends on stored data".
#[test]
fn accounts_cannot_be_told_apart() {
    let anything = Anything::new(1);
    anything.take_nothing();
    let hashers = Hashers::new(cheap(2)).accept(Bcrypt::default()).accept(anything);
    let unusable = |stored: &str| Cause::UnusableHash(hashers.inspect(stored).unwrap_err());
    let right = hash(2, b"open sesame");
    let bcrypt = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let mut accounts = vec![
        (Stored::Nobody, Cause::UnknownUser),
        (Stored::NoPassword, Cause::NoPassword),
        (Stored::Disabled, Cause::AccountDisabled),
        (Stored::Hash(hash(2, b"another password")), Cause::Mismatch),
        // Outdated by its rounds and by its algorithm.
        (Stored::Hash(hash(1, b"another password")), Cause::Mismatch),
        (Stored::Hash(bcrypt.into()), Cause::Mismatch),
        // A password that its format cannot take.
        (Stored::Hash("anything:".into()), Cause::Mismatch),
    ];
    let refused = [
        // Corrupt, by one byte.
        right[..right.len() - 1].to_owned(),
        format!("{right}\n"),
        right.replace("$2$", "$02$"),
        // Of an unknown format.
        String::new(),
        "open sesame".into(),
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI"
            .into(),
        // Refused by name.
        bcrypt.replace("2b", "2x"),
        // Over a limit.
        right.replace("$2$", "$4000000000$"),
        bcrypt.replace("$05$", "$17$"),
        "$2b$".repeat(1000),
    ];
    accounts.extend(refused.map(|stored| {
        let cause = unusable(&stored);
        (Stored::Hash(stored), cause)
    }));

    let schemes = || {
        let builder = Authenticator::builder("example", hashers.clone()).scheme(Basic::new());
        builder.scheme(Bearer::new()).scheme(ApiKey::in_field("x-api-key"))
    };
    let sent = basic("Aladdin:open sesame");
    for (builder, field) in [
        (schemes(), "authorization"),
        (schemes().proxy(), "proxy-authorization"),
        (schemes().forbid_anonymous().receipts(), "authorization"),
    ] {
        let auth = builder.build().unwrap();
        let asks =
            || [begin(&auth, &[(field, &sent)]), auth.login("Aladdin", "open sesame".into())];
        for scopes in ["", "read write"] {
            let [by_basic, by_login] = asks();
            let expected = [by_basic, by_login]
                .map(|step| refusal(to_verify(to_find_user(step).not_found()).run(), scopes));
            assert_eq!(expected[0], expected[1]);
            for (stored, cause) in &accounts {
                let refusals = asks().map(|step| {
                    let denied = to_denied(to_verify(stored.answer(to_find_user(step))).run());
                    assert_eq!(denied.cause(), *cause);
                    assert_eq!(denied.username(), Some("Aladdin"));
                    refusal(Step::Done(Outcome::Denied(denied)), scopes)
                });
                assert_eq!(refusals, expected, "{cause}");
            }
        }
        // The right password, to show that it is these accounts that are refused.
        let [step, _] = asks();
        to_granted(to_verify(to_find_user(step).found(7, &*right)).run());
    }
}

/// What a store knows of an account.
enum Stored {
    Nobody,
    NoPassword,
    Disabled,
    Hash(String),
}

impl Stored {
    fn answer(&self, ask: FindUser<User>) -> Step<User> {
        match self {
            Stored::Nobody => ask.not_found(),
            Stored::NoPassword => ask.found(7, None::<String>),
            Stored::Disabled => ask.found(7, Account::disabled()),
            Stored::Hash(hash) => ask.found(7, &**hash),
        }
    }
}

/// The same for tokens, also for those that were not even looked up.
#[test]
fn tokens_cannot_be_told_apart() {
    let format = TokenFormat::new("ds_").unwrap();
    let token = format.generate().unwrap();
    let token = std::str::from_utf8(token.expose()).unwrap();
    let (bearer, named) = (Bearer::new().format(format.clone()), Bearer::named("Token"));
    let api_key = ApiKey::in_field("x-api-key").format(format.clone());
    for (field, scheme, builder) in [
        ("authorization", "Bearer ", builder().scheme(bearer.clone())),
        ("authorization", "Token ", builder().scheme(named.format(format.clone()))),
        ("proxy-authorization", "Bearer ", builder().scheme(bearer).proxy()),
        ("x-api-key", "", builder().scheme(api_key)),
    ] {
        let auth = builder.scheme(Basic::new()).build().unwrap();
        let step = |token: &str| begin(&auth, &[(field, format!("{scheme}{token}").as_bytes())]);
        let found = |change: fn(&mut TokenRecord)| {
            let ask = to_find_token(step(token));
            let mut record = TokenRecord::new(*ask.digest());
            change(&mut record);
            ask.found(7, record, NOW)
        };
        let steps = [
            (to_find_token(step(token)).not_found(), Cause::UnknownToken),
            (found(|record| record.digest = TokenDigest::of(b"another")), Cause::AnotherToken),
            (found(|record| record.expires = Some(NOW)), Cause::TokenExpired),
            (found(|record| record.revoked = true), Cause::TokenRevoked),
            (found(|record| record.owner_disabled = true), Cause::AccountDisabled),
            (step("not_ours"), Cause::ForeignToken),
        ];
        let shown = steps.map(|(step, cause)| {
            let denied = to_denied(step);
            assert_eq!((denied.cause(), denied.username()), (cause, None));
            refusal(Step::Done(Outcome::Denied(denied)), "read")
        });
        assert!(shown.iter().all(|refusal| *refusal == shown[0]), "{shown:?}");
        to_granted(found(|_| ()));
    }
}

/// RFC 9110 §5.6.4: a realm is a quoted-string, so that `"` and `\` stand behind a backslash; what
/// none can hold is refused when the authenticator is built.
#[test]
fn a_realm_cannot_break_out_of_its_quotes() {
    let realm = r#"a "b\" c", charset="evil"#;
    let auth = Authenticator::builder(realm, Hashers::new(cheap(2)));
    let auth = auth.scheme(Basic::new()).scheme(Bearer::new());
    let auth = auth.scheme(ApiKey::in_field("x-api-key")).build().unwrap();
    let quoted = r#""a \"b\\\" c\", charset=\"evil""#;
    assert_eq!(
        refusal(begin(&auth, &[]), ""),
        format!(
            "401\n\
             www-authenticate: Basic realm={quoted}, charset=\"UTF-8\"\n\
             www-authenticate: Bearer realm={quoted}\n\
             www-authenticate: ApiKey realm={quoted}"
        ),
    );
    for realm in ["a\r\nset-cookie: a=b", "a\n", "a\r", "a\0", "\x7f", "\x1b", "Küche", "\u{2028}"]
    {
        let built = Authenticator::builder(realm, Hashers::new(cheap(2))).build();
        assert_eq!(built.unwrap_err(), InvalidConfig::Realm, "{realm:?}");
    }
}

/// A scheme of somebody else's writes its challenge with this, whatever it has to say.
#[test]
fn a_quoted_value_cannot_break_out_of_its_line() {
    for (value, quoted) in [
        ("", r#"n="""#),
        (r#"a"b\"#, r#"n="a\"b\\""#),
        ("a\r\nset-cookie: b\0\x7f", r#"n="aset-cookie: b""#),
        ("a\tü\u{2028}b", "n=\"a\tb\""),
    ] {
        let mut out = String::new();
        grammar::push_quoted(&mut out, "n", value);
        assert_eq!(out, quoted);
    }
}

/// RFC 6749 §3.3: what a scope token may hold needs no quoting inside of quotes.
#[test]
fn bad_scopes_are_refused() {
    for scopes in
        ["a\"b", "a\\b", "a\nb", "a\tb", "a\0", "a\x7f", "é", " a", "a ", "a  b", " ", "a\",b=\"c"]
    {
        assert_eq!(Scopes::parse(scopes), Err(InvalidScope), "{scopes:?}");
    }
    assert!(InvalidScope.to_string().contains("RFC 6749 section 3.3"));
    // Every character that is left, once.
    let all: String = (0x21..0x7f_u8).map(char::from).filter(|c| !"\"\\".contains(*c)).collect();
    let auth = builder().scheme(Bearer::new()).build().unwrap();
    assert_eq!(
        refusal(begin(&auth, &[]), &all),
        format!("401\nwww-authenticate: Bearer realm=\"example\", scope=\"{all}\""),
    );
}

/// RFC 6749 §3.3: a scope is compared as a whole, in its case, and no sign in it means others; all
/// that are asked for must be there.
#[test]
fn scopes_are_compared_whole_and_all_of_them() {
    let auth = builder().scheme(Bearer::new()).build().unwrap();
    let status = |held: &str, asked: &str| {
        let ask = to_find_token(authorization(&auth, "Bearer abc"));
        let mut record = TokenRecord::new(*ask.digest());
        record.scopes = Scopes::parse(held).unwrap();
        let outcome = to_outcome(ask.found(7, record, NOW));
        outcome.require(&Scopes::parse(asked).unwrap()).map_or_else(|no| no.status(), |_| 200)
    };
    for (held, asked) in [("read", "read"), ("write read", "read write"), ("*", "*"), ("read", "")]
    {
        assert_eq!(status(held, asked), 200, "{held:?} {asked:?}");
        assert_eq!(Scopes::parse(held).unwrap().to_string(), held);
    }
    for (held, asked) in [
        ("", "read"),
        ("read", "read write"),
        ("readwrite", "read"),
        ("read", "readwrite"),
        ("*", "read"),
        ("read", "*"),
        ("read:*", "read:mail"),
        ("read", "read:mail"),
        ("read.*", "readX"),
        ("Read", "read"),
    ] {
        assert_eq!(status(held, asked), 403, "{held:?} {asked:?}");
    }
}

/// RFC 9110 §11.1: names that no challenge could hold are refused when the authenticator is built.
#[test]
fn bad_names_are_refused() {
    for bearer in ["", "a b", "a\"", "a\r\nb", "é", "a,b", "a="] {
        let built = builder().scheme(Bearer::named(bearer)).build();
        assert_eq!(built.unwrap_err(), InvalidConfig::Scheme, "{bearer:?}");
        let built = builder().scheme(ApiKey::in_field(bearer)).build();
        assert_eq!(built.unwrap_err(), InvalidConfig::Scheme, "{bearer:?}");
    }
    let twice = builder().scheme(Bearer::new()).scheme(Bearer::named("BEARER")).build();
    assert_eq!(twice.unwrap_err(), InvalidConfig::SchemeTwice);
    let fields = |count| {
        let scheme = |number| ApiKey::in_field(&format!("x-api-key-{number}"));
        (0..count).fold(builder(), |builder, number| builder.scheme(scheme(number))).build()
    };
    assert_eq!(fields(8).unwrap().fields().count(), 8);
    assert_eq!(fields(9).unwrap_err(), InvalidConfig::TooManyFields);
}

/// DESIGN §2: decoys do the preferred hasher's work, so that a hasher whose hashes its own limits would
/// refuse is none.
#[test]
fn a_hasher_over_its_own_limits_is_refused() {
    let mut limits = Limits::default();
    limits.pbkdf2_rounds = 1;
    let hashers = Hashers::new(cheap(2)).limits(limits);
    let error = InvalidConfig::Hasher(HashError::Refused(Refused::TooCostly("pbkdf2_rounds")));
    assert_eq!(builder_of(hashers).build().unwrap_err(), error);
}

proptest! {
    /// Every realm either comes back from the challenges, read by the same grammar, or is refused.
    #[test]
    fn any_realm_comes_back(realm in "[ -~\t]{0,20}|[\"\\\\,= a]{0,10}|\\PC{0,5}") {
        let builder = Authenticator::builder(&realm, Hashers::new(cheap(2)));
        let builder = builder.scheme(Basic::new()).scheme(Bearer::new());
        let is_ascii = realm.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        let Ok(auth) = builder.build() else {
            prop_assert!(!is_ascii);
            return Ok(());
        };
        prop_assert!(is_ascii);
        let refusal = to_outcome(begin(&auth, &[])).require(&Scopes::NONE_ASKED).unwrap_err();
        for ((_, challenge), (scheme, names)) in
            refusal.fields().zip([("Basic ", &["realm", "charset"][..]), ("Bearer ", &["realm"])])
        {
            let params = challenge.strip_prefix(scheme).unwrap();
            let params = grammar::auth_params(0, params.as_bytes()).collect::<Result<Vec<_>, _>>();
            let params = params.unwrap();
            prop_assert_eq!(&*params[0].1, &*realm);
            prop_assert_eq!(params.iter().map(|param| param.0).collect::<Vec<_>>(), names);
        }
    }
}

/// Basic, Bearer, Token and an API key.
fn four_schemes() -> Builder {
    let builder = builder().scheme(Basic::new()).scheme(Bearer::new());
    builder.scheme(Bearer::named("Token")).scheme(ApiKey::in_field("x-api-key"))
}

/// RFC 9111 §3.5: a shared cache guards what was asked for with `Authorization`, and nothing else.
#[test]
fn a_grant_names_the_field_and_an_authenticator_all_of_them() {
    let auth = four_schemes().build().unwrap();
    assert_eq!(auth.fields().collect::<Vec<_>>(), ["authorization", "x-api-key"]);
    assert_eq!(auth.schemes().collect::<Vec<_>>(), ["basic", "bearer", "token", "apikey"]);
    let proxy = four_schemes().proxy().build().unwrap();
    assert_eq!(proxy.fields().collect::<Vec<_>>(), ["proxy-authorization", "x-api-key"]);

    let field = |auth: &Authenticator, field: &str, value: &[u8]| {
        let ask = to_find_token(begin(auth, &[(field, value)]));
        let record = TokenRecord::new(*ask.digest());
        to_granted(ask.found(1, record, NOW)).field().map(str::to_owned)
    };
    assert_eq!(field(&auth, "Authorization", b"Bearer abc").as_deref(), Some("authorization"));
    assert_eq!(field(&auth, "X-Api-Key", b"abc").as_deref(), Some("x-api-key"));
    let field = field(&proxy, "Proxy-Authorization", b"Bearer abc");
    assert_eq!(field.as_deref(), Some("proxy-authorization"));
    let login = to_find_user(builder().build().unwrap().login("Aladdin", "open sesame".into()));
    assert_eq!(
        to_granted(to_verify(login.found(1, &*hash(2, b"open sesame"))).run()).field(),
        None
    );
}

/// `refusal` looks, `require` takes: they answer the same.
#[test]
fn a_look_at_a_refusal_is_what_require_answers() {
    let auth = four_schemes().build().unwrap();
    let asked = Scopes::parse("read write").unwrap();
    let grant = || {
        let ask = to_find_token(begin(&auth, &[("authorization", b"Bearer abc")]));
        let mut record = TokenRecord::new(*ask.digest());
        record.scopes = Scopes::parse("read").unwrap();
        to_granted(ask.found(1, record, NOW))
    };
    assert_eq!(grant().refusal(&Scopes::parse("read").unwrap()), None);
    let required = Outcome::Granted(grant()).require(&asked).unwrap_err();
    assert_eq!(required.status(), 403);
    assert_eq!(grant().refusal(&asked), Some(required));
    let Outcome::Anonymous(anonymous) = to_outcome(begin(&auth, &[])) else { panic!() };
    let required = to_outcome(begin(&auth, &[])).require(&asked).unwrap_err();
    assert_eq!(anonymous.refusal(&asked), required);
    let denied = || to_denied(authorization(&auth, "Bearer ?"));
    assert_eq!(
        denied().refusal(&asked),
        Outcome::<User>::Denied(denied()).require(&asked).unwrap_err()
    );
}
