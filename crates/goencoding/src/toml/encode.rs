//! Writes values as TOML.

use hoist_govalue::{Kind, MAX_STRING, Str, Value, deep, strconv};

use super::key::{append_part, append_quoted, join};
use super::shape::{Form, Looks, Shape, form, items, refused, shape, split, too_deep};
use super::{MAX_DEPTH, TomlError};

struct Encoder {
    out: Vec<u8>,
    key: Vec<Str>,
    depth: usize,
    looks: Looks,
}

pub(super) fn document(value: &Value) -> Result<Vec<u8>, TomlError> {
    if matches!(value, Value::Nil) {
        let text = "reflect: call of reflect.Value.Type on zero Value";
        return Err(TomlError::Panic(text.to_owned()));
    }
    let mut encoder = Encoder {
        out: Vec::new(),
        key: Vec::new(),
        depth: 0,
        looks: Looks::default(),
    };
    encoder.value(value)?;
    Ok(encoder.out)
}

impl Encoder {
    fn nested(&mut self, write: impl FnOnce(&mut Self) -> Result<(), TomlError>) -> Result<(), TomlError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        if self.out.len() > MAX_STRING {
            return Err(TomlError::Limit(format!("a text of more than {MAX_STRING} bytes")));
        }
        self.depth += 1;
        deep::step(|| write(self))?;
        self.depth -= 1;
        Ok(())
    }

    /// Writes a value at the key that is at hand; none at the top.
    fn value(&mut self, value: &Value) -> Result<(), TomlError> {
        self.nested(|it| match shape(value, &it.looks, 0)? {
            Shape::Nil => Ok(()),
            Shape::Plain => it.key_value(value),
            Shape::Table => it.table(value),
            Shape::Tables => it.tables(value),
        })
    }

    fn indent(&mut self) {
        for _ in 1..self.key.len() {
            self.out.extend_from_slice(b"  ");
        }
    }

    /// A line's end, but not before all others.
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn key_value(&mut self, value: &Value) -> Result<(), TomlError> {
        let Some(last) = self.key.last().cloned() else {
            return self.element(value);
        };
        self.indent();
        append_part(&mut self.out, &last);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        self.newline();
        Ok(())
    }

    fn header(&mut self, open: &[u8], close: &[u8]) {
        self.indent();
        self.out.extend_from_slice(open);
        self.out.extend_from_slice(&join(&self.key));
        self.out.extend_from_slice(close);
        self.newline();
    }

    fn table(&mut self, value: &Value) -> Result<(), TomlError> {
        if self.key.len() == 1 {
            self.newline();
        }
        if !self.key.is_empty() {
            self.header(b"[", b"]");
        }
        self.entries(value)
    }

    fn tables(&mut self, list: &Value) -> Result<(), TomlError> {
        if self.key.is_empty() {
            return Err(refused("toml: top-level values must be Go maps or structs"));
        }
        for table in items(list)? {
            self.newline();
            self.header(b"[[", b"]]");
            self.nested(|it| it.entries(&table))?;
        }
        Ok(())
    }

    /// A table's entries, on lines of their own: first those behind an equals sign, then the tables.
    fn entries(&mut self, table: &Value) -> Result<(), TomlError> {
        let (plain, tables) = split(table, &self.looks)?;
        for entry in plain.into_iter().chain(tables) {
            self.key.push(entry.key);
            self.value(&entry.value)?;
            self.key.pop();
        }
        Ok(())
    }

    /// A table between braces.
    fn inline(&mut self, table: &Value) -> Result<(), TomlError> {
        let (plain, tables) = split(table, &self.looks)?;
        self.out.push(b'{');
        for entry in plain.into_iter().chain(tables) {
            if shape(&entry.value, &self.looks, 0)? == Shape::Nil {
                // With the comma before it left where it is.
                continue;
            }
            append_part(&mut self.out, &entry.key);
            self.out.extend_from_slice(b" = ");
            self.element(&entry.value)?;
            if entry.comma {
                self.out.extend_from_slice(b", ");
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Result<(), TomlError> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.element(item)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A value where it stands: behind an equals sign or in a list.
    fn element(&mut self, value: &Value) -> Result<(), TomlError> {
        self.nested(|it| {
            match value {
                // Not reached: what is nil has been left out or refused.
                Value::Nil => {}
                Value::Bool(truth) => it.write(if *truth { "true" } else { "false" }),
                Value::Int(number, _) => it.write(&number.to_string()),
                Value::Uint(number, _) => it.write(&number.to_string()),
                Value::Float(number, kind) => it.float(*number, *kind),
                Value::Str(text) => append_quoted(&mut it.out, text),
                Value::Bytes(_) => it.list(&items(value)?)?,
                Value::List(list) => it.list(list)?,
                Value::Map(_) => it.inline(value)?,
                Value::Object(object) => match form(object.as_ref())? {
                    Form::Table(_) => it.inline(value)?,
                    Form::List(items) => it.list(&items)?,
                    Form::Quoted(text) => append_quoted(&mut it.out, &text),
                    Form::Bare(text) => it.out.extend_from_slice(&text),
                    Form::Scalar(plain) => it.element(&plain)?,
                },
            }
            Ok(())
        })
    }

    fn write(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, number: f64, kind: Kind) {
        if !number.is_finite() {
            if number.is_sign_negative() {
                self.write("-");
            }
            self.write(if number.is_nan() { "nan" } else { "inf" });
            return;
        }
        let bits = if kind == Kind::Float32 { 32 } else { 64 };
        let text = strconv::format_float(number, b'g', None, bits);
        self.write(&text);
        if !text.contains(['e', '.']) {
            self.write(".0");
        }
    }
}
