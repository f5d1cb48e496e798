//! Moments as text.

use super::layout::{self, Element, Offset};
use super::moment::Moment;

/// How JSON has them.
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// How `String` has them.
const STRING: &[u8] = b"2006-01-02 15:04:05.999999999 -0700 MST";

/// A moment by a layout.
pub(super) fn format(moment: &Moment, mut layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(layout.len() + 10);
    let clock = moment.clock();
    let date = clock.date;
    loop {
        let chunk = layout::next(layout);
        out.extend_from_slice(chunk.prefix);
        let Some(element) = chunk.element else {
            return out;
        };
        layout = chunk.rest;
        let twelve = match clock.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let half = |names: [&'static str; 2]| names[usize::from(clock.hour >= 12)];
        match element {
            Element::Year => number(&mut out, date.year.wrapping_abs() % 100, 2),
            Element::LongYear => number(&mut out, date.year, 4),
            Element::Month => text(&mut out, layout::short(layout::month(date.month))),
            Element::LongMonth => text(&mut out, layout::month(date.month)),
            Element::NumMonth => number(&mut out, date.month, 0),
            Element::ZeroMonth => number(&mut out, date.month, 2),
            Element::Weekday => text(&mut out, layout::short(layout::weekday(clock.weekday))),
            Element::LongWeekday => text(&mut out, layout::weekday(clock.weekday)),
            Element::Day => number(&mut out, date.day, 0),
            Element::UnderDay => text(&mut out, &format!("{:2}", date.day)),
            Element::ZeroDay => number(&mut out, date.day, 2),
            Element::UnderYearDay => text(&mut out, &format!("{:3}", date.year_day())),
            Element::ZeroYearDay => number(&mut out, date.year_day(), 3),
            Element::Hour => number(&mut out, clock.hour, 2),
            Element::Hour12 => number(&mut out, twelve, 0),
            Element::ZeroHour12 => number(&mut out, twelve, 2),
            Element::Minute => number(&mut out, clock.minute, 0),
            Element::ZeroMinute => number(&mut out, clock.minute, 2),
            Element::Second => number(&mut out, clock.second, 0),
            Element::ZeroSecond => number(&mut out, clock.second, 2),
            Element::UpperPm => text(&mut out, half(["AM", "PM"])),
            Element::LowerPm => text(&mut out, half(["am", "pm"])),
            Element::ZoneName => zone_name(&mut out, moment),
            Element::Zone(how) => offset(&mut out, moment, how),
            Element::Fraction { digits, trim, comma } => fraction(&mut out, moment.nanos(), digits, trim, comma),
        }
    }
}

/// What `String` answers, and so what prints.
pub(super) fn string(moment: &Moment) -> Vec<u8> {
    let mut out = format(moment, STRING);
    if let Some(reading) = moment.monotonic {
        let sign = if reading < 0 { '-' } else { '+' };
        let reading = reading.unsigned_abs();
        let (secs, nanos) = (reading / 1_000_000_000, reading % 1_000_000_000);
        text(&mut out, &format!(" m={sign}{secs}.{nanos:09}"));
    }
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: i64, width: usize) {
    let sign = if number < 0 { "-" } else { "" };
    text(out, &format!("{sign}{:0width$}", number.unsigned_abs()));
}

fn zone_name(out: &mut Vec<u8>, moment: &Moment) {
    let applied = moment.zone.at(moment.unix());
    if applied.name.is_empty() {
        let how = Offset {
            z: false,
            colons: false,
            minutes: true,
            seconds: false,
        };
        return offset(out, moment, how);
    }
    text(out, &applied.name);
}

fn offset(out: &mut Vec<u8>, moment: &Moment, how: Offset) {
    let offset = moment.zone.at(moment.unix()).offset;
    if offset == 0 && how.z {
        return out.push(b'Z');
    }
    // Less than a minute west has a plus sign, in Go too, and its seconds a minus.
    let west = offset / 60 < 0;
    let minutes = (offset / 60).abs();
    let seconds = if west { -offset } else { offset } % 60;
    out.push(if west { b'-' } else { b'+' });
    number(out, minutes / 60, 2);
    if how.colons {
        out.push(b':');
    }
    if how.minutes {
        number(out, minutes % 60, 2);
    }
    if how.seconds {
        if how.colons {
            out.push(b':');
        }
        number(out, seconds, 2);
    }
}

fn fraction(out: &mut Vec<u8>, nanos: u32, digits: usize, trim: bool, comma: bool) {
    if trim && (digits == 0 || nanos == 0) {
        return;
    }
    let all = format!("{nanos:09}");
    let mut shown = all.get(..digits.min(9)).unwrap_or_default();
    if trim {
        shown = shown.trim_end_matches('0');
        if shown.is_empty() {
            return;
        }
    }
    out.push(if comma { b',' } else { b'.' });
    text(out, shown);
}
