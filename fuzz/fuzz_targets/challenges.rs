//! Challenges are what their grammar allows, and say what was asked for: a second reader, which
//! follows RFC 9110 §11.6.1 character by character, finds each scheme with its parameters, whether the
//! challenges come in field lines of their own or as one list.

#![no_main]

use doorstep::password::{Argon2, Hashers};
use doorstep::{
    ApiKey, Authenticator, Basic, Bearer, Outcome, Refusal, Scopes, Step, TokenDigest, TokenRecord,
    UnixTime, grammar,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    realm: &'a str,
    scopes: &'a str,
    /// Of a scheme that is read like Bearer.
    title: &'a str,
    proxy: bool,
    sent: Sent,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Sent {
    Nothing,
    Malformed,
    UnknownToken,
    TooFewScopes,
}

#[derive(Debug, PartialEq)]
struct Challenge {
    scheme: String,
    params: Vec<(String, String)>,
}

fuzz_target!(|input: Input<'_>| {
    let is_scope_char = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    let is_scope = |scope: &str| !scope.is_empty() && scope.chars().all(is_scope_char);
    let fits = input.scopes.is_empty() || input.scopes.split(' ').all(is_scope);
    let scopes = Scopes::parse(input.scopes);
    assert_eq!(scopes.is_ok(), fits);
    let Ok(scopes) = scopes else { return };

    let builder = Authenticator::builder(input.realm, Hashers::new(Argon2::default()))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .scheme(Bearer::named(input.title))
        .scheme(ApiKey::in_field("x-api-key"));
    let auth = if input.proxy { builder.proxy() } else { builder }.build();
    let is_title = !input.title.is_empty() && input.title.chars().all(is_tchar);
    let taken = ["basic", "bearer"].iter().any(|name| input.title.eq_ignore_ascii_case(name));
    // RFC 9110 §5.6.4: HTAB, SP and what is visible, obs-text aside.
    let is_realm = input.realm.chars().all(|c| matches!(c, '\t' | ' '..='~'));
    assert_eq!(auth.is_ok(), is_realm && is_title && !taken, "{input:?}");
    let Ok(auth) = auth else { return };

    let refusal = refusal(&auth, &input, &scopes);
    let name = if input.proxy { "proxy-authenticate" } else { "www-authenticate" };
    let lines: Vec<&str> = refusal
        .fields()
        .map(|(field, value)| {
            assert_eq!(field, name);
            value
        })
        .collect();
    let expected = expected(&input);
    let read: Vec<Challenge> =
        lines.iter().flat_map(|line| list(line).expect("a challenge")).collect();
    assert_eq!(read, expected);
    // RFC 9110 §5.3: the lines in order, with commas between, say the same.
    assert_eq!(list(&lines.join(", ")).expect("a list"), expected);
    // The library's own reader, of the parameters of one challenge.
    for (line, challenge) in lines.iter().zip(&expected) {
        let (scheme, at, rest) = grammar::credentials(line.as_bytes()).expect("a scheme");
        let params: Result<Vec<_>, _> = grammar::auth_params(at, rest).collect();
        let params: Vec<_> = params
            .expect("parameters")
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect();
        assert_eq!((scheme, &params), (&*challenge.scheme, &challenge.params));
    }
});

/// What a resource that asks for these scopes answers.
fn refusal(auth: &Authenticator, input: &Input<'_>, scopes: &Scopes) -> Refusal {
    let field = if input.proxy { "proxy-authorization" } else { "authorization" };
    let value: &[u8] = match input.sent {
        Sent::Nothing => b"",
        Sent::Malformed => b"Bearer a b",
        Sent::UnknownToken | Sent::TooFewScopes => b"Bearer abc",
    };
    let fields = (input.sent != Sent::Nothing).then_some((field, value));
    let outcome = match auth.begin::<()>(fields) {
        Step::Done(outcome) => outcome,
        Step::FindToken(ask) => {
            let step = match input.sent {
                Sent::TooFewScopes => {
                    let record = TokenRecord::new(TokenDigest::of(b"abc"));
                    ask.found((), record, UnixTime::from_secs(0))
                }
                _ => ask.not_found(),
            };
            let Step::Done(outcome) = step else { panic!("{step:?} after a token's lookup") };
            outcome
        }
        step => panic!("{step:?} for what was sent"),
    };
    match outcome {
        // None is asked for that the token does not have: there is nothing to refuse.
        Outcome::Granted(granted) if scopes.is_empty() => {
            assert!(granted.refusal(scopes).is_none());
            let Step::Done(outcome) = auth.begin::<()>([]) else { panic!("nothing was sent") };
            outcome.require(scopes).expect_err("anonymous")
        }
        outcome => outcome.require(scopes).expect_err("not granted this far"),
    }
}

fn expected(input: &Input<'_>) -> Vec<Challenge> {
    let granted = input.sent == Sent::TooFewScopes && !input.scopes.is_empty();
    let error = match input.sent {
        Sent::Nothing => None,
        Sent::Malformed => Some("invalid_request"),
        Sent::UnknownToken => Some("invalid_token"),
        Sent::TooFewScopes if input.scopes.is_empty() => None,
        Sent::TooFewScopes => Some("insufficient_scope"),
    };
    let challenge = |scheme: &str, params: &[(&str, Option<&str>)]| Challenge {
        scheme: scheme.into(),
        params: [&[("realm", Some(input.realm))], params]
            .concat()
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), value?.into())))
            .collect(),
    };
    let scope = Some(input.scopes).filter(|scopes| !scopes.is_empty());
    let bearer = challenge("Bearer", &[("scope", scope), ("error", error)]);
    // RFC 6750 §3.1: the scheme that granted says what else is needed; another would not help.
    if granted {
        return vec![bearer];
    }
    vec![
        challenge("Basic", &[("charset", Some("UTF-8"))]),
        bearer,
        challenge(input.title, &[("scope", scope)]),
        challenge("ApiKey", &[]),
    ]
}

/// `#challenge`, of challenges with parameters: a name without `=` behind it begins the next.
fn list(text: &str) -> Option<Vec<Challenge>> {
    let text: Vec<char> = text.chars().collect();
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let name = token(&text, &mut at)?;
        match text.get(at) {
            Some('=') => {
                at += 1;
                let value = quoted(&text, &mut at)?;
                challenges.last_mut()?.params.push((name, value));
                if at < text.len() {
                    comma(&text, &mut at)?;
                }
            }
            Some(' ') => {
                at += 1;
                challenges.push(Challenge { scheme: name, params: Vec::new() });
            }
            _ => return None,
        }
    }
    Some(challenges)
}

fn comma(text: &[char], at: &mut usize) -> Option<()> {
    let (comma, rest) = text[*at..].split_first()?;
    *at += 1 + rest.iter().take_while(|&&c| c == ' ').count();
    (*comma == ',').then_some(())
}

fn token(text: &[char], at: &mut usize) -> Option<String> {
    let token: String = text[*at..].iter().take_while(|&&c| is_tchar(c)).collect();
    *at += token.len();
    (!token.is_empty()).then_some(token)
}

fn quoted(text: &[char], at: &mut usize) -> Option<String> {
    let mut value = String::new();
    let mut rest = text[*at..].iter();
    if rest.next() != Some(&'"') {
        return None;
    }
    loop {
        let c = match rest.next()? {
            '"' => break,
            '\\' => rest.next()?,
            c => c,
        };
        value.extend(matches!(c, '\t' | ' '..='~').then_some(*c));
    }
    *at = text.len() - rest.len();
    Some(value)
}

fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}
