//! The rate limit: one bucket of tokens that all requests of a client share, corrected by what the API says.
//!
//! Hetzner gives a project 3600 requests an hour, refilled one a second. A client that waits for its token never
//! sees 429 unless others use the same project; then the bucket is emptied and everyone waits for the refill.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;

/// What Hetzner refills, in tokens a second.
const SLOWEST: f64 = 1.0;

/// When the answer was sent, in seconds since 1970.
fn date(headers: Option<&HeaderMap>) -> Option<f64> {
    let text = headers?.get("date")?.to_str().ok()?;
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(date.timestamp() as f64)
}

/// What is left of the rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests an hour.
    pub limit: f64,
    /// How many may be sent now.
    pub remaining: f64,
}

#[derive(Debug)]
struct State {
    limit: f64,
    /// Tokens a second.
    refill: f64,
    tokens: f64,
    at: Instant,
    /// Requests sent whose answers, and with them the API's own count, are still to come.
    in_flight: f64,
}

impl State {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.refill).min(self.limit);
        self.at = now;
    }
}

#[derive(Debug)]
pub(crate) struct Bucket(Mutex<State>);

impl Bucket {
    pub(crate) fn new(limit: u32) -> Self {
        let limit = f64::from(limit.max(1));
        Self(Mutex::new(State {
            limit,
            refill: (limit / 3600.0).max(SLOWEST),
            tokens: limit,
            at: Instant::now(),
            in_flight: 0.0,
        }))
    }

    /// Takes a token, or says how long to wait before asking again.
    pub(crate) fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.lock();
        state.refill(now);
        if state.tokens >= 1.0 {
            state.tokens -= 1.0;
            state.in_flight += 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - state.tokens) / state.refill))
    }

    /// A request came back, with the API's own count in its headers where it answered at all.
    pub(crate) fn answered(&self, now: Instant, headers: Option<&HeaderMap>) {
        let mut state = self.lock();
        state.refill(now);
        state.in_flight = (state.in_flight - 1.0).max(0.0);
        let number = |name: &str| headers?.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        if let Some(limit) = number("ratelimit-limit").filter(|limit| *limit >= 1.0) {
            state.limit = limit;
            state.refill = (limit / 3600.0).max(SLOWEST);
        }
        if let Some(remaining) = number("ratelimit-remaining").filter(|remaining| *remaining >= 0.0) {
            // Requests under way are not in the API's count yet, or no longer: counting them twice errs to the safe side.
            state.tokens = (remaining - state.in_flight).max(0.0);
            // The reset is when the bucket is full again: what is missing by then is refilled until then. By the
            // API's own clock, since ours may be wrong.
            if let Some(reset) = number("ratelimit-reset")
                .zip(date(headers))
                .map(|(reset, now)| reset - now)
            {
                let refill = (state.limit - remaining) / reset.max(1.0);
                state.refill = refill.max(state.limit / 3600.0).max(SLOWEST);
            }
        }
    }

    /// The API said 429.
    pub(crate) fn exhausted(&self, now: Instant) {
        let mut state = self.lock();
        state.refill(now);
        state.tokens = 0.0;
    }

    pub(crate) fn now(&self) -> RateLimit {
        let mut state = self.lock();
        state.refill(Instant::now());
        RateLimit {
            limit: state.limit,
            remaining: state.tokens.floor(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(limit: &str, remaining: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit-limit", limit.parse().unwrap());
        headers.insert("ratelimit-remaining", remaining.parse().unwrap());
        headers
    }

    #[test]
    fn an_empty_bucket_waits_for_one_token_and_not_for_all() {
        let start = Instant::now();
        let bucket = Bucket::new(3600);
        assert_eq!(bucket.take(start), Ok(()));
        bucket.answered(start, Some(&headers("3600", "0")));
        let wait = bucket.take(start).unwrap_err();
        assert!((0.99..=1.01).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(bucket.take(start + wait), Ok(()));
        assert!(bucket.take(start + wait).is_err());
    }

    #[test]
    fn the_api_corrects_the_count_and_requests_under_way_stay_counted() {
        let start = Instant::now();
        let bucket = Bucket::new(3600);
        for _ in 0..3 {
            bucket.take(start).unwrap();
        }
        bucket.answered(start, Some(&headers("7200", "5")));
        assert_eq!(bucket.lock().tokens, 3.0);
        assert_eq!(bucket.lock().refill, 2.0);
        bucket.exhausted(start);
        assert!(bucket.take(start).is_err());
    }

    #[test]
    fn the_reset_tells_how_fast_the_bucket_fills() {
        let start = Instant::now();
        let bucket = Bucket::new(3600);
        bucket.take(start).unwrap();
        let mut headers = headers("600", "0");
        headers.insert("date", "Tue, 24 Nov 2026 10:15:00 GMT".parse().unwrap());
        headers.insert("ratelimit-reset", "1795515330".parse().unwrap());
        bucket.answered(start, Some(&headers));
        assert_eq!(bucket.lock().refill, 20.0, "600 in the 30 seconds until the reset");
    }

    #[test]
    fn nonsense_in_the_headers_is_ignored() {
        let start = Instant::now();
        let bucket = Bucket::new(3600);
        bucket.take(start).unwrap();
        bucket.answered(start, Some(&headers("0", "-4")));
        assert_eq!(bucket.lock().tokens, 3599.0);
        bucket.answered(start, None);
        assert_eq!(bucket.lock().limit, 3600.0);
    }
}
