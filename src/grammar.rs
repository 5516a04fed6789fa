//! RFC 9110's grammar of credentials and challenges, in both directions. Allocates nothing but the
//! text of a challenge.
//!
//! The readers take what the ABNF says and nothing else. Deviations, by section:
//!
//! - RFC 9110 §5.5: a field value's outer white space is the HTTP layer's to strip; here it is
//!   malformed.
//! - RFC 9110 §11.4: `credentials` are one per field line; a second line, or a list, is refused.
//! - RFC 9110 §11.2: `token68` allows any number of `=`; Basic then insists on RFC 4648's padding.
//! - RFC 7617 §2: bytes that are not UTF-8 are refused unless the host opts in to ISO-8859-1; user-ids
//!   and passwords are not normalised (RFC 8265): that is left to the host.
//! - RFC 6750 §2.2 and §2.3: tokens in bodies and queries are not read.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// A field value is not what its grammar allows. It names the place, and holds nothing of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The byte offset in the field value, or in the decoded credentials where the kind says so.
    pub at: usize,
    /// What is wrong there.
    pub kind: MalformedKind,
}

/// What is wrong with a malformed field value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedKind {
    /// No authentication scheme, or something other than a space behind it.
    Scheme,
    /// No `token68`, or a character that it does not allow.
    Token68,
    /// Not base64 with its padding, all unused bits zero.
    Base64,
    /// The decoded credentials hold no colon.
    NoColon,
    /// The decoded credentials are not UTF-8, from this byte on.
    NotUtf8,
    /// The decoded credentials hold a control character at this byte (RFC 7617 §2).
    Control,
    /// A list of parameters with another syntax, a parameter twice, or one that is missing.
    Parameter,
    /// Not what this scheme's credentials look like.
    Credentials,
}

impl Malformed {
    /// An error at byte `at`, for schemes that other crates write.
    pub const fn new(at: usize, kind: MalformedKind) -> Self {
        Self { at, kind }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            MalformedKind::Scheme => "no authentication scheme",
            MalformedKind::Token68 => "not a token68",
            MalformedKind::Base64 => "not canonical base64",
            MalformedKind::NoColon => "no colon between user-id and password",
            MalformedKind::NotUtf8 => "credentials are not UTF-8",
            MalformedKind::Control => "credentials hold a control character",
            MalformedKind::Parameter => "bad parameter",
            MalformedKind::Credentials => "credentials of another form",
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl core::error::Error for Malformed {}

/// `tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~"
/// / DIGIT / ALPHA` (RFC 9110 §5.6.2).
pub const fn is_tchar(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`'
        | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}

/// Without a branch and without a table: the byte may be a password's.
const fn is_token68_char(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit = byte.wrapping_sub(b'0') < 10;
    let is_mark = (byte == b'-') | (byte == b'.') | (byte == b'_') | (byte == b'~');
    is_letter | is_digit | is_mark | (byte == b'+') | (byte == b'/')
}

/// The predicate that each byte of a scheme's name is asked for, as a table.
static TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_tchar(byte as u8);
        byte += 1;
    }
    table
};

/// `token = 1*tchar`.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3), one character of it.
pub const fn is_scope_char(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// `auth-scheme [ 1*SP rest ]` (RFC 9110 §11.4): the scheme, and where and what its credentials are.
///
/// ```
/// use doorstep::grammar::credentials;
///
/// assert_eq!(credentials(b"Bearer  abc")?, ("Bearer", 8, &b"abc"[..]));
/// assert_eq!(credentials(b"Negotiate")?, ("Negotiate", 9, &b""[..]));
/// assert!(credentials(b" Bearer abc").is_err());
/// # Ok::<(), doorstep::grammar::Malformed>(())
/// ```
///
/// # Errors
/// [`MalformedKind::Scheme`] if no token starts it, or something else than spaces follows.
pub fn credentials(value: &[u8]) -> Result<(&str, usize, &[u8]), Malformed> {
    let scheme_len = value.iter().take_while(|&&byte| TCHAR[usize::from(byte)]).count();
    let spaces = value[scheme_len..].iter().take_while(|&&byte| byte == b' ').count();
    let start = scheme_len + spaces;
    let malformed = Malformed::new(scheme_len, MalformedKind::Scheme);
    if scheme_len == 0 || (spaces == 0 && start < value.len()) {
        return Err(malformed);
    }
    let scheme = core::str::from_utf8(&value[..scheme_len]).map_err(|_| malformed)?;
    Ok((scheme, start, &value[start..]))
}

/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 9110 §11.2), which is
/// also `b64token` (RFC 6750 §2.1). `start` is where `bytes` begin in the field value.
///
/// ```
/// use doorstep::grammar::{Malformed, MalformedKind, token68};
///
/// assert_eq!(token68(6, b"QWxh==")?, b"QWxh==");
/// assert_eq!(token68(6, b"QW xh"), Err(Malformed::new(8, MalformedKind::Token68)));
/// # Ok::<(), Malformed>(())
/// ```
///
/// # Errors
/// [`MalformedKind::Token68`] at the first byte that does not fit.
pub fn token68(start: usize, bytes: &[u8]) -> Result<&[u8], Malformed> {
    let unpadded = bytes.len() - bytes.iter().rev().take_while(|&&byte| byte == b'=').count();
    // Every byte is looked at, in the same time whatever it is.
    let fits = bytes[..unpadded].iter().fold(true, |fits, &byte| fits & is_token68_char(byte));
    if fits && unpadded > 0 {
        return Ok(bytes);
    }
    // It is malformed. Where, is no secret.
    let len = bytes.iter().take_while(|&&byte| is_token68_char(byte)).count();
    let padding = bytes[len..].iter().take_while(|&&byte| byte == b'=').count();
    Err(Malformed::new(start + len + padding, MalformedKind::Token68))
}

/// `#auth-param` (RFC 9110 §11.2), `auth-param = token BWS "=" BWS ( token / quoted-string )`: each
/// name and value, the quotes and backslashes taken off.
///
/// Empty list elements are refused, though RFC 9110 §5.6.1.2 has recipients skip some of them. A name
/// that comes twice comes twice here, too: what that means is the scheme's to say.
///
/// The iterator ends after the first error, which is [`MalformedKind::Parameter`].
///
/// ```
/// use doorstep::grammar::auth_params;
///
/// let params = auth_params(0, br#"username="Mu\"fasa", qop=auth"#);
/// let params = params.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(params, [("username", "Mu\"fasa".into()), ("qop", "auth".into())]);
/// # Ok::<(), doorstep::grammar::Malformed>(())
/// ```
pub fn auth_params(
    start: usize,
    bytes: &[u8],
) -> impl Iterator<Item = Result<(&str, Cow<'_, str>), Malformed>> {
    let mut params = AuthParams { bytes, at: 0, start, ended: bytes.is_empty() };
    core::iter::from_fn(move || {
        if params.ended {
            return None;
        }
        let param = params.param();
        if param.is_err() {
            params.ended = true;
        }
        Some(param)
    })
}

struct AuthParams<'a> {
    bytes: &'a [u8],
    at: usize,
    start: usize,
    ended: bool,
}

impl<'a> AuthParams<'a> {
    fn param(&mut self) -> Result<(&'a str, Cow<'a, str>), Malformed> {
        let name = self.token()?;
        self.white_space();
        self.expect(b'=')?;
        self.white_space();
        let value = if self.peek() == Some(b'"') {
            self.quoted_string()?
        } else {
            Cow::Borrowed(self.token()?)
        };
        self.white_space();
        if self.at == self.bytes.len() {
            self.ended = true;
        } else {
            self.expect(b',')?;
            self.white_space();
        }
        Ok((name, value))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn malformed(&self) -> Malformed {
        Malformed::new(self.start + self.at, MalformedKind::Parameter)
    }

    /// `OWS = BWS = *( SP / HTAB )`.
    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(self.malformed());
        }
        self.at += 1;
        Ok(())
    }

    fn token(&mut self) -> Result<&'a str, Malformed> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|&&byte| is_tchar(byte)).count();
        match core::str::from_utf8(&rest[..len]) {
            Ok(token) if !token.is_empty() => {
                self.at += len;
                Ok(token)
            }
            _ => Err(self.malformed()),
        }
    }

    /// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE` (RFC 9110 §5.6.4), without obs-text.
    fn quoted_string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        // The opening DQUOTE is what the caller went by.
        self.at += 1;
        let start = self.at;
        let mut unescaped: Option<String> = None;
        loop {
            let byte = self.peek().ok_or(self.malformed())?;
            match byte {
                b'"' => break,
                b'\\' => {
                    let escaped = self.bytes.get(self.at + 1).copied();
                    let escaped = escaped.filter(|&byte| is_quotable(byte));
                    let escaped = escaped.ok_or(self.malformed())?;
                    let text = unescaped.get_or_insert_with(|| {
                        // All before is ASCII, or the loop would have ended.
                        self.bytes[start..self.at].iter().map(|&byte| char::from(byte)).collect()
                    });
                    text.push(char::from(escaped));
                    self.at += 2;
                }
                _ if is_quotable(byte) => {
                    if let Some(text) = &mut unescaped {
                        text.push(char::from(byte));
                    }
                    self.at += 1;
                }
                _ => return Err(self.malformed()),
            }
        }
        let raw = &self.bytes[start..self.at];
        self.at += 1;
        match unescaped {
            Some(text) => Ok(Cow::Owned(text)),
            None => core::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| self.malformed()),
        }
    }
}

/// What a quoted-string may hold, if need be behind a backslash: HTAB, SP and visible ASCII.
pub(crate) const fn is_quotable(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7e)
}

/// Appends `name="value"`, with `"` and `\` behind a backslash. What a quoted-string cannot hold is
/// left out, so that no value breaks out of its quotes or its line.
///
/// ```
/// let mut challenge = String::from("Basic ");
/// doorstep::grammar::push_quoted(&mut challenge, "realm", "the \"cave\"\r\n");
/// assert_eq!(challenge, r#"Basic realm="the \"cave\"""#);
/// ```
pub fn push_quoted(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    for byte in value.bytes().filter(|&byte| is_quotable(byte)) {
        if matches!(byte, b'"' | b'\\') {
            out.push('\\');
        }
        out.push(char::from(byte));
    }
    out.push('"');
}
