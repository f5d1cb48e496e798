//! Evaluates pipelines, commands, variables and chains of fields.

use std::rc::Rc;

use hoist_govalue::{Kind, Method, Object, Type, Value};

use super::{Result, State, call::Passed};
use crate::{
    MissingKey,
    number::Ideal,
    stack::grow,
    text,
    tree::{At, Command, Operand, Pipe, Run, Span, Term},
    value::{Seen, zero},
};

impl<'t> State<'t, '_> {
    pub(super) fn pipeline(&mut self, dot: &Seen, pipe: &'t Pipe) -> Result<Seen> {
        self.at = Some(At::Pipe(pipe));
        let commands = pipe.commands.of(&self.file.commands);
        if let ([only], true) = (commands, pipe.declared.is_empty()) {
            return Ok(self.command(dot, only, None)?.unboxed());
        }
        let mut value: Option<Seen> = None;
        for command in commands {
            value = Some(self.command(dot, command, value.take())?.unboxed());
        }
        let value = value.unwrap_or_default();
        for variable in pipe.declared.of(&self.file.declared) {
            if pipe.assign {
                self.set_variable(*variable, value.clone())?;
            } else {
                self.context.variables.push((*variable, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Seen, command: &'t Command, last: Option<Seen>) -> Result<Seen> {
        self.step()?;
        let Some((first, args)) = command.args.of(&self.file.operands).split_first() else {
            return Ok(Seen::INVALID);
        };
        let passed = Passed { args, last };
        match first.term {
            Term::Field(fields) => {
                self.at = Some(At::Operand(first));
                self.fields(dot, dot, first, fields, passed)
            }
            Term::Chain(base, fields) => self.chain(dot, first, base, fields, passed),
            Term::Function(callee, name) => {
                self.at = Some(At::Operand(first));
                self.function(dot, callee, name, At::Command(command), passed)
            }
            Term::Pipe(pipe) => {
                self.no_function(first, &passed)?;
                let pipe = self.file.pipe(pipe);
                grow(|| self.pipeline(dot, pipe))
            }
            Term::Variable(id, fields) => {
                self.at = Some(At::Operand(first));
                let value = self.variable(id)?;
                if fields.is_empty() {
                    self.no_function(first, &passed)?;
                    return Ok(value);
                }
                self.fields(dot, &value, first, fields, passed)
            }
            term => {
                self.at = Some(At::Operand(first));
                self.no_function(first, &passed)?;
                match term {
                    Term::Dot => Ok(dot.clone()),
                    Term::Nil => self.fail("nil is not a command"),
                    _ => self.ideal(first),
                }
            }
        }
    }

    pub(super) fn no_function(&self, first: &Operand, passed: &Passed<'_>) -> Result<()> {
        if passed.count() == 0 {
            return Ok(());
        }
        let first = text::operand(self.file, first);
        self.fail(format!("can't give argument to non-function {first}"))
    }

    /// A constant where no type is asked for.
    pub(super) fn ideal(&mut self, operand: &'t Operand) -> Result<Seen> {
        self.at = Some(At::Operand(operand));
        let value = match operand.term {
            Term::Bool(truth) => Value::Bool(truth),
            Term::Str(text, _) => self.file.string(text).clone(),
            Term::Number(number) => match self.file.number(number).ideal {
                Ideal::Int(number) => Value::int(number),
                Ideal::Float(number) => Value::float(number),
                Ideal::Complex => {
                    let text = String::from_utf8_lossy(self.file.span(self.file.number(number).text));
                    return self.fail(format!("{text} is a complex number, which hoist does not know"));
                }
                Ideal::Overflow => {
                    let text = String::from_utf8_lossy(self.file.span(self.file.number(number).text));
                    return self.fail(format!("{text} overflows int"));
                }
            },
            _ => {
                let text = text::operand(self.file, operand);
                return self.fail(format!("can't evaluate command {}", text::quote(text.as_bytes())));
            }
        };
        Ok(Seen::plain(value))
    }

    fn chain(&mut self, dot: &Seen, node: &'t Operand, base: u32, fields: Run, passed: Passed<'t>) -> Result<Seen> {
        self.at = Some(At::Operand(node));
        let receiver = self.reference(dot, self.file.operand(base))?;
        self.fields(dot, &receiver, node, fields, passed)
    }

    /// What is not a constant, as an argument.
    pub(super) fn reference(&mut self, dot: &Seen, operand: &'t Operand) -> Result<Seen> {
        self.at = Some(At::Operand(operand));
        match operand.term {
            Term::Dot => Ok(dot.clone()),
            Term::Field(fields) => self.fields(dot, dot, operand, fields, Passed::NOTHING),
            Term::Variable(id, fields) => {
                let value = self.variable(id)?;
                self.fields(dot, &value, operand, fields, Passed::NOTHING)
            }
            Term::Pipe(pipe) => {
                let pipe = self.file.pipe(pipe);
                grow(|| self.pipeline(dot, pipe))
            }
            Term::Function(callee, name) => self.function(dot, callee, name, At::Operand(operand), Passed::NOTHING),
            Term::Chain(base, fields) => self.chain(dot, operand, base, fields, Passed::NOTHING),
            Term::Nil => Ok(Seen::INVALID),
            Term::Bool(_) | Term::Number(_) | Term::Str(..) => self.ideal(operand),
        }
    }

    fn fields(
        &mut self,
        dot: &Seen,
        receiver: &Seen,
        node: &'t Operand,
        fields: Run,
        passed: Passed<'t>,
    ) -> Result<Seen> {
        match fields.of(&self.file.fields) {
            [] => Ok(receiver.clone()),
            [only] => self.field(dot, *only, node, passed, receiver),
            [first, between @ .., last] => {
                let mut value = self.field(dot, *first, node, Passed::NOTHING, receiver)?;
                for field in between {
                    value = self.field(dot, *field, node, Passed::NOTHING, &value)?;
                }
                self.field(dot, *last, node, passed, &value)
            }
        }
    }

    fn field(
        &mut self,
        dot: &Seen,
        name: Span,
        node: &'t Operand,
        passed: Passed<'t>,
        receiver: &Seen,
    ) -> Result<Seen> {
        let missing = self.context.options.missing_key;
        match &receiver.value {
            Value::Nil if receiver.boxed => {
                let name = self.file.name(name);
                self.fail(format!("nil pointer evaluating interface {{}}.{name}"))
            }
            Value::Nil if missing == MissingKey::Error => {
                let name = text::quote(self.file.span(name));
                self.fail(format!("nil data; no entry for key {name}"))
            }
            Value::Nil => Ok(Seen::INVALID),
            Value::Map(map) => {
                let ty = map.ty();
                if let Some(method) = self.named_method(ty, name) {
                    return self.method(dot, &receiver.value, method, node, passed);
                }
                if passed.count() > 0 {
                    return self.has_arguments(name);
                }
                match map.get(self.file.span(name)) {
                    Some(value) => Ok(Seen::element(value, ty.elem())),
                    None => self.missing(name, ty.elem()),
                }
            }
            Value::List(list) => match self.named_method(list.ty(), name) {
                Some(method) => self.method(dot, &receiver.value, method, node, passed),
                None => self.no_field(name, receiver),
            },
            Value::Object(object) => {
                let known = self.file.name(name);
                if let Some(method) = object.methods().iter().find(|method| method.name == known) {
                    return self.method(dot, &receiver.value, method, node, passed);
                }
                self.object_field(name, object, receiver, &passed)
            }
            _ => self.no_field(name, receiver),
        }
    }

    fn object_field(
        &mut self,
        name: Span,
        object: &Rc<dyn Object>,
        receiver: &Seen,
        passed: &Passed<'_>,
    ) -> Result<Seen> {
        let known = self.file.name(name);
        if object.ty().kind() == Kind::Map {
            if passed.count() > 0 {
                return self.has_arguments(name);
            }
            let entry = || {
                let entries = object.entries()?;
                let mut entries = entries.into_iter();
                entries.find_map(|(key, value)| key.as_str().is_some_and(|key| *key == known).then_some(value))
            };
            return match object.field(known).or_else(entry) {
                Some(value) => Ok(Seen::element(value, object.elem())),
                None => self.missing(name, object.elem()),
            };
        }
        match object.field(known) {
            Some(_) if passed.count() > 0 => {
                self.fail(format!("{known} has arguments but cannot be invoked as function"))
            }
            Some(value) => Ok(Seen {
                placed: receiver.placed || object.ty().kind() == Kind::Ptr,
                ..Seen::result(value)
            }),
            // What fmt prints and templates cannot reach.
            None if object.fields().iter().any(|(field, _)| *field == known) => {
                let ty = receiver.static_type();
                self.fail(format!("{known} is an unexported field of struct type {ty}"))
            }
            None => self.no_field(name, receiver),
        }
    }

    fn has_arguments<T>(&self, name: Span) -> Result<T> {
        let name = self.file.name(name);
        self.fail(format!("{name} is not a method but has arguments"))
    }

    fn no_field<T>(&self, name: Span, receiver: &Seen) -> Result<T> {
        let name = self.file.name(name);
        let ty = receiver.static_type();
        self.fail(format!("can't evaluate field {name} in type {ty}"))
    }

    fn missing(&self, name: Span, element: Type) -> Result<Seen> {
        match self.context.options.missing_key {
            MissingKey::Invalid => Ok(Seen::INVALID),
            MissingKey::Zero => Ok(Seen::element(zero(element), element)),
            MissingKey::Error => {
                let name = text::quote(self.file.span(name));
                self.fail(format!("map has no entry for key {name}"))
            }
        }
    }

    fn named_method(&self, ty: Type, name: Span) -> Option<&'static Method> {
        let Type::Named(type_name, _) = ty else {
            return None;
        };
        let name = self.file.name(name);
        let methods = self.embedder.methods(type_name);
        methods.iter().find(|method| method.name == name)
    }
}
