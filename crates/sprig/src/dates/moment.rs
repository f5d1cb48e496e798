//! Go's `time.Time` and its arithmetic, with Go's range and Go's overflows.

use std::cmp::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use super::civil::{Date, date_of, days_of};
use super::zone::Zone;

/// Seconds from the first moment of year 1 to 1970.
const YEAR_1_TO_1970: i64 = 62_135_596_800;

const DAY: i128 = 86_400;

/// Seconds from 1970 back to the moment from which Go counts, without a sign, to find dates: times before it come out
/// in the far future.
const ABSOLUTE: i128 = (730_692_556 * 146_097 + 306) * DAY + YEAR_1_TO_1970 as i128;

/// A moment, shown in a zone.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Seconds since year 1.
    secs: i64,
    nanos: u32,
    pub(super) zone: Zone,
    /// The reading of the clock that only goes forward, where the moment has one: Go prints it.
    pub(super) monotonic: Option<i64>,
}

/// What a clock shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) date: Date,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From Sunday, 0.
    pub(super) weekday: i64,
}

impl Default for Moment {
    fn default() -> Self {
        Self {
            secs: 0,
            nanos: 0,
            zone: Zone::Utc,
            monotonic: None,
        }
    }
}

impl Moment {
    /// So many seconds after 1970, shown in the machine's zone.
    pub(super) fn from_unix(unix: i64, nanos: u32) -> Self {
        Self {
            secs: unix.wrapping_add(YEAR_1_TO_1970),
            nanos,
            zone: Zone::Local,
            monotonic: None,
        }
    }

    /// A time of the system, as `time.Now` answers it.
    pub(super) fn now(time: SystemTime) -> Self {
        let (secs, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (after.as_secs() as i64, after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let secs = -(before.as_secs() as i64);
                match before.subsec_nanos() {
                    0 => (secs, 0),
                    nanos => (secs - 1, 1_000_000_000 - nanos),
                }
            }
        };
        Self {
            monotonic: Some(0),
            ..Self::from_unix(secs, nanos)
        }
    }

    /// What clocks of a zone show; the month and all after it may be any number.
    pub(super) fn of(year: i64, month: i64, day: i64, time: (i64, i64, i64), nanos: u32, zone: Zone) -> Self {
        let month = i128::from(month) - 1;
        let year = i128::from(year) + month.div_euclid(12);
        let days = days_of(year, month.rem_euclid(12) as i64 + 1, day.into());
        let (hour, minute, second) = time;
        let clock = days * DAY + i128::from(hour) * 3600 + i128::from(minute) * 60 + i128::from(second);
        let clock = clock as i64;
        let guess = clock.wrapping_sub(zone.at(clock).offset);
        let unix = clock.wrapping_sub(zone.at(guess).offset);
        Self {
            zone,
            ..Self::from_unix(unix, nanos)
        }
    }

    /// Seconds since 1970.
    pub(super) fn unix(&self) -> i64 {
        self.secs.wrapping_sub(YEAR_1_TO_1970)
    }

    pub(super) fn nanos(&self) -> u32 {
        self.nanos
    }

    pub(super) fn is_zero(&self) -> bool {
        self.secs == 0 && self.nanos == 0
    }

    /// The same moment, shown in another zone.
    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        Self {
            zone,
            monotonic: None,
            ..self.clone()
        }
    }

    /// What clocks in the moment's zone show.
    pub(super) fn clock(&self) -> Clock {
        let unix = self.unix();
        let shown = unix.wrapping_add(self.zone.at(unix).offset);
        // Go counts here modulo 2^64.
        let shown = i128::from((i128::from(shown) + ABSOLUTE) as u64) - ABSOLUTE;
        let (days, second) = (shown.div_euclid(DAY), shown.rem_euclid(DAY) as i64);
        Clock {
            date: date_of(days),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            weekday: (days + 4).rem_euclid(7) as i64,
        }
    }

    /// So many nanoseconds later.
    pub(super) fn add(&self, duration: i64) -> Self {
        let nanos = i64::from(self.nanos) + duration % 1_000_000_000;
        let secs = duration / 1_000_000_000 + nanos.div_euclid(1_000_000_000);
        let mut later = self.clone();
        later.nanos = nanos.rem_euclid(1_000_000_000) as u32;
        later.add_secs(secs);
        later.monotonic = self.monotonic.map(|it| it.wrapping_add(duration));
        later
    }

    pub(super) fn add_secs(&mut self, secs: i64) {
        let limit = if secs > 0 { i64::MAX } else { -i64::MAX };
        self.secs = self.secs.checked_add(secs).unwrap_or(limit);
    }

    /// The nanoseconds since another moment; the most or least that there are where they do not fit.
    pub(super) fn since(&self, other: &Self) -> i64 {
        let difference = self.total() - other.total();
        difference.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// Nanoseconds since year 1.
    fn total(&self) -> i128 {
        i128::from(self.secs) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// Down to a multiple of a duration since year 1.
    pub(super) fn truncate(&self, to: i64) -> Self {
        let plain = self.in_zone(self.zone.clone());
        if to <= 0 {
            return plain;
        }
        plain.add(-(self.total().rem_euclid(to.into()) as i64))
    }

    /// To the nearest multiple of a duration since year 1.
    pub(super) fn round(&self, to: i64) -> Self {
        let plain = self.in_zone(self.zone.clone());
        if to <= 0 {
            return plain;
        }
        let over = self.total().rem_euclid(to.into()) as i64;
        plain.add(if i128::from(over) * 2 < i128::from(to) {
            -over
        } else {
            to - over
        })
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        (self.secs, self.nanos).cmp(&(other.secs, other.nanos))
    }
}
