//! The calendar: days and their dates.

/// A date of the Gregorian calendar, before its invention too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

/// The days before each month of a year that is not a leap year.
const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Days in 400 years.
const CYCLE: i128 = 146_097;

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a common year before a month, which counts from 1; all of them for month 13.
pub(super) fn days_before(month: i64) -> i64 {
    let at = usize::try_from(month - 1).unwrap_or_default();
    BEFORE.get(at).copied().unwrap_or(365)
}

/// The days of a month.
pub(super) fn days_in(month: i64, year: i64) -> i64 {
    if month == 2 && is_leap(year) {
        return 29;
    }
    days_before(month + 1) - days_before(month)
}

/// The days from 1970-01-01 to a date; the day may be any number.
pub(super) fn days_of(year: i128, month: i64, day: i128) -> i128 {
    // Years begin in March here, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i128::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * CYCLE + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date that is so many days after 1970-01-01.
pub(super) fn date_of(days: i128) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(CYCLE);
    let day_of_era = days.rem_euclid(CYCLE);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    Date {
        year: year as i64,
        month: month as i64,
        day: (day_of_year - (153 * march_month + 2) / 5 + 1) as i64,
    }
}

impl Date {
    /// The day of the year, from 1.
    pub(super) fn year_day(self) -> i64 {
        let leap = i64::from(self.month > 2 && is_leap(self.year));
        days_before(self.month) + leap + self.day
    }
}
