//! Writes values as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_govalue::{Kind, MAX_STRING, Map, Object, Value, deep, strconv, utf8};

use super::{JsonError, MAX_DEPTH};

/// Writes to a buffer.
pub(super) struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    escape_html: bool,
    indent: Option<&'static str>,
    /// How many lists, maps and objects are open.
    depth: usize,
    /// How many brackets are.
    level: usize,
}

/// Why writing stopped.
enum Stop {
    /// Said already.
    Error(JsonError),
    /// A list or map was too deep. On the way up it is looked for among those that hold it.
    Deep(Value),
    /// It was among them.
    Cycle,
}

/// Small, since it is on the stack once a level.
type Written = Result<(), Box<Stop>>;

impl From<JsonError> for Box<Stop> {
    fn from(error: JsonError) -> Self {
        Self::new(Stop::Error(error))
    }
}

impl<'o> Encoder<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, escape_html: bool, indent: Option<&'static str>) -> Self {
        Self {
            out,
            escape_html,
            indent,
            depth: 0,
            level: 0,
        }
    }

    /// Writes a whole document.
    pub(super) fn document(mut self, value: &Value) -> Result<(), JsonError> {
        self.value(value).map_err(|stop| match *stop {
            Stop::Error(error) => error,
            Stop::Deep(_) | Stop::Cycle => JsonError::Limit(format!("a value is nested more than {MAX_DEPTH} deep")),
        })
    }

    fn value(&mut self, value: &Value) -> Written {
        match value {
            Value::List(list) if !list.is_nil() => self.nested(value, |it| it.list(list)),
            Value::Map(map) if !map.is_nil() => self.nested(value, |it| it.map(map)),
            Value::Object(object) => self.nested(value, |it| it.object(object.as_ref())),
            _ => self.scalar(value),
        }
    }

    fn nested(&mut self, value: &Value, write: impl FnOnce(&mut Self) -> Written) -> Written {
        self.enter(value)?;
        let depth = self.depth;
        deep::step(|| write(self)).map_err(|stop| leave(value, depth, stop))?;
        self.depth -= 1;
        Ok(())
    }

    fn scalar(&mut self, value: &Value) -> Written {
        match value {
            Value::Bool(truth) => self.out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            Value::Int(number, _) => self.display(number),
            Value::Uint(number, _) => self.display(number),
            Value::Float(number, kind) => self.float(*number, *kind)?,
            Value::Str(text) => {
                self.fits(text)?;
                append_string(self.out, text, self.escape_html);
            }
            Value::Bytes(bytes) => {
                self.out.push(b'"');
                self.out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
                self.out.push(b'"');
            }
            // And the list and the map that are nil.
            _ => self.out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    /// Refuses a long text that may be too long when it is escaped, before memory is asked for it.
    fn fits(&self, text: &[u8]) -> Result<(), JsonError> {
        if text.len() <= MAX_STRING / 6 {
            return Ok(());
        }
        let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || b" .,:;/-_+=()[]{}".contains(byte);
        let escaped = text.len() - text.iter().filter(plain).count();
        if self.out.len() + text.len() + 5 * escaped <= MAX_STRING {
            return Ok(());
        }
        Err(JsonError::Limit(format!("a text of more than {MAX_STRING} bytes")))
    }

    /// Counts the depth.
    fn enter(&mut self, value: &Value) -> Written {
        if self.depth == MAX_DEPTH {
            return Err(Box::new(Stop::Deep(value.clone())));
        }
        if self.out.len() > MAX_STRING {
            return Err(JsonError::Limit(format!("a text of more than {MAX_STRING} bytes")).into());
        }
        self.depth += 1;
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Written {
        self.open(b'[');
        for (index, item) in items.iter().enumerate() {
            self.between(index);
            self.value(item)?;
        }
        self.close(b']', items.is_empty());
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Written {
        let entries = map.borrow();
        self.open(b'{');
        for (index, (key, value)) in entries.iter().enumerate() {
            self.key(index, key);
            self.value(value)?;
        }
        self.close(b'}', entries.is_empty());
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Written {
        let ty = object.ty();
        if ty.kind() == Kind::Func {
            return Err(JsonError::Unsupported(ty.name()).into());
        }
        let Some(members) = object.members() else {
            return self.value(&object.plain());
        };
        self.open(b'{');
        for (index, (key, value)) in members.iter().enumerate() {
            self.key(index, key.as_bytes());
            self.value(value)?;
        }
        self.close(b'}', members.is_empty());
        Ok(())
    }

    fn key(&mut self, index: usize, key: &[u8]) {
        self.between(index);
        append_string(self.out, key, self.escape_html);
        self.out.push(b':');
        if self.indent.is_some() {
            self.out.push(b' ');
        }
    }

    fn display(&mut self, number: &impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to memory does not fail.
        let _ = write!(self.out, "{number}");
    }

    fn float(&mut self, number: f64, kind: Kind) -> Result<(), JsonError> {
        let bits = if kind == Kind::Float32 { 32 } else { 64 };
        if !number.is_finite() {
            return Err(JsonError::Value(strconv::format_float(number, b'g', None, bits)));
        }
        // Whole numbers are what there is most of.
        #[allow(clippy::cast_possible_truncation)]
        if bits == 64 && number.fract() == 0.0 && number.abs() < 1e15 && (number != 0.0 || number.is_sign_positive()) {
            self.display(&(number as i64));
            return Ok(());
        }
        let size = number.abs();
        #[allow(clippy::cast_possible_truncation)]
        let extreme = size != 0.0
            && if bits == 32 {
                (size as f32) < 1e-6 || size as f32 >= 1e21
            } else {
                !(1e-6..1e21).contains(&size)
            };
        if !extreme {
            strconv::append_float(self.out, number, b'f', None, bits);
            return Ok(());
        }
        strconv::append_float(self.out, number, b'e', None, bits);
        // An exponent of one digit is written as such where it is negative.
        if let [.., b'e', b'-', b'0', _] = self.out.as_slice() {
            self.out.remove(self.out.len() - 2);
        }
        Ok(())
    }

    fn between(&mut self, index: usize) {
        if index > 0 {
            self.out.push(b',');
        }
        self.line();
    }

    fn line(&mut self) {
        let Some(indent) = self.indent else {
            return;
        };
        self.out.push(b'\n');
        for _ in 0..self.level {
            self.out.extend_from_slice(indent.as_bytes());
        }
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
    }

    fn close(&mut self, bracket: u8, empty: bool) {
        self.level -= 1;
        if !empty {
            self.line();
        }
        self.out.push(bracket);
    }
}

/// Finds out whether what is too deep is this value again.
fn leave(value: &Value, depth: usize, stop: Box<Stop>) -> Box<Stop> {
    match *stop {
        Stop::Deep(deep) if same(value, &deep) => Box::new(Stop::Cycle),
        // So deep Go looks for cycles, and finds this value first.
        Stop::Cycle if depth == 1001 => {
            JsonError::Value(format!("encountered a cycle via {}", value.type_name())).into()
        }
        _ => stop,
    }
}

/// Whether both are one list, map or object in memory.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => a.same(b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && std::ptr::eq(a.as_ptr(), b.as_ptr()),
        (Value::Object(a), Value::Object(b)) => std::rc::Rc::ptr_eq(a, b),
        _ => false,
    }
}

/// Appends a JSON string. Bytes that are not UTF-8 become U+FFFD, each written as an escape.
pub fn append_string(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let plain = rest.iter().take_while(|byte| is_plain(**byte, escape_html)).count();
        let (run, tail) = rest.split_at(plain);
        out.extend_from_slice(run);
        let Some(&byte) = tail.first() else {
            break;
        };
        let size = if byte < 0x80 {
            append_escape(out, byte);
            1
        } else {
            let (rune, size) = utf8::decode(tail);
            match rune {
                utf8::REPLACEMENT if size == 1 => out.extend_from_slice(b"\\ufffd"),
                '\u{2028}' => out.extend_from_slice(b"\\u2028"),
                '\u{2029}' => out.extend_from_slice(b"\\u2029"),
                _ => utf8::push(out, rune),
            }
            size
        };
        rest = tail.get(size..).unwrap_or_default();
    }
    out.push(b'"');
}

fn is_plain(byte: u8, escape_html: bool) -> bool {
    match byte {
        b'"' | b'\\' => false,
        b'<' | b'>' | b'&' => !escape_html,
        b' '..=0x7f => true,
        _ => false,
    }
}

fn append_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.extend([byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}
