//! A client of few words: small requests from memory, and of each answer its status, its `Retry-After`
//! and its end. Cheap, so that it is never what is measured.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::seed::TOKEN;

/// No answer here is longer.
pub(crate) const LONGEST: usize = 16_384;

/// What of an answer matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Head and body together.
    pub(crate) len: usize,
}

impl Answer {
    /// The answer that `bytes` begin with, once all of it is there.
    pub(crate) fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
            return if bytes.len() < LONGEST { Ok(None) } else { Err(invalid()) };
        };
        let text = std::str::from_utf8(&bytes[..head]).map_err(|_| invalid())?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let mut answer = Self { status: status.ok_or_else(invalid)?, retry_after: None, len: 0 };
        // Every server here says the length of its bodies.
        let mut body = 0;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                body = value.trim().parse().map_err(|_| invalid())?;
            } else if name.eq_ignore_ascii_case("retry-after") {
                answer.retry_after = value.trim().parse().ok().map(Duration::from_secs);
            }
        }
        answer.len = head + 4 + body;
        Ok((answer.len <= bytes.len()).then_some(answer))
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// One connection of the storm's.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// From one of this machine's own addresses.
    pub(crate) async fn open(from: Ipv4Addr, to: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let stream = socket.connect(to).await?;
        Ok(Self { stream, buffer: Vec::with_capacity(512) })
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::parse(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

/// The whole request, with the value of its `Authorization`.
pub(crate) fn get(path: &str, authorization: Option<&str>) -> Vec<u8> {
    let field = authorization.map(|value| format!("authorization: {value}\r\n"));
    let field = field.unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{field}\r\n").into_bytes()
}

pub(crate) fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

pub(crate) fn token() -> String {
    format!("Token {TOKEN}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// RFC 9112 §6.3: the body is as long as `Content-Length` says.
    #[test]
    fn an_answer_ends_where_its_length_says() {
        let bytes =
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 3\r\n\r\nabc";
        let answer = Answer::parse(bytes).unwrap().unwrap();
        let retry_after = Some(Duration::from_secs(2));
        assert_eq!(answer, Answer { status: 503, retry_after, len: bytes.len() });
        for cut in [4, bytes.len() - 4, bytes.len() - 1] {
            assert_eq!(Answer::parse(&bytes[..cut]).unwrap(), None);
        }
    }

    /// RFC 7617 §2.
    #[test]
    fn credentials_as_the_rfc_has_them() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
