//! The little of HTTP's CONNECT that both proxies speak.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest request that is read.
const LIMIT: usize = 8 * 1024;

/// Reads a CONNECT request; returns its target, `HOST:PORT`.
pub(crate) async fn read_target(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(String, u16)> {
    let mut head = Vec::new();
    // A client sends nothing after the head before it has its answer, so reading byte by byte takes nothing too much.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LIMIT {
            return Err(invalid("the request's head is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    parse(head.lines().next().unwrap_or_default()).ok_or_else(|| invalid("not a CONNECT HOST:PORT request"))
}

/// Says that the way is open.
pub(crate) async fn accept(stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await
}

/// Says why there is no way. Clients show the status line only, so the reason is in it.
pub(crate) async fn refuse(stream: &mut (impl AsyncWrite + Unpin), code: u16, why: &str) -> io::Result<()> {
    let line: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    stream
        .write_all(format!("HTTP/1.1 {code} {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    stream.shutdown().await
}

fn parse(line: &str) -> Option<(String, u16)> {
    let target = line.strip_prefix("CONNECT ")?.split(' ').next()?;
    let (host, port) = target.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_target_is_read_and_nothing_after_it() {
        let mut stream: &[u8] = b"CONNECT 10.43.0.7:443 HTTP/1.1\r\nHost: x\r\n\r\nrest";
        assert_eq!(read_target(&mut stream).await.unwrap(), ("10.43.0.7".to_owned(), 443));
        assert_eq!(stream, b"rest");
    }

    #[tokio::test]
    async fn what_is_not_connect_is_refused() {
        for bad in [
            "GET / HTTP/1.1\r\n\r\n",
            "CONNECT host HTTP/1.1\r\n\r\n",
            "CONNECT :1 HTTP/1.1\r\n\r\n",
        ] {
            assert!(read_target(&mut bad.as_bytes()).await.is_err(), "{bad}");
        }
        assert!(read_target(&mut "x".repeat(LIMIT + 1).as_bytes()).await.is_err());
    }

    #[test]
    fn ipv6_loses_its_brackets() {
        assert_eq!(
            parse("CONNECT [fd00::1]:8443 HTTP/1.1"),
            Some(("fd00::1".to_owned(), 8443))
        );
    }

    #[tokio::test]
    async fn a_refusal_is_one_line() {
        let mut out = Vec::new();
        refuse(&mut out, 502, "no\r\nsuch pod").await.unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("HTTP/1.1 502 no  such pod\r\n"), "{text}");
    }
}
