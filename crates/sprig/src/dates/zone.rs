//! Time zones: UTC, the machine's own, those of the database that is compiled in, and fixed offsets.

use std::rc::Rc;
use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Seconds after which the calendar, and with it the rules of a zone, repeat: 400 years.
const CYCLE: i64 = 146_097 * 86_400;

/// Go's `*time.Location`.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    Utc,
    Local,
    Named(Rc<str>, TimeZone),
    /// A name, which may be empty, and seconds east of UTC.
    Fixed(Rc<str>, i64),
}

/// What applies in a zone at a time.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    /// The abbreviation (`CET`).
    pub(super) name: String,
    /// Seconds east of UTC.
    pub(super) offset: i64,
    /// Whether clocks are advanced.
    pub(super) dst: bool,
}

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

fn local() -> TimeZone {
    // Without one, Go takes UTC.
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

impl Zone {
    /// The zone of this name, as `time.LoadLocation` finds it.
    pub(super) fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ => {
                let zone = database().get(name).ok()?;
                // Go asks for a file, whose name must be right in case too.
                (zone.iana_name() == Some(name)).then(|| Self::Named(name.into(), zone))
            }
        }
    }

    /// What Go's `Location.String` answers.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Named(name, _) | Self::Fixed(name, _) => name,
        }
    }

    /// What applies so many seconds after 1970.
    pub(super) fn at(&self, unix: i64) -> Applied {
        match self {
            Self::Utc => Applied {
                name: "UTC".to_owned(),
                offset: 0,
                dst: false,
            },
            Self::Local => applied(&local(), unix),
            Self::Named(_, zone) => applied(zone, unix),
            Self::Fixed(name, offset) => Applied {
                name: name.as_ref().to_owned(),
                offset: *offset,
                dst: false,
            },
        }
    }

    /// The offset that an abbreviation stands for in this zone, preferably at this time, which is as clocks show it.
    pub(super) fn offset_of(&self, name: &str, clock: i64) -> Option<i64> {
        let zone = match self {
            Self::Utc => return None,
            Self::Fixed(own, offset) => return (**own == *name).then_some(*offset),
            Self::Local => local(),
            Self::Named(_, zone) => zone.clone(),
        };
        let first = applied(&zone, Timestamp::MIN.as_second());
        let mut known = vec![first.offset];
        known.retain(|_| first.name == name);
        // The rules of today go on for ever, so a few years of them tell all.
        let until = Timestamp::from_second(2_500_000_000).unwrap_or(Timestamp::MAX);
        for change in zone.following(Timestamp::MIN).take_while(|it| it.timestamp() < until) {
            let offset = i64::from(change.offset().seconds());
            if change.abbreviation() == name && !known.contains(&offset) {
                known.push(offset);
            }
        }
        let in_effect = known
            .iter()
            .map(|offset| applied(&zone, clock.saturating_sub(*offset)))
            .find(|it| it.name == name);
        in_effect.map(|it| it.offset).or_else(|| known.first().copied())
    }
}

fn applied(zone: &TimeZone, unix: i64) -> Applied {
    let last = Timestamp::MAX.as_second();
    let unix = if unix > last {
        last - CYCLE + (unix - last) % CYCLE
    } else {
        unix.max(Timestamp::MIN.as_second())
    };
    let time = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
    let info = zone.to_offset_info(time);
    Applied {
        name: if zone.is_unknown() {
            "UTC".to_owned()
        } else {
            info.abbreviation().to_owned()
        },
        offset: info.offset().seconds().into(),
        dst: info.dst().is_dst(),
    }
}
