//! `--set-literal`: `a.b[0]=text`, where the text is taken as it stands, commas and backslashes too.

use hoist_govalue::{Map, Value};

use super::set::{
    Stop, check_negative, existing_list, existing_map, inner_list, inner_map, one_more_map, one_more_name, parse_index,
    put, quote, set_index, unexpected,
};

/// How many indexes may follow a name. Helm has no limit of its own.
const MAX_INDEXES: usize = 30;

/// Reads a line into `values`.
pub(super) fn parse_into(line: &str, values: &Map) -> Result<(), String> {
    let mut parser = Parser { rest: line, depth: 0 };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(why)) => return Err(why),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    /// In how many lists that hold maps.
    depth: usize,
}

impl<'t> Parser<'t> {
    fn until(&mut self, stop: &[char]) -> (&'t str, Option<char>) {
        match self.rest.find(stop) {
            Some(at) => {
                let (text, rest) = self.rest.split_at(at);
                let last = rest.chars().next();
                self.rest = &rest[last.map_or(0, char::len_utf8)..];
                (text, last)
            }
            None => (std::mem::take(&mut self.rest), None),
        }
    }

    fn key(&mut self, data: &Map, names: usize) -> Result<(), Stop> {
        let (key, last) = self.until(&['=', '[', '.']);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => Err(Stop::error(format!("key {} has no value", quote(key)))),
            Some('=') => {
                put(data, key, Value::str(std::mem::take(&mut self.rest)));
                Ok(())
            }
            Some('.') => {
                let names = one_more_name(names)?;
                let inner = existing_map(data, key)?;
                let done = self.key(&inner, names);
                if done.is_ok() && inner.is_empty() {
                    return Err(Stop::error(format!("key map {} has no value", quote(key))));
                }
                if !inner.is_empty() {
                    put(data, key, Value::Map(inner));
                }
                done
            }
            Some(_) => {
                let index = self.index()?;
                let mut list = existing_list(data, key)?;
                let done = self.item(&mut list, index, names, 0);
                put(data, key, Value::list(list));
                done
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
            return Err(unexpected(key));
        }
        match last {
            None => Err(Stop::End),
            Some('=') => set_index(list, index, Value::str(std::mem::take(&mut self.rest))),
            Some('.') => {
                let inner = inner_map(list, at);
                self.depth = one_more_map(self.depth)?;
                self.key(&inner, names)?;
                self.depth -= 1;
                set_index(list, index, Value::Map(inner))
            }
            Some(_) => {
                let next = self.index()?;
                let mut inner = inner_list(list.get(at))?;
                self.item(&mut inner, next, names, indexes + 1)?;
                set_index(list, index, Value::list(inner))
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        last.map_or(Err(Stop::End), |_| parse_index(text))
    }
}
