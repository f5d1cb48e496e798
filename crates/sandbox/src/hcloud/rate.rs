//! The project's request budget: a token bucket, told in three headers.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderValue};

/// The bucket's size and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Requests that may be made at once.
    pub limit: u32,
    /// Requests that come back a second.
    pub refill_per_second: f64,
}

impl Default for RateLimit {
    /// Hetzner's: 3600 an hour, one a second.
    fn default() -> Self {
        Self {
            limit: 3600,
            refill_per_second: 1.0,
        }
    }
}

pub(crate) struct Bucket {
    rate: RateLimit,
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: RateLimit) -> Self {
        Self {
            rate,
            left: f64::from(rate.limit),
            at: Instant::now(),
        }
    }

    /// What the error says when there is none.
    pub(crate) fn refusal(&self) -> String {
        format!("limit of {} requests per hour reached", self.rate.limit)
    }

    /// Takes one token; false where there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.rate.refill_per_second;
        self.left = (self.left + gained).min(f64::from(self.rate.limit));
        self.at = now;
        let some = self.left >= 1.0;
        if some {
            self.left -= 1.0;
        }
        some
    }

    /// The headers of an answer. `Reset` is when the bucket is full again, not when the next token comes.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let missing = f64::from(self.rate.limit) - self.left;
        let wait = if self.rate.refill_per_second > 0.0 {
            missing / self.rate.refill_per_second
        } else {
            0.0
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |now| now.as_secs_f64());
        let mut set = |name: &'static str, value: u64| {
            headers.insert(name, HeaderValue::from(value));
        };
        set("ratelimit-limit", u64::from(self.rate.limit));
        set("ratelimit-remaining", self.left as u64);
        set("ratelimit-reset", (now + wait).ceil() as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_empty_bucket_fills_again() {
        let mut bucket = Bucket::new(RateLimit {
            limit: 2,
            refill_per_second: 1.0,
        });
        let start = Instant::now();
        assert!(bucket.take(start) && bucket.take(start) && !bucket.take(start));
        let mut headers = HeaderMap::new();
        bucket.tell(&mut headers);
        assert_eq!(headers["ratelimit-remaining"], "0");
        assert!(bucket.take(start + Duration::from_secs(1)));
        assert!(!bucket.take(start + Duration::from_secs(1)));
    }
}
