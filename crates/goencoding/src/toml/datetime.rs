//! Dates and times, as Go's time package reads them in the layouts that TOML has.

/// A date, a time or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datetime {
    /// The year, 0 to 9999; of a time alone 0, with the first of January.
    pub year: u32,
    /// The month, from 1.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
    /// The hour.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
    /// The second.
    pub second: u32,
    /// Its fraction, in nanoseconds.
    pub nanosecond: u32,
    /// What it is relative to.
    pub zone: Zone,
}

/// What a time is relative to. The library marks what has no zone with locations of its own: of their names Go prints
/// `datetime-local`, `date-local` and `time-local`, with the offset of the machine; here that is UTC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC (`Z`).
    Utc,
    /// So many seconds east of it. Go gives it the machine's own zone where that has this offset.
    Offset(i32),
    /// A date and time without a zone.
    LocalDatetime,
    /// A date alone.
    LocalDate,
    /// A time alone.
    LocalTime,
}

/// Reads it; `None` where it is none. Letters must be upper case and what parts date and time a `T`.
pub(super) fn parse(text: &[u8]) -> Option<Datetime> {
    let mut reader = Reader { rest: text };
    let mut datetime = Datetime {
        year: 0,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        zone: Zone::LocalTime,
    };
    if text.get(4) == Some(&b'-') {
        datetime.year = reader.number(4)?;
        reader.expect(b'-')?;
        datetime.month = reader.number(2)?;
        reader.expect(b'-')?;
        datetime.day = reader.number(2)?;
        if !(1..=12).contains(&datetime.month) || !(1..=days(datetime.year, datetime.month)).contains(&datetime.day) {
            return None;
        }
        if reader.rest.is_empty() {
            datetime.zone = Zone::LocalDate;
            return Some(datetime);
        }
        reader.expect(b'T')?;
        datetime.zone = Zone::LocalDatetime;
    }
    datetime.hour = reader.number(2)?;
    reader.expect(b':')?;
    datetime.minute = reader.number(2)?;
    if reader.rest.first() == Some(&b':') {
        reader.expect(b':')?;
        datetime.second = reader.number(2)?;
        datetime.nanosecond = reader.fraction();
    }
    if datetime.hour > 23 || datetime.minute > 59 || datetime.second > 59 {
        return None;
    }
    if datetime.zone == Zone::LocalDatetime && !reader.rest.is_empty() {
        datetime.zone = reader.zone()?;
    }
    reader.rest.is_empty().then_some(datetime)
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    fn expect(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == byte).then_some(())
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        number.iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })
    }

    /// Any number of digits after a point, of which nine count.
    fn fraction(&mut self) -> u32 {
        let [b'.', digits @ ..] = self.rest else {
            return 0;
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return 0;
        }
        let (fraction, rest) = digits.split_at(count);
        self.rest = rest;
        (0..9).fold(0, |number, place| {
            number * 10 + fraction.get(place).map_or(0, |digit| u32::from(digit - b'0'))
        })
    }

    fn zone(&mut self) -> Option<Zone> {
        let sign = match self.rest.first()? {
            b'Z' => {
                self.expect(b'Z')?;
                return Some(Zone::Utc);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.rest = self.rest.get(1..)?;
        let hours = self.number(2)?;
        self.expect(b':')?;
        let minutes = self.number(2)?;
        // So far do offsets go in Go.
        if hours > 24 || minutes > 60 {
            return None;
        }
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        Some(Zone::Offset(sign * seconds))
    }
}
