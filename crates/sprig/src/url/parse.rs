//! A URL's parts, with the refusals of Go's `url.Parse`.

use hoist_govalue::strconv;
use memchr::{memchr, memmem, memrchr};

use super::address;
use super::escape::{Mode, escape, unescape};
use crate::unicode;

/// A URL.
#[derive(Default)]
pub(super) struct Url {
    pub(super) scheme: Vec<u8>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
    pub(super) opaque: Vec<u8>,
    pub(super) fragment: Vec<u8>,
    pub(super) user: Option<User>,
}

/// A name, and the password where there is a colon after it.
pub(super) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    pub(super) fn text(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Mode::UserPassword);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend_from_slice(&escape(password, Mode::UserPassword));
        }
        out
    }
}

/// What is before and after the first `mark`.
fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match memchr(mark, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

impl Url {
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let named = |url: &[u8], why: String| format!("parse {}: {why}", strconv::quote(url));
        let mut url = Self::without_fragment(before).map_err(|why| named(before, why))?;
        if let Some(fragment) = fragment {
            url.fragment = unescape(fragment, Mode::Fragment).map_err(|why| named(text, why))?;
        }
        Ok(url)
    }

    fn without_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(authority) = rest.strip_prefix(b"//")
            && !(scheme.is_empty() && authority.starts_with(b"/"))
        {
            let end = memchr(b'/', authority).unwrap_or(authority.len());
            rest = authority.get(end..).unwrap_or_default();
            url.set_authority(authority.get(..end).unwrap_or_default())?;
        }
        url.path = unescape(rest, Mode::Path)?;
        Ok(url)
    }

    fn set_authority(&mut self, authority: &[u8]) -> Result<(), String> {
        let Some(at) = memrchr(b'@', authority) else {
            self.host = host(&self.scheme, authority)?;
            return Ok(());
        };
        self.host = host(&self.scheme, authority.get(at + 1..).unwrap_or_default())?;
        let userinfo = authority.get(..at).unwrap_or_default();
        let allowed = |it: char| it.is_ascii_alphanumeric() || (it.is_ascii() && "-._:~!$&'()*+,;=%@".contains(it));
        if !unicode::chars(userinfo).all(allowed) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = cut(userinfo, b':');
        self.user = Some(User {
            name: unescape(name, Mode::UserPassword)?,
            password: match password {
                Some(password) => Some(unescape(password, Mode::UserPassword)?),
                None => None,
            },
        });
        Ok(())
    }

    /// The host without its port, and without brackets.
    pub(super) fn hostname(&self) -> Vec<u8> {
        let mut host = &*self.host;
        if let Some(colon) = memrchr(b':', host)
            && is_port(host.get(colon..).unwrap_or_default())
        {
            host = host.get(..colon).unwrap_or_default();
        }
        match host {
            [b'[', inside @ .., b']'] => inside.to_vec(),
            host => host.to_vec(),
        }
    }
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at(at);
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((b"", text))
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let invalid_port = |port: &[u8]| format!("invalid port {} after host", strconv::quote(port));
    match memrchr(b'[', host) {
        Some(0) => {}
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {
            // Databases put several hosts with ports into one URL; for the web a second colon is an error.
            let web = matches!(scheme, b"http" | b"https");
            let colon = if web { memchr(b':', host) } else { memrchr(b':', host) };
            let port = colon.and_then(|at| host.get(at..)).unwrap_or_default();
            return if is_port(port) {
                unescape(host, Mode::Host)
            } else {
                Err(invalid_port(port))
            };
        }
    }
    let close = memrchr(b']', host).ok_or("missing ']' in host")?;
    let port = host.get(close + 1..).unwrap_or_default();
    if !is_port(port) {
        return Err(invalid_port(port));
    }
    let port = unescape(port, Mode::Host)?;
    let inside = host.get(1..close).unwrap_or_default();
    let zone = memmem::find(inside, b"%25").unwrap_or(inside.len());
    let mut literal = unescape(inside.get(..zone).unwrap_or_default(), Mode::Host)?;
    literal.extend(unescape(inside.get(zone..).unwrap_or_default(), Mode::Zone)?);
    match address::check(&literal) {
        Ok(address::Version::Six) => Ok([b"[", &*literal, b"]", &*port].concat()),
        Ok(address::Version::Four) => Err("invalid IP-literal".to_owned()),
        Err(why) => Err(format!("invalid host: {why}")),
    }
}
