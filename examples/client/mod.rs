//! What the examples that serve HTTP are checked with: a few requests, and what they are to be answered.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Asks for `path` in each way there is, and fails if one is answered otherwise than it should be.
pub(crate) fn check(address: SocketAddr, path: &str) -> io::Result<()> {
    let basic = |user_pass: &str| Some(format!("Basic {}", STANDARD.encode(user_pass)));
    for (what, authorization, expected) in [
        ("anonymous", None, 401),
        ("malformed", Some("Basic garbage".into()), 401),
        ("an unknown user", basic("Cassim:open sesame"), 401),
        ("a wrong password", basic("Aladdin:open barley"), 401),
        ("the right password", basic("Aladdin:open sesame"), 200),
    ] {
        let status = status(address, path, authorization.as_deref())?;
        println!("{what}: {status}");
        if status != expected {
            return Err(io::Error::other(format!("{what}: {status} instead of {expected}")));
        }
    }
    Ok(())
}

fn status(address: SocketAddr, path: &str, authorization: Option<&str>) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let field = authorization.map(|value| format!("authorization: {value}\r\n"));
    let field = field.unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{field}\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    // RFC 9110 §15.5.2: a 401 has a challenge.
    let challenged = response.to_ascii_lowercase().contains("\r\nwww-authenticate: basic ");
    if challenged == (status == 401) { Ok(status) } else { Err(io::ErrorKind::InvalidData.into()) }
}
