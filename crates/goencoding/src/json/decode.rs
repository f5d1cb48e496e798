//! Reads JSON.

use hoist_govalue::{Map, Str, Type, Value, deep, strconv, utf8};

use super::{JsonError, MAX_DEPTH};

/// Reads a document. Beside the value there may be an error that did not stop the reading: a number that is out of
/// range, where the value is nil.
pub(super) fn document(text: &[u8]) -> Result<(Value, Option<JsonError>), JsonError> {
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.space();
    match reader.peek() {
        None => Ok((value, reader.out_of_range)),
        found => Err(unexpected(found, "after top-level value")),
    }
}

/// Reads the value at the beginning, and tells where it ends.
pub(super) fn prefix(text: &[u8]) -> Result<(Value, usize), JsonError> {
    let mut reader = Reader::new(text);
    match (reader.value(), reader.out_of_range) {
        (Ok(value), None) => Ok((value, reader.at)),
        (Ok(_), Some(error)) => Err(error),
        // More could have been to come. That is said in other words than of a whole document.
        (Err(_), _) if reader.at >= text.len() => {
            let blank = text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            let message = if blank { "EOF" } else { "unexpected EOF" };
            Err(JsonError::Syntax(message.to_owned()))
        }
        (Err(error), _) => Err(error),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    out_of_range: Option<JsonError>,
}

/// The error at a byte. Where the text ended in the midst of a token, Go looks at a space that is not there.
fn unexpected(found: Option<u8>, context: &str) -> JsonError {
    let shown = match found.unwrap_or(b' ') {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => {
            let quoted = strconv::quote(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", quoted.trim_matches('"'))
        }
    };
    JsonError::Syntax(format!("invalid character {shown} {context}"))
}

/// The error at a byte between tokens.
fn misplaced(found: Option<u8>, context: &str) -> JsonError {
    match found {
        None => JsonError::Syntax("unexpected end of JSON input".to_owned()),
        found => unexpected(found, context),
    }
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            out_of_range: None,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, JsonError> {
        self.space();
        match self.peek() {
            Some(b'{') => deep::step(|| self.object()),
            Some(b'[') => deep::step(|| self.array()),
            Some(b'"') => Ok(Value::Str(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            found => Err(misplaced(found, "looking for beginning of value")),
        }
    }

    /// Goes in at a bracket.
    fn enter(&mut self) -> Result<(), JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(unexpected(self.peek(), "exceeded max depth"));
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    /// Goes out at a bracket.
    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut entries = std::collections::BTreeMap::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(Value::Map(Map::new()));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(misplaced(self.peek(), "looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(misplaced(self.peek(), "after object key"));
            }
            self.at += 1;
            let value = self.value()?;
            entries.insert(key, value);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.leave();
                    return Ok(Value::Map(Map::typed(Type::Map, entries)));
                }
                found => return Err(misplaced(found, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.leave();
                    return Ok(Value::list(items));
                }
                found => return Err(misplaced(found, "after array element")),
            }
        }
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, JsonError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(unexpected(self.peek(), &context));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(unexpected(self.peek(), context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        let number = strconv::parse_float(literal, 64);
        Ok(number.map_or_else(
            |_| {
                self.out_of_range.get_or_insert_with(|| JsonError::Type {
                    found: format!("number {}", String::from_utf8_lossy(literal)),
                    wanted: Type::FLOAT64.name(),
                });
                Value::Nil
            },
            Value::float,
        ))
    }

    /// A string, from its opening quote.
    fn string(&mut self) -> Result<Str, JsonError> {
        self.at += 1;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let plain = rest
            .iter()
            .take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
            .count();
        if rest.get(plain) == Some(&b'"') {
            self.at += plain + 1;
            return Ok(Str::from(rest.get(..plain).unwrap_or_default()));
        }
        let mut out = Vec::with_capacity(plain + 16);
        loop {
            match self.peek() {
                None => return Err(misplaced(None, "")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Str::from(out));
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                found @ Some(0..0x20) => return Err(unexpected(found, "in string literal")),
                Some(byte @ 0x20..0x80) => {
                    self.at += 1;
                    out.push(byte);
                }
                Some(_) => {
                    let (rune, size) = utf8::decode(self.text.get(self.at..).unwrap_or_default());
                    self.at += size;
                    utf8::push(&mut out, rune);
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let found = self.peek();
        let byte = match found {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let rune = self.code_point()?;
                utf8::push(out, rune);
                return Ok(());
            }
            _ => return Err(unexpected(found, "in string escape code")),
        };
        self.at += 1;
        out.push(byte);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(unexpected(self.peek(), "in \\u hexadecimal character escape"));
            };
            self.at += 1;
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// A code point after `\u`: of one half of a surrogate pair, with the other half where it follows.
    fn code_point(&mut self) -> Result<char, JsonError> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(utf8::REPLACEMENT));
        }
        let before = self.at;
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            self.at += 2;
            let second = self.unit()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
                return Ok(char::from_u32(code).unwrap_or(utf8::REPLACEMENT));
            }
            self.at = before;
        }
        Ok(utf8::REPLACEMENT)
    }
}
