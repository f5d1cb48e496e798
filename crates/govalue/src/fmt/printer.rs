//! Walks a value and writes it as a verb says.

use super::verbs::Flags;
use crate::{FuncError, Kind, List, Map, Type, Value, deep};

/// How deep a value is followed. Go follows it until its stack is full, and dies.
const MAX_DEPTH: usize = 10_000;

/// Where values are written, with the flags that hold for the verb at hand.
pub(super) struct Printer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    start: usize,
    /// While a value is shown inside an error, its methods are not asked.
    erroring: bool,
}

/// How a value was met, on which depends how an error shows it.
#[derive(Clone, Copy)]
pub(super) enum Met {
    /// As an argument.
    Argument,
    /// In another, or by its structure.
    Inside,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            start: out.len(),
            out,
            flags: Flags::default(),
            erroring: false,
        }
    }

    /// Refuses before so many more bytes are written, where there would be too many.
    pub(super) fn room(&self, count: usize) -> Result<(), FuncError> {
        crate::check_string("fmt", (self.out.len() - self.start).saturating_add(count))
    }

    pub(super) fn write(&mut self, text: &[u8]) -> Result<(), FuncError> {
        self.room(text.len())?;
        self.out.extend_from_slice(text);
        Ok(())
    }

    pub(super) fn write_rune(&mut self, rune: char) -> Result<(), FuncError> {
        self.write(rune.encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// Writes an argument by a verb.
    pub(super) fn argument(&mut self, value: &Value, verb: char) -> Result<(), FuncError> {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => {
                self.write(b"%!")?;
                self.write_rune(verb)?;
                self.write(b"(<nil>)")
            }
            (_, 'T') => self.text(value.type_name().as_bytes()),
            (_, 'p') => self.address_of(value),
            (Value::List(_) | Value::Map(_) | Value::Object(_), _) => {
                if self.methods(value, verb)? {
                    return Ok(());
                }
                self.value(value, verb, 0)
            }
            _ => self.scalar(value, verb, Met::Argument),
        }
    }

    /// Lets the value print itself, where it can and may.
    fn methods(&mut self, value: &Value, verb: char) -> Result<bool, FuncError> {
        if self.erroring {
            return Ok(false);
        }
        if verb == 'w' {
            self.bad_verb(value, verb, Met::Argument)?;
            return Ok(true);
        }
        let Value::Object(object) = value else {
            return Ok(false);
        };
        if !self.flags.sharp_v
            && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(text) = object.text()
        {
            self.string(value, &text, verb, Met::Argument)?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn bad_verb(&mut self, value: &Value, verb: char, met: Met) -> Result<(), FuncError> {
        self.erroring = true;
        self.write(b"%!")?;
        self.write_rune(verb)?;
        self.write(b"(")?;
        self.write(value.type_name().as_bytes())?;
        self.write(b"=")?;
        match met {
            Met::Argument => self.argument(value, 'v')?,
            Met::Inside => self.value(value, 'v', 0)?,
        }
        self.erroring = false;
        self.write(b")")
    }

    /// Numbers, strings, truths and bytes.
    pub(super) fn scalar(&mut self, value: &Value, verb: char, met: Met) -> Result<(), FuncError> {
        match value {
            Value::Bool(truth) if matches!(verb, 't' | 'v') => self.pad(if *truth { b"true" } else { b"false" }),
            Value::Int(number, _) => self.number(value, *number < 0, number.cast_unsigned(), true, verb, met),
            Value::Uint(number, _) => self.number(value, false, *number, false, verb, met),
            Value::Float(number, kind) => {
                let bits = if *kind == Kind::Float32 { 32 } else { 64 };
                match verb {
                    'v' => self.float(*number, bits, b'g', None),
                    'b' => self.float(*number, bits, b'b', None),
                    'g' => self.float(*number, bits, b'g', None),
                    'G' => self.float(*number, bits, b'G', None),
                    'x' => self.float(*number, bits, b'x', None),
                    'X' => self.float(*number, bits, b'X', None),
                    'f' | 'F' => self.float(*number, bits, b'f', Some(6)),
                    'e' => self.float(*number, bits, b'e', Some(6)),
                    'E' => self.float(*number, bits, b'E', Some(6)),
                    _ => self.bad_verb(value, verb, met),
                }
            }
            Value::Str(text) => self.string(value, text, verb, met),
            Value::Bytes(bytes) => self.bytes(bytes, verb, met),
            _ => self.bad_verb(value, verb, met),
        }
    }

    pub(super) fn number(
        &mut self,
        value: &Value,
        negative: bool,
        raw: u64,
        is_signed: bool,
        verb: char,
        met: Met,
    ) -> Result<(), FuncError> {
        let magnitude = if negative { raw.wrapping_neg() } else { raw };
        match verb {
            'v' if self.flags.sharp_v && !is_signed => self.hexadecimal(raw),
            'v' | 'd' => self.integer(negative, magnitude, 10, verb),
            'b' => self.integer(negative, magnitude, 2, verb),
            'o' | 'O' => self.integer(negative, magnitude, 8, verb),
            'x' | 'X' => self.integer(negative, magnitude, 16, verb),
            'c' => self.character(raw),
            'q' => self.quoted_character(raw),
            'U' => self.unicode(raw),
            _ => self.bad_verb(value, verb, met),
        }
    }

    /// As `%#v` shows unsigned numbers.
    fn hexadecimal(&mut self, number: u64) -> Result<(), FuncError> {
        let sharp = std::mem::replace(&mut self.flags.sharp, true);
        self.integer(false, number, 16, 'v')?;
        self.flags.sharp = sharp;
        Ok(())
    }

    pub(super) fn string(&mut self, value: &Value, text: &[u8], verb: char, met: Met) -> Result<(), FuncError> {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.text(text),
            'x' => self.hex_text(text, false),
            'X' => self.hex_text(text, true),
            'q' => self.quoted(text),
            _ => self.bad_verb(value, verb, met),
        }
    }

    fn bytes(&mut self, bytes: &[u8], verb: char, met: Met) -> Result<(), FuncError> {
        match verb {
            's' => return self.text(bytes),
            'x' => return self.hex_text(bytes, false),
            'X' => return self.hex_text(bytes, true),
            'q' => return self.quoted(bytes),
            _ => {}
        }
        if self.flags.sharp_v {
            // Go has two names for the type, and uses the short one here alone.
            let name: &[u8] = match (verb, met) {
                ('v', Met::Argument) => b"[]byte",
                _ => b"[]uint8",
            };
            self.write(name)?;
        }
        self.open_list()?;
        for (index, byte) in bytes.iter().enumerate() {
            self.separate(index)?;
            let byte = Value::Uint(u64::from(*byte), Kind::Uint8);
            self.scalar(&byte, verb, Met::Inside)?;
        }
        self.close_list()
    }

    pub(super) fn open_list(&mut self) -> Result<(), FuncError> {
        self.write(if self.flags.sharp_v { b"{" } else { b"[" })
    }

    pub(super) fn close_list(&mut self) -> Result<(), FuncError> {
        self.write(if self.flags.sharp_v { b"}" } else { b"]" })
    }

    pub(super) fn separate(&mut self, index: usize) -> Result<(), FuncError> {
        match (index, self.flags.sharp_v) {
            (0, _) => Ok(()),
            (_, true) => self.write(b", "),
            (_, false) => self.write(b" "),
        }
    }

    /// Writes a value by its structure.
    pub(super) fn value(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), FuncError> {
        if depth > MAX_DEPTH {
            return Err(FuncError::new(format!(
                "fmt: a value is nested more than {MAX_DEPTH} deep; does it hold itself?"
            )));
        }
        if depth > 0 && self.methods(value, verb)? {
            return Ok(());
        }
        match value {
            // An interface that holds nothing.
            Value::Nil if self.flags.sharp_v => self.write(b"interface {}(nil)"),
            Value::Nil => self.write(b"<nil>"),
            Value::List(list) => deep::step(|| self.list(list, verb, depth)),
            Value::Map(map) => deep::step(|| self.map(map, verb, depth)),
            Value::Object(object) => deep::step(|| self.object(value, object.as_ref(), verb, depth)),
            _ => self.scalar(value, verb, Met::Inside),
        }
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) -> Result<(), FuncError> {
        if self.flags.sharp_v {
            self.write(list.ty().name().as_bytes())?;
            if list.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.open_list()?;
        for (index, item) in list.iter().enumerate() {
            self.separate(index)?;
            self.value(item, verb, depth + 1)?;
        }
        self.close_list()
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) -> Result<(), FuncError> {
        if !self.open_map(map.ty(), map.is_nil())? {
            return Ok(());
        }
        for (index, (key, item)) in map.borrow().iter().enumerate() {
            self.separate(index)?;
            self.string(&Value::Str(key.clone()), key, verb, Met::Inside)?;
            self.write(b":")?;
            self.value(item, verb, depth + 1)?;
        }
        self.close_list()
    }

    /// Writes the beginning of a map; whether anything follows.
    pub(super) fn open_map(&mut self, ty: Type, nil: bool) -> Result<bool, FuncError> {
        if !self.flags.sharp_v {
            self.write(b"map[")?;
            return Ok(true);
        }
        self.write(ty.name().as_bytes())?;
        self.write(if nil { b"(nil)" } else { b"{" })?;
        Ok(!nil)
    }
}
