//! What stands in a dump of hashes and where, for whoever reads one. Knows no format of a hash.

pub(crate) mod entry;
pub(crate) mod lines;

use clap::ValueEnum;

/// UTF-8's byte order mark, which editors put before a text, and which is none of its first line.
pub(crate) const MARK: [u8; 3] = *b"\xEF\xBB\xBF";

/// Where in a line the hash stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// All of the line; or the field that `--field` names.
    Line,
    /// Apache's `user:hash`; lines that begin with # do not count.
    Htpasswd,
    /// The second field of /etc/shadow; lines that begin with # do not count.
    Shadow,
    /// A field of comma-separated values, in double quotes or not (RFC 4180).
    Csv,
}

pub(crate) fn one_byte(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(*byte),
        _ => Err("one ASCII character is wanted, or \\t".into()),
    }
}

/// Nothing; what locks an account of Unix or Django, or is no hash to crypt(3); a NULL as
/// databases print it.
pub(crate) fn is_without_password(text: &str) -> bool {
    // MySQL's own hashes begin with a star too.
    let is_mysql = |rest: &str| rest.len() == 40 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    text.is_empty()
        || text.starts_with('!')
        || text.strip_prefix('*').is_some_and(|rest| !is_mysql(rest))
        || matches!(text, "\\N" | "NULL")
}
