//! The formats of strings that the drafts up to 7 assert.

use std::net::Ipv6Addr;

use super::regex;

/// Checks a text against a format; one that is not known allows everything.
pub(super) fn check(format: &str, text: &str) -> Result<(), String> {
    match format {
        "regex" => regex::check(text),
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "duration" => duration(text),
        "period" => period(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => date(text),
        "time" => time(text),
        "date-time" => date_time(text),
        "uri" | "iri" => uri(text, true),
        "uri-reference" | "iri-reference" if text.contains('\\') => Err("contains \\".into()),
        "uri-reference" | "iri-reference" => uri(text, false),
        "uri-template" => uri_template(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

fn no<T>(why: impl Into<String>) -> Result<T, String> {
    Err(why.into())
}

fn ensure(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { no(why) }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    ensure(text.starts_with('/'), "not starting with /")?;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '~' {
            ensure(
                chars.next_if(|c| matches!(c, '0' | '1')).is_some(),
                "~ must be followed by 0 or 1",
            )?;
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Result<(), String> {
    let count = digits(text);
    ensure(count > 0, "must start with non-negative integer")?;
    ensure(count == 1 || !text.starts_with('0'), "starts with zero")?;
    match &text[count..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Result<(), String> {
    let sizes = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    ensure(groups.len() == sizes.len(), "must have 5 elements")?;
    for (index, (group, size)) in groups.iter().zip(sizes).enumerate() {
        if group.len() != size {
            return no(format!("element {} must be {size} characters long", index + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return no(format!("non-hex character {c:?}"));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Result<(), String> {
    let Some(text) = text.strip_prefix('P') else {
        return no("must start with P");
    };
    ensure(!text.is_empty(), "nothing after P")?;
    if let Some(weeks) = text.strip_suffix('W') {
        ensure(!weeks.is_empty(), "no number in week")?;
        return ensure(digits(weeks) == weeks.len(), "invalid week");
    }
    for (index, part) in text.split('T').enumerate() {
        ensure(index == 0 || !part.is_empty(), "no time elements")?;
        let all = match index {
            0 => "YMD",
            1 => "HMS",
            _ => return no("more than one T"),
        };
        let (mut units, mut part) = (all, part);
        while !part.is_empty() {
            let count = digits(part);
            ensure(count > 0, "missing number")?;
            let mut chars = part[count..].chars();
            let Some(unit) = chars.next() else {
                return no("missing unit");
            };
            match units.find(unit) {
                Some(at) => units = &units[at + 1..],
                None if all.contains(unit) => return no(format!("unit {unit:?} out of order")),
                None => return no(format!("invalid unit {unit:?}")),
            }
            part = chars.as_str();
        }
    }
    Ok(())
}

fn period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else {
        return no("missing slash");
    };
    let moment = |text: &str, which: &str| date_time(text).map_err(|why| format!("invalid {which} date-time: {why}"));
    if start.starts_with('P') {
        duration(start).map_err(|why| format!("invalid start duration: {why}"))?;
        return moment(end, "end");
    }
    moment(start, "start")?;
    if end.starts_with('P') {
        return duration(end).map_err(|why| format!("invalid end duration: {why}"));
    }
    moment(end, "end")
}

fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    ensure(groups.len() == 4, "expected four decimals")?;
    for group in groups {
        ensure(group.len() < 2 || !group.starts_with('0'), "leading zeros")?;
        let number = group.parse::<i64>();
        let number = number.map_err(|_| format!("strconv.Atoi: parsing {group:?}: invalid syntax"))?;
        ensure((0..=255).contains(&number), "decimal must be between 0 and 255")?;
    }
    Ok(())
}

fn ipv6(text: &str) -> Result<(), String> {
    ensure(text.contains(':'), "missing colon")?;
    ensure(!text.contains('%'), "zone id is not a part of ipv6 address")?;
    match text.parse::<Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => no(format!("ParseAddr({text:?}): unable to parse IP")),
    }
}

fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    ensure(text.len() <= 253, "more than 253 characters long")?;
    for label in text.split('.') {
        ensure((1..=63).contains(&label.len()), "label must be 1 to 63 characters long")?;
        ensure(!label.starts_with('-'), "label starts with hyphen")?;
        ensure(!label.ends_with('-'), "label ends with hyphen")?;
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return no(format!("invalid character {c:?}"));
        }
    }
    Ok(())
}

fn email(text: &str) -> Result<(), String> {
    ensure(text.len() <= 254, "more than 255 characters long")?;
    let Some((local, domain)) = text.rsplit_once('@') else {
        return no("missing @");
    };
    ensure(local.len() <= 64, "local part more than 64 characters long")?;
    if local.len() > 1 && local.starts_with('"') && local.ends_with('"') {
        ensure(
            !local[1..local.len() - 1].contains(['\\', '"']),
            "backslash and quote are not allowed within quoted local part",
        )?;
    } else {
        ensure(!local.starts_with('.'), "starts with dot")?;
        ensure(!local.ends_with('.'), "ends with dot")?;
        ensure(!local.contains(".."), "consecutive dots")?;
        let legal = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
        if let Some(c) = local.chars().find(|c| !legal(*c)) {
            return no(format!("invalid character {c:?}"));
        }
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}")),
            None => ipv4(address).map_err(|why| format!("invalid ipv4 address: {why}")),
        };
    }
    hostname(domain).map_err(|why| format!("invalid domain: {why}"))
}

fn date(text: &str) -> Result<(), String> {
    let mut rest = text;
    let mut numbers = [0_u32; 3];
    for (index, (width, layout)) in [(4, "2006"), (2, "01"), (2, "02")].into_iter().enumerate() {
        let bad = |rest: &str, layout: &str| {
            format!("parsing time {text:?} as \"2006-01-02\": cannot parse {rest:?} as {layout:?}")
        };
        if index > 0 {
            rest = rest.strip_prefix('-').ok_or_else(|| bad(rest, "-"))?;
        }
        let number = rest.get(..width).filter(|part| digits(part) == width);
        let number = number
            .and_then(|part| part.parse().ok())
            .ok_or_else(|| bad(rest, layout))?;
        if let Some(slot) = numbers.get_mut(index) {
            *slot = number;
        }
        rest = rest.get(width..).unwrap_or_default();
        if index == 1 && !(1..=12).contains(&number) {
            return no(format!("parsing time {text:?}: month out of range"));
        }
    }
    if !rest.is_empty() {
        return no(format!("parsing time {text:?}: extra text: {rest:?}"));
    }
    let [year, month, day] = numbers;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=days).contains(&day) {
        return no(format!("parsing time {text:?}: day out of range"));
    }
    Ok(())
}

fn time(text: &str) -> Result<(), String> {
    ensure(text.len() >= 9, "less than 9 characters long")?;
    let bytes = text.as_bytes();
    ensure(
        bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':'),
        "missing colon in correct place",
    )?;
    let part = |range: std::ops::Range<usize>, why: &str| {
        let number = text.get(range).and_then(|part| part.parse::<i32>().ok());
        number.ok_or_else(|| why.to_owned())
    };
    let why = "invalid hour/min/sec";
    let (hours, minutes, seconds) = (part(0..2, why)?, part(3..5, why)?, part(6..8, why)?);
    ensure(hours >= 0 && minutes >= 0 && seconds >= 0, "non-positive hour/min/sec")?;
    ensure(
        hours <= 23 && minutes <= 59 && seconds <= 60,
        "hour/min/sec out of range",
    )?;
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        ensure(count > 0, "no digits in second fraction")?;
        rest = &fraction[count..];
    }
    let mut at = hours * 60 + minutes;
    if !rest.eq_ignore_ascii_case("z") {
        ensure(rest.len() == 6, "offset must be 6 characters long")?;
        let sign = match rest.as_bytes().first() {
            Some(b'+') => -1,
            Some(b'-') => 1,
            _ => return no("offset must begin with plus/minus"),
        };
        ensure(
            rest.as_bytes().get(3) == Some(&b':'),
            "missing colon in offset in correct place",
        )?;
        let part = |range: std::ops::Range<usize>| {
            let number = rest.get(range).and_then(|part| part.parse::<i32>().ok());
            number.ok_or_else(|| "invalid hour/min in offset".to_owned())
        };
        let (hours, minutes) = (part(1..3)?, part(4..6)?);
        ensure(hours >= 0 && minutes >= 0, "non-positive hour/min in offset")?;
        ensure(hours <= 23 && minutes <= 59, "hour/min in offset out of range")?;
        at += sign * (hours * 60 + minutes);
        if at < 0 {
            at += 24 * 60;
        }
    }
    ensure(seconds < 60 || at == 23 * 60 + 59, "invalid leap second")
}

fn date_time(text: &str) -> Result<(), String> {
    ensure(text.len() >= 20, "less than 20 characters long")?;
    ensure(
        matches!(text.as_bytes().get(10), Some(b't' | b'T')),
        "11th character must be t or T",
    )?;
    let (day, hour) = (text.get(..10).unwrap_or_default(), text.get(11..).unwrap_or_default());
    date(day).map_err(|why| format!("invalid date element: {why}"))?;
    time(hour).map_err(|why| format!("invalid time element: {why}"))
}

/// What Go's net/url takes for a URL, as far as its parser refuses anything at all.
fn uri(text: &str, absolute: bool) -> Result<(), String> {
    let parse = |why: &str| format!("parse {text:?}: {why}");
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(parse("net/url: invalid control character in URL"));
    }
    if text.is_empty() {
        return ensure(!absolute, "parse \"\": empty url").and_then(|()| ensure(!absolute, "relative url"));
    }
    let text_before_fragment = text.split('#').next().unwrap_or_default();
    let scheme = scheme_of(text_before_fragment).map_err(|why| parse(&why))?;
    let rest = match scheme {
        Some(scheme) => &text_before_fragment[scheme.len() + 1..],
        None => text_before_fragment,
    };
    let fragment = text.split_once('#').map_or("", |(_, fragment)| fragment);
    check_percent(fragment).map_err(|why| parse(&why))?;
    let rest = rest.split('?').next().unwrap_or_default();
    if scheme.is_none() && !rest.starts_with('/') && rest.split('/').next().unwrap_or_default().contains(':') {
        return Err(parse("first path segment in URL cannot contain colon"));
    }
    if scheme.is_some() && !rest.starts_with('/') {
        return Ok(());
    }
    if let Some(authority) = rest.strip_prefix("//") {
        let authority = authority.split('/').next().unwrap_or_default();
        check_authority(authority).map_err(|why| parse(&why))?;
        let path = rest[2 + authority.len()..].to_owned();
        check_percent(&path).map_err(|why| parse(&why))?;
    } else {
        check_percent(rest).map_err(|why| parse(&why))?;
    }
    ensure(!absolute || scheme.is_some(), "relative url")
}

fn scheme_of(text: &str) -> Result<Option<&str>, String> {
    for (index, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return no("missing protocol scheme"),
            ':' => return Ok(Some(&text[..index])),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn check_percent(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        let hex = bytes.get(index + 1..index + 3).unwrap_or_default();
        if hex.len() < 2 || !hex.iter().all(u8::is_ascii_hexdigit) {
            let shown: String = text[index..].chars().take(3).collect();
            return no(format!("invalid URL escape {shown:?}"));
        }
    }
    Ok(())
}

fn check_authority(authority: &str) -> Result<(), String> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.rsplit_once(']') else {
            return no("missing ']' in host");
        };
        check_port(port)?;
        return ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}"));
    }
    if let Some(at) = host.rfind(':') {
        check_port(&host[at..])?;
        if host[..at].contains(':') {
            return no("ipv6 address not enclosed in brackets");
        }
    }
    let illegal = |c: char| matches!(c, ' ' | '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}');
    match host.chars().find(|c| illegal(*c)) {
        Some(c) => no(format!("invalid character {:?} in host name", c.to_string())),
        None => check_percent(host),
    }
}

fn check_port(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    match text.strip_prefix(':') {
        Some(port) if digits(port) == port.len() => Ok(()),
        _ => no(format!("invalid port {text:?} after host")),
    }
}

fn uri_template(text: &str) -> Result<(), String> {
    uri(text, false)?;
    for part in text.split('/') {
        let mut open = false;
        for c in part.chars().filter(|c| matches!(c, '{' | '}')) {
            ensure((c == '{') != open, "nested curly braces")?;
            open = !open;
        }
        ensure(!open, "no matching closing brace")?;
    }
    Ok(())
}

fn semver(text: &str) -> Result<(), String> {
    let identifiers = |text: &str, kind: &str, zeros: bool| {
        for part in text.split('.') {
            ensure(!part.is_empty(), &format!("{kind} identifier is empty"))?;
            if let Some(c) = part.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
                return no(format!("invalid character {c:?} in {kind} identifier"));
            }
            let is_number = digits(part) == part.len();
            if !zeros && is_number && part.len() > 1 && part.starts_with('0') {
                return no("pre-release numeric identifier starts with zero");
            }
        }
        Ok(())
    };
    let mut core = text;
    if let Some((before, build)) = core.split_once('+') {
        ensure(!build.is_empty(), "build is empty")?;
        identifiers(build, "build", true)?;
        core = before;
    }
    if let Some((before, release)) = core.split_once('-') {
        identifiers(release, "pre-release", false)?;
        core = before;
    }
    let parts: Vec<&str> = core.split('.').collect();
    ensure(parts.len() == 3, "versionCore must have 3 numbers separated by dot")?;
    for (part, name) in parts.iter().zip(["major", "minor", "patch"]) {
        ensure(!part.is_empty(), &format!("{name} is empty"))?;
        ensure(
            part.len() == 1 || !part.starts_with('0'),
            &format!("{name} starts with zero"),
        )?;
        ensure(digits(part) == part.len(), &format!("{name} contains non-digit"))?;
    }
    Ok(())
}
