//! Calls functions and methods: checks and converts their arguments as Go's `reflect` does.

use hoist_govalue::{Args, Body, Func, Kind, Method, Type, Value};
use smallvec::SmallVec;

use super::{Result, State};
use crate::{
    ExecError,
    builtin::{self, Builtin},
    funcs::Callee,
    text,
    tree::{At, Operand, Span, Term},
    value::{Seen, assign, can_be_nil, zero},
};

/// The values of a call.
type Values = SmallVec<[Value; 4]>;

/// What is passed to a function: the arguments after its name, and the value of the pipeline before it.
pub(super) struct Passed<'t> {
    pub(super) args: &'t [Operand],
    pub(super) last: Option<Seen>,
}

impl Passed<'_> {
    pub(super) const NOTHING: Self = Self { args: &[], last: None };

    pub(super) fn count(&self) -> usize {
        self.args.len() + usize::from(self.last.is_some())
    }
}

impl<'t> State<'t, '_> {
    pub(super) fn function(
        &mut self,
        dot: &Seen,
        callee: Callee,
        name: Span,
        at: At<'t>,
        passed: Passed<'t>,
    ) -> Result<Seen> {
        let index = match callee {
            Callee::Builtin(builtin) => return self.builtin(dot, builtin, at, passed),
            Callee::Function(index) => index,
        };
        let Some(function) = self.context.functions.at(index).copied() else {
            let name = text::quote(self.file.span(name));
            return self.fail(format!("{name} is not a defined function"));
        };
        let Func {
            name,
            params,
            variadic,
            body,
        } = function;
        let values = self.values(dot, name, params, variadic, passed)?;
        let args = Args::new(&values);
        self.context.charge(cost(name));
        let result = match body {
            Body::Pure(body) => body(args).map_err(ExecError::from),
            Body::Host(body) => body(self.embedder.host(), args).map_err(ExecError::from),
            Body::Embedder => self.embedder.call(self.context, name, args),
        };
        match result {
            Ok(value) => self.made(value),
            Err(error) => self.called(at, name, error),
        }
    }

    fn made(&mut self, value: Value) -> Result<Seen> {
        match self.context.produced(&value) {
            None => Ok(Seen::result(value)),
            Some(reason) => self.fail(reason),
        }
    }

    pub(super) fn method(
        &mut self,
        dot: &Seen,
        receiver: &Value,
        method: &'static Method,
        node: &'t Operand,
        passed: Passed<'t>,
    ) -> Result<Seen> {
        let values = self.values(dot, method.name, method.params, method.variadic, passed)?;
        let result = match receiver {
            Value::Object(object) => object.call(method.name, self.embedder.host(), &values),
            _ => self.embedder.call_method(receiver, method, Args::new(&values)),
        };
        match result {
            Ok(value) => self.made(value),
            Err(error) => self.called(At::Operand(node), method.name, error),
        }
    }

    fn arity(&self, name: &str, fixed: usize, variadic: bool, passed: &Passed<'_>) -> Result<()> {
        let count = passed.count();
        if variadic && count < fixed {
            let got = passed.args.len();
            return self.fail(format!(
                "wrong number of args for {name}: want at least {fixed} got {got}"
            ));
        }
        if !variadic && count != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {count}"));
        }
        Ok(())
    }

    /// Evaluates and checks the arguments of a call.
    fn values(
        &mut self,
        dot: &Seen,
        name: &str,
        params: &'static [Type],
        variadic: bool,
        passed: Passed<'t>,
    ) -> Result<Values> {
        let fixed = params.len() - usize::from(variadic && !params.is_empty());
        self.arity(name, fixed, variadic, &passed)?;
        let mut values = Values::with_capacity(passed.count());
        let param = |index: usize| params.get(index).or(params.last()).copied().unwrap_or(Type::Any);
        for (index, operand) in passed.args.iter().enumerate() {
            values.push(self.argument(dot, param(index), operand)?);
        }
        if let Some(last) = passed.last {
            values.push(self.validate(last, param(values.len()))?);
        }
        Ok(values)
    }

    fn argument(&mut self, dot: &Seen, ty: Type, operand: &'t Operand) -> Result<Value> {
        self.at = Some(At::Operand(operand));
        match operand.term {
            Term::Nil if can_be_nil(ty) => Ok(zero(ty)),
            Term::Nil => self.fail(format!("cannot assign nil to {ty}")),
            Term::Bool(_) | Term::Number(_) | Term::Str(..) => self.constant(ty, operand),
            Term::Dot => self.validate(dot.clone(), ty),
            _ => {
                let value = self.reference(dot, operand)?;
                self.validate(value, ty)
            }
        }
    }

    fn validate(&mut self, value: Seen, ty: Type) -> Result<Value> {
        if value.is_invalid() {
            if can_be_nil(ty) {
                return Ok(zero(ty));
            }
            return self.fail(format!("invalid value; expected {ty}"));
        }
        if value.is_nil_interface() && !matches!(ty, Type::Any | Type::Reflect) {
            return self.fail(format!("wrong type for value; expected {ty}; got interface {{}}"));
        }
        match assign(value.value, ty) {
            Ok(value) => Ok(value),
            Err(value) => {
                let own = value.type_name();
                self.fail(format!("wrong type for value; expected {ty}; got {own}"))
            }
        }
    }

    /// A constant as a value of a type.
    #[allow(clippy::cast_possible_truncation)]
    fn constant(&mut self, ty: Type, operand: &'t Operand) -> Result<Value> {
        let (int, uint, float) = match operand.term {
            Term::Number(number) => {
                let number = self.file.number(number);
                (number.int, number.uint, number.float)
            }
            _ => (None, None, None),
        };
        let kind = ty.kind();
        let expected = match (kind, operand.term) {
            (Kind::Interface, _) if matches!(ty, Type::Any | Type::Reflect) => return Ok(self.ideal(operand)?.value),
            (Kind::Bool, Term::Bool(truth)) => return Ok(Value::Bool(truth)),
            (Kind::Bool, _) => "bool",
            (Kind::String, Term::Str(text, _)) => return Ok(self.file.string(text).clone()),
            (Kind::String, _) => "string",
            _ if kind.is_float() => match float {
                Some(float) if kind == Kind::Float32 => return Ok(Value::Float(f64::from(float as f32), kind)),
                Some(float) => return Ok(Value::Float(float, kind)),
                None => "float",
            },
            _ if kind.is_int() => match int {
                Some(int) => return Ok(Value::Int(narrow(int, kind), kind)),
                None => "integer",
            },
            _ if kind.is_uint() => match uint {
                Some(uint) => return Ok(Value::Uint(narrow_unsigned(uint, kind), kind)),
                None => "unsigned integer",
            },
            _ => {
                let text = text::operand(self.file, operand);
                return self.fail(format!("can't handle {text} for arg of type {ty}"));
            }
        };
        let found = text::operand(self.file, operand);
        self.fail(format!("expected {expected}; found {found}"))
    }
}

#[allow(clippy::cast_possible_truncation)]
fn narrow(number: i64, kind: Kind) -> i64 {
    match kind {
        Kind::Int8 => i64::from(number as i8),
        Kind::Int16 => i64::from(number as i16),
        Kind::Int32 => i64::from(number as i32),
        _ => number,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn narrow_unsigned(number: u64, kind: Kind) -> u64 {
    match kind {
        Kind::Uint8 => u64::from(number as u8),
        Kind::Uint16 => u64::from(number as u16),
        Kind::Uint32 => u64::from(number as u32),
        _ => number,
    }
}

impl<'t> State<'t, '_> {
    fn builtin(&mut self, dot: &Seen, builtin: Builtin, at: At<'t>, passed: Passed<'t>) -> Result<Seen> {
        let name = builtin.name();
        let (fixed, variadic) = builtin.arity();
        self.arity(name, fixed, variadic, &passed)?;
        if let Builtin::And | Builtin::Or = builtin {
            return self.short_circuit(dot, builtin == Builtin::Or, passed);
        }
        if builtin.takes_interfaces() {
            let params: &'static [Type] = match builtin {
                Builtin::Printf => &[Type::Str, Type::Any],
                _ => &[Type::Any],
            };
            let values = self.values(dot, name, params, true, passed)?;
            return match builtin::text(builtin, &values) {
                Ok(text) => self.made(Value::str(text)),
                Err(error) => self.called(at, name, error),
            };
        }
        let callee = match (builtin, passed.args.first()) {
            (Builtin::Call, Some(first)) => text::operand(self.file, first),
            (Builtin::Call, None) => passed.last.as_ref().map(builtin::reflected).unwrap_or_default(),
            _ => String::new(),
        };
        let mut values: SmallVec<[Seen; 4]> = SmallVec::with_capacity(passed.count());
        for operand in passed.args {
            values.push(self.reference(dot, operand)?);
        }
        values.extend(passed.last);
        match builtin::reflect(builtin, &values, &callee) {
            Ok(value) => Ok(value),
            Err(error) => self.called(at, name, error),
        }
    }

    /// `and` and `or`, which evaluate no more of their arguments than they need.
    fn short_circuit(&mut self, dot: &Seen, until: bool, passed: Passed<'t>) -> Result<Seen> {
        let mut value = Seen::INVALID;
        for operand in passed.args {
            value = self.reference(dot, operand)?;
            if value.value.is_true() == until {
                return Ok(value);
            }
        }
        Ok(passed.last.unwrap_or(value))
    }
}

/// How many steps a function that is slow by design is worth, so that a loop over it ends, too.
fn cost(name: &str) -> usize {
    match name {
        "genPrivateKey" => 4 << 20,
        "derivePassword" => 1 << 21,
        "genCA" | "genSelfSignedCert" | "genSignedCert" => 1 << 20,
        "bcrypt" | "htpasswd" => 1 << 19,
        _ => 0,
    }
}
