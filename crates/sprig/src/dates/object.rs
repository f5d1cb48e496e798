//! Times, durations, months, weekdays and zones as templates hold them.

use std::any::Any;
use std::rc::Rc;

use hoist_govalue::{FuncError, FuncResult, Host, Kind, Method, Object, Str, Type, Value, check_string};

use super::moment::Moment;
use super::zone::Zone;
use super::{duration, format, layout};

/// `time.Time`.
pub(super) const TIME: Type = Type::Named("time.Time", Kind::Struct);
const DURATION: Type = Type::Named("time.Duration", Kind::Int64);
const MONTH: Type = Type::Named("time.Month", Kind::Int);
const WEEKDAY: Type = Type::Named("time.Weekday", Kind::Int);
const LOCATION: Type = Type::Named("*time.Location", Kind::Ptr);

/// A moment as a value.
pub(super) fn time(moment: Moment) -> Value {
    Value::Object(Rc::new(Time(moment)))
}

/// The moment that a value holds.
pub(super) fn moment(value: &Value) -> Option<&Moment> {
    match value {
        Value::Object(object) => object.any().downcast_ref::<Time>().map(|time| &time.0),
        _ => None,
    }
}

/// A duration as a value.
pub(super) fn duration_value(nanos: i64) -> Value {
    Value::Object(Rc::new(Duration(nanos)))
}

/// The nanoseconds of the duration that a value is.
pub(super) fn duration_of(value: &Value) -> Option<i64> {
    match value {
        Value::Object(object) => object.any().downcast_ref::<Duration>().map(|duration| duration.0),
        _ => None,
    }
}

#[derive(Debug)]
struct Time(Moment);

#[derive(Debug)]
struct Duration(i64);

#[derive(Debug)]
struct Location(Zone);

/// A month or a weekday: a number that prints as a name.
#[derive(Debug)]
struct Named {
    ty: Type,
    number: i64,
    name: &'static str,
}

const fn method(name: &'static str, params: &'static [Type]) -> Method {
    Method {
        name,
        params,
        variadic: false,
    }
}

/// The methods of one result, or of one and an error: others cannot be called by templates.
const TIME_METHODS: &[Method] = &[
    method("Add", &[DURATION]),
    method("AddDate", &[Type::INT, Type::INT, Type::INT]),
    method("After", &[TIME]),
    method("Before", &[TIME]),
    method("Compare", &[TIME]),
    method("Day", &[]),
    method("Equal", &[TIME]),
    method("Format", &[Type::Str]),
    method("GoString", &[]),
    method("Hour", &[]),
    method("In", &[LOCATION]),
    method("IsDST", &[]),
    method("IsZero", &[]),
    method("Local", &[]),
    method("Location", &[]),
    method("MarshalJSON", &[]),
    method("MarshalText", &[]),
    method("Minute", &[]),
    method("Month", &[]),
    method("Nanosecond", &[]),
    method("Round", &[DURATION]),
    method("Second", &[]),
    method("String", &[]),
    method("Sub", &[TIME]),
    method("Truncate", &[DURATION]),
    method("UTC", &[]),
    method("Unix", &[]),
    method("UnixMicro", &[]),
    method("UnixMilli", &[]),
    method("UnixNano", &[]),
    method("Weekday", &[]),
    method("Year", &[]),
    method("YearDay", &[]),
];

const DURATION_METHODS: &[Method] = &[
    method("Abs", &[]),
    method("Hours", &[]),
    method("Microseconds", &[]),
    method("Milliseconds", &[]),
    method("Minutes", &[]),
    method("Nanoseconds", &[]),
    method("Round", &[DURATION]),
    method("Seconds", &[]),
    method("String", &[]),
    method("Truncate", &[DURATION]),
];

const STRING_METHOD: &[Method] = &[method("String", &[])];

impl Object for Time {
    fn ty(&self) -> Type {
        TIME
    }

    fn methods(&self) -> &'static [Method] {
        TIME_METHODS
    }

    fn call(&self, method: &str, _host: &mut dyn Host, args: &[Value]) -> FuncResult {
        let this = &self.0;
        let (unix, nanos) = (this.unix(), i64::from(this.nanos()));
        let other = || args.first().and_then(moment).ok_or_else(|| unexpected(TIME, args));
        let in_unit = |per_second: i64| {
            let part = nanos / (1_000_000_000 / per_second);
            Value::int64(unix.wrapping_mul(per_second).wrapping_add(part))
        };
        let clock = this.clock();
        Ok(match method {
            "Add" => time(this.add(nanoseconds(args)?)),
            "AddDate" => time(self.add_date(args)?),
            "After" => Value::Bool(this.compare(other()?).is_gt()),
            "Before" => Value::Bool(this.compare(other()?).is_lt()),
            "Compare" => Value::int(this.compare(other()?) as i64),
            "Equal" => Value::Bool(this.compare(other()?).is_eq()),
            "Sub" => Value::Object(Rc::new(Duration(this.since(other()?)))),
            "Day" => Value::int(clock.date.day),
            "Hour" => Value::int(clock.hour),
            "Minute" => Value::int(clock.minute),
            "Second" => Value::int(clock.second),
            "Nanosecond" => Value::int(nanos),
            "Year" => Value::int(clock.date.year),
            "YearDay" => Value::int(clock.date.year_day()),
            "Month" => Value::Object(Rc::new(Named {
                ty: MONTH,
                number: clock.date.month,
                name: layout::month(clock.date.month),
            })),
            "Weekday" => Value::Object(Rc::new(Named {
                ty: WEEKDAY,
                number: clock.weekday,
                name: layout::weekday(clock.weekday),
            })),
            "Format" => {
                let layout = args.first().and_then(Value::as_str).cloned().unwrap_or_default();
                check_string("a time", layout.len().saturating_mul(10))?;
                Value::str(format::format(this, &layout))
            }
            "GoString" => Value::str(self.go_string()),
            "In" => time(this.in_zone(zone(args)?)),
            "IsDST" => Value::Bool(this.zone.at(unix).dst),
            "IsZero" => Value::Bool(this.is_zero()),
            "Local" => time(this.in_zone(Zone::Local)),
            "Location" => Value::Object(Rc::new(Location(this.zone.clone()))),
            "MarshalJSON" => {
                let text = self.marshal("Time.MarshalJSON")?;
                Value::Bytes([b"\"", text.as_slice(), b"\""].concat().into())
            }
            "MarshalText" => Value::Bytes(self.marshal("Time.MarshalText")?.into()),
            "Round" => time(this.round(nanoseconds(args)?)),
            "Truncate" => time(this.truncate(nanoseconds(args)?)),
            "String" => Value::str(format::string(this)),
            "UTC" => time(this.in_zone(Zone::Utc)),
            "Unix" => Value::int64(unix),
            "UnixMilli" => in_unit(1_000),
            "UnixMicro" => in_unit(1_000_000),
            "UnixNano" => in_unit(1_000_000_000),
            _ => return Err(no_method(TIME, method)),
        })
    }

    fn text(&self) -> Option<Str> {
        Some(format::string(&self.0).into())
    }

    fn plain(&self) -> Value {
        match self.marshal("Time.MarshalJSON") {
            Ok(text) => Value::str(text),
            // JSON has no such times, in Go neither. Nor has it this number: so it is refused.
            Err(_) => Value::float(f64::NAN),
        }
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

impl Time {
    fn add_date(&self, args: &[Value]) -> Result<Moment, FuncError> {
        let number = |at: usize| match args.get(at) {
            Some(Value::Int(number, _)) => Ok(*number),
            _ => Err(unexpected(Type::INT, args.get(at..).unwrap_or_default())),
        };
        let clock = self.0.clock();
        let date = clock.date;
        Ok(Moment::of(
            date.year.wrapping_add(number(0)?),
            date.month.wrapping_add(number(1)?),
            date.day.wrapping_add(number(2)?),
            (clock.hour, clock.minute, clock.second),
            self.0.nanos(),
            self.0.zone.clone(),
        ))
    }

    fn marshal(&self, who: &str) -> Result<Vec<u8>, FuncError> {
        if !(0..=9999).contains(&self.0.clock().date.year) {
            return Err(FuncError::new(format!("{who}: year outside of range [0,9999]")));
        }
        if self.0.zone.at(self.0.unix()).offset.abs() >= 24 * 3600 {
            return Err(FuncError::new(format!("{who}: timezone hour outside of range [0,23]")));
        }
        Ok(format::format(&self.0, format::RFC3339_NANO))
    }

    fn go_string(&self) -> String {
        let clock = self.0.clock();
        let date = clock.date;
        let zone = match &self.0.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local => "time.Local".to_owned(),
            other => format!("time.Location({})", super::scan::quote(other.name().as_bytes())),
        };
        format!(
            "time.Date({}, time.{}, {}, {}, {}, {}, {}, {zone})",
            date.year,
            layout::month(date.month),
            date.day,
            clock.hour,
            clock.minute,
            clock.second,
            self.0.nanos()
        )
    }
}

impl Object for Duration {
    fn ty(&self) -> Type {
        DURATION
    }

    fn methods(&self) -> &'static [Method] {
        DURATION_METHODS
    }

    fn call(&self, method: &str, _host: &mut dyn Host, args: &[Value]) -> FuncResult {
        let nanos = self.0;
        let wrapped = |nanos: i64| Value::Object(Rc::new(Self(nanos)));
        Ok(match method {
            "Abs" => wrapped(nanos.checked_abs().unwrap_or(i64::MAX)),
            "Hours" => Value::float(duration::in_units(nanos, 3600 * duration::SECOND)),
            "Minutes" => Value::float(duration::in_units(nanos, 60 * duration::SECOND)),
            "Seconds" => Value::float(duration::in_units(nanos, duration::SECOND)),
            "Milliseconds" => Value::int64(nanos / 1_000_000),
            "Microseconds" => Value::int64(nanos / 1_000),
            "Nanoseconds" => Value::int64(nanos),
            "Round" => wrapped(duration::round(nanos, nanoseconds(args)?)),
            "Truncate" => wrapped(duration::truncate(nanos, nanoseconds(args)?)),
            "String" => Value::str(duration::string(nanos)),
            _ => return Err(no_method(DURATION, method)),
        })
    }

    fn text(&self) -> Option<Str> {
        Some(duration::string(self.0).into())
    }

    fn plain(&self) -> Value {
        Value::int64(self.0)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

impl Object for Named {
    fn ty(&self) -> Type {
        self.ty
    }

    fn methods(&self) -> &'static [Method] {
        STRING_METHOD
    }

    fn call(&self, method: &str, _host: &mut dyn Host, _args: &[Value]) -> FuncResult {
        match method {
            "String" => Ok(Value::str(self.name)),
            _ => Err(no_method(self.ty, method)),
        }
    }

    fn text(&self) -> Option<Str> {
        Some(self.name.into())
    }

    fn plain(&self) -> Value {
        Value::int(self.number)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

impl Object for Location {
    fn ty(&self) -> Type {
        LOCATION
    }

    fn methods(&self) -> &'static [Method] {
        STRING_METHOD
    }

    fn call(&self, method: &str, _host: &mut dyn Host, _args: &[Value]) -> FuncResult {
        match method {
            "String" => Ok(Value::str(self.0.name())),
            _ => Err(no_method(LOCATION, method)),
        }
    }

    fn text(&self) -> Option<Str> {
        Some(self.0.name().into())
    }

    /// A struct without exported fields.
    fn plain(&self) -> Value {
        Value::Map(hoist_govalue::Map::new())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// A duration: a number in a template is one, too.
fn nanoseconds(args: &[Value]) -> Result<i64, FuncError> {
    match args.first() {
        Some(Value::Int(nanos, _)) => Ok(*nanos),
        Some(Value::Object(object)) => object
            .any()
            .downcast_ref::<Duration>()
            .map(|it| it.0)
            .ok_or_else(|| unexpected(DURATION, args)),
        _ => Err(unexpected(DURATION, args)),
    }
}

fn zone(args: &[Value]) -> Result<Zone, FuncError> {
    match args.first() {
        Some(Value::Object(object)) => object
            .any()
            .downcast_ref::<Location>()
            .map(|it| it.0.clone())
            .ok_or_else(|| unexpected(LOCATION, args)),
        None | Some(Value::Nil) => Err(FuncError::new("time: missing Location in call to Time.In")),
        _ => Err(unexpected(LOCATION, args)),
    }
}

fn unexpected(wanted: Type, args: &[Value]) -> FuncError {
    let got = args.first().map_or("<nil>", Value::type_name);
    FuncError::new(format!("wrong type for value; expected {wanted}; got {got}"))
}

fn no_method(ty: Type, method: &str) -> FuncError {
    FuncError::new(format!("{ty} has no method {method}"))
}
