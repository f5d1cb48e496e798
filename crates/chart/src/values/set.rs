//! `--set`: lines of `a.b[0]=c,d={e,f}`.

use hoist_goencoding::json;
use hoist_govalue::{Map, Str, Value, strconv};

use super::MAX_DEPTH;

/// The highest index of a list, as Helm has it.
const MAX_INDEX: i64 = 65536;
/// How many names a key may have, as Helm has it.
const MAX_NAMES: usize = 30;
/// How many indexes may follow a name. Helm has no limit of its own.
const MAX_INDEXES: usize = 30;

/// How the value behind `=` is read.
pub(crate) enum Kind<'a> {
    /// Numbers, booleans and null are told from strings.
    Typed,
    /// Always a string.
    String,
    /// JSON.
    Json,
    /// The name of a file whose text is the value.
    File(&'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>),
}

/// Reads a line into `values`.
pub(crate) fn parse_into(line: &str, values: &Map, kind: &mut Kind<'_>) -> Result<(), String> {
    let mut parser = Parser {
        rest: line,
        kind,
        depth: 0,
    };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(why)) => return Err(why),
        }
    }
}

/// Why reading stops: Go's `io.EOF` is an end that is no error.
pub(super) enum Stop {
    End,
    Error(String),
}

impl Stop {
    pub(super) fn error(why: impl Into<String>) -> Self {
        Self::Error(why.into())
    }
}

struct Parser<'t, 'k, 'r> {
    rest: &'t str,
    kind: &'k mut Kind<'r>,
    /// In how many lists that hold maps.
    depth: usize,
}

impl Parser<'_, '_, '_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// The text up to one of the characters in `stop`, which is consumed; `None` in its place at the end.
    fn until(&mut self, stop: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if stop.contains(&c) {
                return (text, Some(c));
            }
            if c == '\\' {
                match self.next() {
                    Some(escaped) => text.push(escaped),
                    None => return (text, None),
                }
            } else {
                text.push(c);
            }
        }
        (text, None)
    }

    fn key(&mut self, data: &Map, names: usize) -> Result<(), Stop> {
        let (key, last) = self.until(&['=', '[', ',', '.']);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => Err(Stop::error(format!("key {} has no value", quote(&key)))),
            Some('[') => {
                let index = self.index()?;
                let mut list = existing_list(data, &key)?;
                let done = self.item(&mut list, index, names, 0);
                put(data, &key, Value::list(list));
                done
            }
            Some('=') => self.value_of(data, &key),
            Some(',') => {
                put(data, &key, Value::str(""));
                Err(Stop::error(format!(
                    "key {} has no value (cannot end with ,)",
                    quote(&key)
                )))
            }
            Some(_) => {
                let names = one_more_name(names)?;
                let inner = existing_map(data, &key)?;
                let done = self.key(&inner, names);
                if done.is_ok() && inner.is_empty() {
                    return Err(Stop::error(format!("key map {} has no value", quote(&key))));
                }
                if !inner.is_empty() {
                    put(data, &key, Value::Map(inner));
                }
                done
            }
        }
    }

    fn value_of(&mut self, data: &Map, key: &str) -> Result<(), Stop> {
        if matches!(self.kind, Kind::Json) {
            let value = self.json()?;
            put(data, key, value);
            return Ok(());
        }
        match self.list() {
            Listed::List(list) => {
                put(data, key, Value::list(list?));
                Ok(())
            }
            Listed::Nothing => {
                put(data, key, Value::str(""));
                Err(Stop::End)
            }
            Listed::NoList => {
                let (text, _) = self.until(&[',']);
                put(data, key, self.read(&text)?);
                Ok(())
            }
        }
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, names: usize, indexes: usize) -> Result<(), Stop> {
        let at = check_negative(index)?;
        if indexes > MAX_INDEXES {
            return Err(Stop::error(format!(
                "more than {MAX_INDEXES} indexes follow one another"
            )));
        }
        let (key, last) = self.until(&['[', '.', '=']);
        if !key.is_empty() {
            return Err(unexpected(&key));
        }
        match last {
            None => Err(Stop::End),
            Some('=') => {
                if matches!(self.kind, Kind::Json) {
                    let value = self.json()?;
                    return set_index(list, index, value);
                }
                match self.list() {
                    Listed::List(items) => set_index(list, index, Value::list(items?)),
                    Listed::Nothing => set_index(list, index, Value::str("")),
                    Listed::NoList => {
                        let (text, _) = self.until(&[',']);
                        let value = self.read(&text)?;
                        set_index(list, index, value)
                    }
                }
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = inner_list(list.get(at))?;
                self.item(&mut inner, next, names, indexes + 1)?;
                set_index(list, index, Value::list(inner))
            }
            Some(_) => {
                let inner = inner_map(list, at);
                self.depth = one_more_map(self.depth)?;
                self.key(&inner, names)?;
                self.depth -= 1;
                set_index(list, index, Value::Map(inner))
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        // Helm takes the end here for an end that is no error.
        last.map_or(Err(Stop::End), |_| parse_index(&text))
    }

    fn list(&mut self) -> Listed {
        match self.rest.chars().next() {
            None => return Listed::Nothing,
            Some('{') => self.rest = &self.rest[1..],
            Some(_) => return Listed::NoList,
        }
        let mut list = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return Listed::List(Err(Stop::error("list must terminate with '}'")));
            }
            if last == Some('}')
                && let Some(rest) = self.rest.strip_prefix(',')
            {
                self.rest = rest;
            }
            match self.read(&text) {
                Ok(value) => list.push(value),
                Err(stop) => return Listed::List(Err(stop)),
            }
            if last == Some('}') {
                return Listed::List(Ok(list));
            }
        }
    }

    fn read(&mut self, text: &str) -> Result<Value, Stop> {
        match self.kind {
            Kind::Typed => Ok(typed(text)),
            Kind::String | Kind::Json => Ok(Value::str(text)),
            Kind::File(read) => read(text).map(Value::str).map_err(Stop::Error),
        }
    }

    /// A JSON value, then blanks and a comma. Nothing at all is null.
    fn json(&mut self) -> Result<Value, Stop> {
        if self.blank() {
            return Ok(Value::Nil);
        }
        let mut end = json_end(self.rest.as_bytes());
        while !self.rest.is_char_boundary(end) {
            end += 1;
        }
        let (text, rest) = self.rest.split_at(end);
        let value = json::decode(text.as_bytes()).map_err(|why| Stop::error(why.to_string()))?;
        self.rest = rest;
        self.blank();
        Ok(value)
    }

    /// Skips blanks; with a comma or the end behind them, that too, and tells.
    fn blank(&mut self) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(',') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => {
                self.rest = trimmed;
                trimmed.is_empty()
            }
        }
    }
}

enum Listed {
    List(Result<Vec<Value>, Stop>),
    NoList,
    Nothing,
}

/// Where the JSON value at the beginning of a text ends. Whether it is one is for the decoder to say.
fn json_end(text: &[u8]) -> usize {
    let string = |from: usize| {
        let mut at = from + 1;
        while at < text.len() {
            match text[at] {
                b'\\' => at += 1,
                b'"' => return at + 1,
                _ => {}
            }
            at += 1;
        }
        text.len()
    };
    match text.first() {
        Some(b'{' | b'[') => {
            let (mut depth, mut at) = (0usize, 0);
            while at < text.len() {
                match text[at] {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    b'"' => {
                        at = string(at);
                        continue;
                    }
                    _ => {}
                }
                at += 1;
            }
            text.len()
        }
        Some(b'"') => string(0),
        Some(b't' | b'n') => text.len().min(4),
        Some(b'f') => text.len().min(5),
        _ => number_end(text),
    }
}

fn number_end(text: &[u8]) -> usize {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    // A leading zero stands alone.
    at += if text.get(at) == Some(&b'0') { 1 } else { digits(at) };
    if text.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at += digits(at);
    }
    // What starts no value at all is one wrong character.
    at.clamp(usize::from(!text.is_empty()), text.len())
}

fn typed(text: &str) -> Value {
    // U+017F folds to an s, for Go's EqualFold too.
    let is = |word: &str| text.replace('\u{17f}', "s").eq_ignore_ascii_case(word);
    if is("true") || is("false") {
        return Value::Bool(is("true"));
    }
    if is("null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::int64(0);
    }
    match text.parse::<i64>() {
        Ok(number) if !text.starts_with('0') => Value::int64(number),
        _ => Value::str(text),
    }
}

pub(super) fn one_more_name(names: usize) -> Result<usize, Stop> {
    if names >= MAX_NAMES {
        return Err(Stop::error(format!(
            "value name nested level is greater than maximum supported nested level of {MAX_NAMES}"
        )));
    }
    Ok(names + 1)
}

/// Counts the lists around a map, which Helm does not.
pub(super) fn one_more_map(depth: usize) -> Result<usize, Stop> {
    // A list and a map are two levels.
    if depth >= MAX_DEPTH / 2 {
        return Err(Stop::error(format!("the values nest deeper than {MAX_DEPTH} levels")));
    }
    Ok(depth + 1)
}

pub(super) fn put(data: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        data.set(Str::from(key), value);
    }
}

pub(super) fn existing_map(data: &Map, key: &str) -> Result<Map, Stop> {
    match data.get(key.as_bytes()) {
        None => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map),
        Some(other) => Err(conversion(&other, "map[string]interface {}")),
    }
}

pub(super) fn existing_list(data: &Map, key: &str) -> Result<Vec<Value>, Stop> {
    match data.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list.to_vec()),
        Some(other) => Err(conversion(&other, "[]interface {}")),
    }
}

pub(super) fn inner_list(item: Option<&Value>) -> Result<Vec<Value>, Stop> {
    match item {
        None | Some(Value::Nil) => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list.to_vec()),
        Some(other) => Err(conversion(other, "[]interface {}")),
    }
}

pub(super) fn inner_map(list: &mut [Value], at: usize) -> Map {
    match list.get_mut(at) {
        Some(Value::Map(map)) => map.clone(),
        Some(other) => {
            let map = Map::new();
            *other = Value::Map(map.clone());
            map
        }
        None => Map::new(),
    }
}

/// Go prints the characters one by one here.
pub(super) fn unexpected(key: &str) -> Stop {
    let mut runes = Vec::new();
    for (index, c) in key.chars().enumerate() {
        if index > 0 {
            runes.push(b' ');
        }
        strconv::append_quote_rune(&mut runes, c);
    }
    Stop::error(format!(
        "unexpected data at end of array index: [{}]",
        String::from_utf8_lossy(&runes)
    ))
}

/// What Go's recovered panic says.
fn conversion(got: &Value, wanted: &str) -> Stop {
    let got = match got {
        Value::Nil => "nil",
        other => other.type_name(),
    };
    Stop::error(format!(
        "unable to parse key: interface conversion: interface {{}} is {got}, not {wanted}"
    ))
}

pub(super) fn parse_index(text: &str) -> Result<i64, Stop> {
    let index = text.parse::<i64>();
    index.map_err(|error| {
        let why = match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        Stop::error(format!(
            "error parsing index: strconv.Atoi: parsing {}: {why}",
            quote(text)
        ))
    })
}

pub(super) fn check_negative(index: i64) -> Result<usize, Stop> {
    usize::try_from(index).map_err(|_| Stop::error(format!("negative {index} index not allowed")))
}

pub(super) fn set_index(list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), Stop> {
    let at = check_negative(index)?;
    if index > MAX_INDEX {
        return Err(Stop::error(format!(
            "index of {index} is greater than maximum supported index of {MAX_INDEX}"
        )));
    }
    if list.len() <= at {
        list.resize(at + 1, Value::Nil);
    }
    if let Some(item) = list.get_mut(at) {
        *item = value;
    }
    Ok(())
}

pub(super) fn quote(text: &str) -> String {
    strconv::quote(text.as_bytes())
}
