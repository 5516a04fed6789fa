//! Reads what the page's forms post, to the letter: a password with a byte replaced is another one.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use doorstep::password::Secret;

use crate::answer::Failure;
use crate::body;

/// The fields of all forms. Those that a form has not are empty; others are ignored.
pub(super) struct Form {
    /// Which button it was.
    pub(super) action: String,
    pub(super) username: String,
    pub(super) password: Secret,
    /// The page's key.
    pub(super) key: String,
    /// A token to try.
    pub(super) token: String,
    /// A token to revoke.
    pub(super) id: String,
}

impl Form {
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Failure> {
        if !body::is(headers, "application/x-www-form-urlencoded") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Failure::Invalid(status, "this is no form"));
        }
        let broken = Failure::Invalid(StatusCode::BAD_REQUEST, "the form is broken");
        Self::parse(&body::read(body).await?).ok_or(broken)
    }

    /// `None` if it is not form-urlencoded UTF-8, or says something twice.
    fn parse(body: &[u8]) -> Option<Self> {
        let [mut action, mut username, mut key, mut token, mut id] = [const { None }; 5];
        let mut password = None;
        for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
            let name = decode(name)?;
            let text = || String::from_utf8(decode(value)?).ok();
            let before = match &*name {
                b"do" => action.replace(text()?),
                b"username" => username.replace(text()?),
                b"key" => key.replace(text()?),
                b"token" => token.replace(text()?),
                b"id" => id.replace(text()?),
                b"password" => {
                    let before = password.replace(Secret::from(decode(value)?));
                    before.map(|_| String::new())
                }
                _ => None,
            };
            if before.is_some() {
                return None;
            }
        }
        Some(Self {
            action: action.unwrap_or_default(),
            username: username.unwrap_or_default(),
            password: password.unwrap_or_else(|| Secret::new(b"")),
            key: key.unwrap_or_default(),
            token: token.unwrap_or_default(),
            id: id.unwrap_or_default(),
        })
    }
}

/// In one buffer, which does not grow.
fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            byte => byte,
        });
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_to_the_letter() {
        let form =
            Form::parse(b"do=login&username=z%C3%ab+%26%3D&password=a%3Db%26%2B+%00%ff&x=%41");
        let form = form.unwrap();
        assert_eq!((&*form.action, &*form.username), ("login", "z\u{eb} &="));
        assert_eq!(form.password.expose(), b"a=b&+ \x00\xff");
        assert_eq!((&*form.key, &*form.token, &*form.id), ("", "", ""));
        // A value may hold an equals sign; a name may have none.
        assert_eq!(Form::parse(b"key=a=b&token").unwrap().key, "a=b");
        assert_eq!(Form::parse(b"%64o=make&&").unwrap().action, "make");
    }

    #[test]
    fn what_is_broken_or_said_twice_is_refused() {
        for body in [
            &b"do=%"[..],
            b"do=%4",
            b"do=%zz",
            b"do=%+1",
            b"x=1&%",
            b"username=%ff",
            b"username=\xff",
            b"do=login&do=register",
            b"password=a&password=a",
            b"id=1&%69d=2",
        ] {
            assert!(Form::parse(body).is_none(), "{}", String::from_utf8_lossy(body));
        }
    }
}
