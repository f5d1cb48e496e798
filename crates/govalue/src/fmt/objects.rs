//! Structs, pointers and named types as fmt prints them, and the addresses that it would.

use super::printer::{Met, Printer};
use crate::{FuncError, Kind, Object, Value};

impl Printer<'_> {
    pub(super) fn object(
        &mut self,
        value: &Value,
        object: &dyn Object,
        verb: char,
        depth: usize,
    ) -> Result<(), FuncError> {
        let ty = object.ty();
        match ty.kind() {
            Kind::Ptr if depth == 0 => {
                self.write(b"&")?;
                let pointee = ty.name().strip_prefix('*').unwrap_or(ty.name());
                self.structure(object, pointee, verb, depth + 1)
            }
            Kind::Ptr | Kind::Func if "vbodxX".contains(verb) => Err(unprintable(value)),
            Kind::Ptr | Kind::Func => self.bad_verb(value, verb, Met::Inside),
            Kind::Struct => self.structure(object, ty.name(), verb, depth),
            Kind::Map => {
                let entries = object.entries().unwrap_or_default();
                self.open_map(ty, false)?;
                for (index, (key, item)) in entries.iter().enumerate() {
                    self.separate(index)?;
                    self.value(key, verb, depth + 1)?;
                    self.write(b":")?;
                    self.value(item, verb, depth + 1)?;
                }
                self.close_list()
            }
            Kind::Slice => {
                if self.flags.sharp_v {
                    self.write(ty.name().as_bytes())?;
                }
                self.open_list()?;
                for (index, (_, item)) in object.entries().unwrap_or_default().iter().enumerate() {
                    self.separate(index)?;
                    self.value(item, verb, depth + 1)?;
                }
                self.close_list()
            }
            _ => self.named_scalar(value, &object.plain(), verb),
        }
    }

    /// A number, string or truth of a named type: written as what it is, but named in errors.
    fn named_scalar(&mut self, value: &Value, plain: &Value, verb: char) -> Result<(), FuncError> {
        match plain {
            Value::Bool(_) if matches!(verb, 't' | 'v') => self.scalar(plain, verb, Met::Inside),
            Value::Int(number, _) => self.number(value, *number < 0, number.cast_unsigned(), true, verb, Met::Inside),
            Value::Uint(number, _) => self.number(value, false, *number, false, verb, Met::Inside),
            Value::Float(..) if "vbgGxXfFeE".contains(verb) => self.scalar(plain, verb, Met::Inside),
            Value::Str(text) => self.string(value, text, verb, Met::Inside),
            Value::Bool(_) | Value::Float(..) => self.bad_verb(value, verb, Met::Inside),
            _ => Err(unprintable(value)),
        }
    }

    fn structure(&mut self, object: &dyn Object, name: &str, verb: char, depth: usize) -> Result<(), FuncError> {
        let fields = object.fields();
        if fields.is_empty() && object.text().is_some() {
            // Its fields are its own affair: they are not told, so they cannot be printed.
            return Err(FuncError::new(format!(
                "fmt: hoist does not know the fields of a {name}, which %{verb} prints"
            )));
        }
        if self.flags.sharp_v {
            self.write(name.as_bytes())?;
        }
        self.write(b"{")?;
        for (index, (name, field)) in fields.iter().enumerate() {
            self.separate(index)?;
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(name.as_bytes())?;
                self.write(b":")?;
            }
            self.value(field, verb, depth + 1)?;
        }
        self.write(b"}")
    }

    /// `%p`: where Go prints an address.
    pub(super) fn address_of(&mut self, value: &Value) -> Result<(), FuncError> {
        Err(match value {
            Value::List(list) if list.is_nil() => return self.null(),
            Value::Map(map) if map.is_nil() => return self.null(),
            Value::List(_) | Value::Map(_) | Value::Bytes(_) => unprintable(value),
            Value::Object(object) if matches!(object.ty().kind(), Kind::Ptr | Kind::Func | Kind::Map | Kind::Slice) => {
                unprintable(value)
            }
            _ => return self.bad_verb(value, 'p', Met::Argument),
        })
    }

    /// `%p` of a nil map or list.
    fn null(&mut self) -> Result<(), FuncError> {
        let sharp = self.flags.sharp;
        self.flags.sharp = !sharp;
        self.integer(false, 0, 16, 'v')?;
        self.flags.sharp = sharp;
        Ok(())
    }
}

fn unprintable(value: &Value) -> FuncError {
    FuncError::new(format!(
        "fmt: a {} would be printed as its address in memory, which is another in each run",
        value.type_name()
    ))
}
