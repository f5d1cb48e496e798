//! Whose credentials go where, how long is waited, and what an error may say.

use std::time::Duration;

use reqwest::header::{self, HeaderMap};
use url::Url;

use crate::Options;

pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    (a.scheme(), a.host_str(), a.port_or_known_default()) == (b.scheme(), b.host_str(), b.port_or_known_default())
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => is_local_name(name),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Doubles with each attempt; half of it is left to chance, so that many do not come back together.
pub(super) fn backoff(options: &Options, attempt: u32) -> Duration {
    let doubled = options.first_delay.saturating_mul(1 << (attempt - 1).min(16));
    doubled
        .min(options.longest_delay)
        .mul_f64(rand::random_range(0.5..=1.0))
}

/// Seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
}

/// An error with its causes, and without the URL, where credentials may stand.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_server_says_when_to_come_back_in_two_ways() {
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after(&headers("Sun, 06 Nov 1994 08:49:37 GMT")),
            Some(Duration::ZERO)
        );
        let later = (chrono::Utc::now() + chrono::Duration::hours(1)).to_rfc2822();
        assert!(retry_after(&headers(&later)).unwrap() > Duration::from_secs(3000));
        for text in ["", "soon", "-1"] {
            assert_eq!(retry_after(&headers(text)), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = Options {
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_millis(300),
            ..Options::default()
        };
        for (attempt, most) in [(1, 100), (2, 200), (3, 300), (40, 300)] {
            let wait = backoff(&options, attempt);
            assert!(
                wait <= Duration::from_millis(most) && wait >= Duration::from_millis(most / 2),
                "{wait:?}"
            );
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_origin(&url("https://a/x"), &url("https://a:443/y")));
        for other in ["http://a", "https://b", "https://a:444"] {
            assert!(!same_origin(&url("https://a"), &url(other)), "{other}");
        }
        for (text, near) in [
            ("http://127.3.0.1", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("http://localhost.example", false),
        ] {
            assert_eq!(is_loopback(&url(text)), near, "{text}");
        }
    }
}
