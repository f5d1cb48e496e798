//! Times, durations and Go's layouts.
//!
//! Zones come from a database that is compiled in, so that a chart renders the same everywhere; only `Local`, which Helm
//! takes where none is named, is the machine's.

mod civil;
mod duration;
mod format;
mod layout;
mod moment;
mod object;
mod parse;
mod scan;
pub mod values;
mod zone;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Kind, Str, Type, Value, strconv};

use self::moment::Moment;
use self::object::{TIME, time};
use self::zone::Zone;
use crate::def::{host, pure};

const HTML: &[u8] = b"2006-01-02";

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    host("now", &[], |host, _| Ok(time(Moment::now(host.now())))),
    host("ago", &[Type::Any], ago),
    host("date", &[Type::Str, Type::Any], |host, args| {
        in_zone(host, args.str(0)?, args.any(1), "Local")
    }),
    host("dateInZone", DATE_IN_ZONE, date_in_zone),
    host("date_in_zone", DATE_IN_ZONE, date_in_zone),
    host("htmlDate", &[Type::Any], |host, args| {
        in_zone(host, HTML, args.any(0), "Local")
    }),
    host("htmlDateInZone", &[Type::Any, Type::Str], |host, args| {
        in_zone(host, HTML, args.any(0), &args.str(1)?.text())
    }),
    pure("dateModify", MODIFY, modify),
    pure("date_modify", MODIFY, modify),
    pure("mustDateModify", MODIFY, must_modify),
    pure("must_date_modify", MODIFY, must_modify),
    pure("duration", &[Type::Any], seconds),
    host("durationRound", &[Type::Any], duration_round),
    pure("toDate", TO_DATE, |args| {
        Ok(time(
            parse::parse(args.str(0)?, args.str(1)?, &Zone::Local).unwrap_or_default(),
        ))
    }),
    pure("mustToDate", TO_DATE, |args| {
        parse::parse(args.str(0)?, args.str(1)?, &Zone::Local)
            .map(time)
            .map_err(FuncError::new)
    }),
    pure("unixEpoch", &[TIME], |args| {
        Ok(Value::str(moment_at(args, 0)?.unix().to_string()))
    }),
];

const DATE_IN_ZONE: &[Type] = &[Type::Str, Type::Any, Type::Str];
const MODIFY: &[Type] = &[Type::Str, TIME];
const TO_DATE: &[Type] = &[Type::Str, Type::Str];

/// A date and a time of day, in UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UtcClock {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

/// What clocks show in UTC so many nanoseconds after a time.
pub(crate) fn utc_after(time: std::time::SystemTime, nanos: i64) -> UtcClock {
    let clock = Moment::now(time).add(nanos).in_zone(Zone::Utc).clock();
    UtcClock {
        year: clock.date.year,
        month: clock.date.month,
        day: clock.date.day,
        hour: clock.hour,
        minute: clock.minute,
        second: clock.second,
    }
}

fn moment_at(args: Args<'_>, index: usize) -> Result<&Moment, FuncError> {
    let value = args.any(index);
    object::moment(value).ok_or_else(|| {
        FuncError::new(format!(
            "wrong type for value; expected {TIME}; got {}",
            value.type_name()
        ))
    })
}

fn date_in_zone(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    in_zone(host, args.str(0)?, args.any(1), &args.str(2)?.text())
}

/// A time, or seconds since 1970, or now for whatever else; an unknown zone is UTC.
fn in_zone(host: &mut dyn Host, layout: &[u8], date: &Value, zone: &str) -> FuncResult {
    hoist_govalue::check_string("a date", layout.len().saturating_mul(10))?;
    let shown = match date {
        Value::Int(unix, Kind::Int | Kind::Int32 | Kind::Int64) => Moment::from_unix(*unix, 0),
        other => match object::moment(other) {
            Some(moment) => moment.clone(),
            None => Moment::now(host.now()),
        },
    };
    let shown = shown.in_zone(Zone::load(zone).unwrap_or(Zone::Utc));
    Ok(Value::str(format::format(&shown, layout)))
}

fn ago(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let now = Moment::now(host.now());
    let since = match args.any(0) {
        Value::Int(unix, Kind::Int | Kind::Int64) => now.since(&Moment::from_unix(*unix, 0)),
        other => object::moment(other).map_or(0, |moment| now.since(moment)),
    };
    Ok(Value::str(duration::string(duration::round(since, duration::SECOND))))
}

fn modify(args: Args<'_>) -> FuncResult {
    let moment = moment_at(args, 1)?;
    Ok(match duration::parse(args.str(0)?) {
        Ok(duration) => time(moment.add(duration)),
        Err(_) => time(moment.clone()),
    })
}

fn must_modify(args: Args<'_>) -> FuncResult {
    let moment = moment_at(args, 1)?;
    let duration = duration::parse(args.str(0)?).map_err(FuncError::new)?;
    Ok(time(moment.add(duration)))
}

/// A number of seconds, which must be a string or an int64, as a duration.
fn seconds(args: Args<'_>) -> FuncResult {
    let seconds = match args.any(0) {
        Value::Str(text) => nearest(text),
        Value::Int(number, Kind::Int64) => *number,
        _ => 0,
    };
    Ok(Value::str(duration::string(seconds.wrapping_mul(duration::SECOND))))
}

/// What Go's `ParseInt` answers beside its error.
fn nearest(text: &Str) -> i64 {
    strconv::parse_int(text, 10, 64).unwrap_or_else(|error| error.nearest_int())
}

fn duration_round(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let duration = match args.any(0) {
        Value::Str(text) => duration::parse(text).unwrap_or_default(),
        Value::Int(nanos, Kind::Int64) => *nanos,
        other => object::moment(other).map_or(0, |moment| Moment::now(host.now()).since(moment)),
    };
    Ok(Value::str(duration::rounded(duration)))
}
