//! Expressions.

use hoist_govalue::{Kind, Type};

use super::pools::{
    BOOLS, CONSTRAINTS, FLOATS, GIVE_BOOL, GIVE_FLOAT, GIVE_INT, GIVE_LIST, GIVE_MAP, GIVE_TEXT, INTS, LARGE, LISTS,
    MAPS, METHODS, NASTY, OTHERS, PATTERNS, PLACES, ROOT, STRINGS, TEXTS, VERSIONS,
};
use super::{HUNGRY, Signature, Writer, is_map};

impl Writer<'_, '_> {
    /// What stands in an action: a call or a value, and functions behind it.
    pub(crate) fn pipeline(&mut self, ty: Type, depth: usize) -> String {
        match self.rng.below(100) {
            0..40 => self.atom(ty),
            40..70 => {
                let signature = self.giving(ty);
                self.call(&signature, depth, false)
            }
            _ => {
                let signature = self.giving(ty);
                if HUNGRY.contains(&signature.name) && !self.hostile() {
                    return self.call(&signature, depth, false);
                }
                let last = signature.params.last().copied();
                let call = self.call(&signature, depth.saturating_sub(1), true);
                let before = self.pipeline(last.unwrap_or(Type::Any), depth.saturating_sub(1));
                format!("{before} | {call}")
            }
        }
    }

    /// An argument, in parentheses where it is more than a word.
    pub(super) fn argument(&mut self, ty: Type, depth: usize) -> String {
        // Now and then it is of a wrong type.
        let wrong = if self.hostile() { 100 } else { 8 };
        let ty = if self.rng.below(1000) < wrong { Type::Any } else { ty };
        if self.hostile() && self.rng.chance(8) {
            return self.rng.pick(NASTY).to_owned();
        }
        if depth == 0 || self.rng.chance(55) {
            return self.atom(ty);
        }
        if self.rng.chance(25) {
            return format!("({})", self.pipeline(ty, depth - 1));
        }
        let signature = self.giving(ty);
        let call = self.call(&signature, depth - 1, false);
        let field = if is_map(ty) && self.rng.chance(5) { ".a" } else { "" };
        format!("({call}){field}")
    }

    /// A word, or what is in parentheses already.
    fn atom(&mut self, ty: Type) -> String {
        if !self.variables.is_empty() && self.rng.chance(if ty == Type::Any { 25 } else { 3 }) {
            let at = self.rng.below(self.variables.len());
            return self.variables[at].clone();
        }
        let place = |name: &str| format!("$.Values.{name}");
        match ty.kind() {
            Kind::String if self.rng.chance(40) => place(self.rng.pick(TEXTS)),
            Kind::String => self.rng.pick(STRINGS).to_owned(),
            Kind::Bool if self.rng.chance(30) => place("b"),
            Kind::Bool => self.rng.pick(BOOLS).to_owned(),
            kind if kind.is_int() || kind.is_uint() => match self.rng.below(10) {
                0 => self.rng.pick(LARGE).to_owned(),
                1 => "(len $.Values.l)".into(),
                _ => self.rng.pick(INTS).to_owned(),
            },
            kind if kind.is_float() => self.rng.pick(FLOATS).to_owned(),
            Kind::Map if self.rng.chance(50) => place(self.rng.pick(&["m", "deep", "deep.a", "empty", "m.sub"])),
            Kind::Map => self.rng.pick(MAPS).to_owned(),
            Kind::Slice if self.rng.chance(50) => place(self.rng.pick(&["l", "nums", "maps", "none"])),
            Kind::Slice => self.rng.pick(LISTS).to_owned(),
            Kind::Struct | Kind::Ptr => self.rng.pick(OTHERS).to_owned(),
            _ => self.anything(),
        }
    }

    fn anything(&mut self) -> String {
        match self.rng.below(24) {
            0..=3 => self.rng.pick(STRINGS).to_owned(),
            4 | 5 => self.rng.pick(INTS).to_owned(),
            6 => self.rng.pick(FLOATS).to_owned(),
            7 => self.rng.pick(LARGE).to_owned(),
            8 => self.rng.pick(BOOLS).to_owned(),
            9 => self.rng.pick(MAPS).to_owned(),
            10 => self.rng.pick(LISTS).to_owned(),
            11 => self.rng.pick(OTHERS).to_owned(),
            12 => "nil".into(),
            13 => ".".into(),
            14 => "$".into(),
            15 => format!("${}", self.rng.pick(ROOT)),
            16 => format!("({})", self.rng.pick(METHODS)),
            17 => self.rng.pick(&[".a", ".k", ".name", ".x.y", ".Values.s"]).to_owned(),
            _ => format!("$.Values.{}", self.rng.pick(PLACES)),
        }
    }

    /// A function whose answer is of the type, most of the time.
    fn giving(&mut self, ty: Type) -> Signature {
        let wanted = match ty.kind() {
            Kind::String => GIVE_TEXT,
            Kind::Map => GIVE_MAP,
            Kind::Slice => GIVE_LIST,
            Kind::Bool => GIVE_BOOL,
            kind if kind.is_int() => GIVE_INT,
            kind if kind.is_float() => GIVE_FLOAT,
            _ => &[],
        };
        let language = self.language;
        if !wanted.is_empty() && self.rng.chance(if self.hostile() { 80 } else { 95 }) {
            let name = self.rng.pick(wanted);
            let of_name: Vec<_> = language.functions.iter().filter(|it| it.name == name).collect();
            if !of_name.is_empty() {
                return of_name[self.rng.below(of_name.len())].clone();
            }
        }
        let one = self.rng.one(&language.functions);
        // What gives up easily is left to one in ten.
        let again = !self.hostile() && (one.name.starts_with("must") || one.name == "call") && self.rng.chance(90);
        if again { self.giving(ty) } else { one.clone() }
    }

    fn call(&mut self, signature: &Signature, depth: usize, piped: bool) -> String {
        let name = signature.name;
        let mut types = signature.params.clone();
        if signature.variadic
            && let Some(last) = types.pop()
        {
            let least = usize::from(!self.hostile() && self.rng.chance(95));
            types.extend(std::iter::repeat_n(last, self.rng.between(least, 3)));
        }
        if piped {
            types.pop();
        } else if self.hostile() && self.rng.chance(5) || self.rng.below(300) == 0 {
            types.push(Type::Any);
        }
        let hungry = HUNGRY.contains(&name) && !self.hostile();
        let mut arguments: Vec<String> = Vec::with_capacity(types.len());
        for ty in types {
            arguments.push(if hungry && ty.kind().is_int() {
                self.rng.pick(&["0", "1", "2", "4", "7", "12", "$.Values.n"]).to_owned()
            } else {
                self.argument(ty, depth)
            });
        }
        self.tamed(name, &mut arguments);
        let call = format!("{name} {}", arguments.join(" "));
        let call = call.trim_end();
        // Go's maps have no order.
        match name {
            "keys" | "values" if !self.hostile() => match piped {
                true => format!("{name} | sortAlpha"),
                false => format!("sortAlpha ({call})"),
            },
            _ => call.to_owned(),
        }
    }

    /// Gives some arguments a form without which nearly every call would fail in the same way.
    fn tamed(&mut self, name: &str, arguments: &mut [String]) {
        match name {
            "include" if self.rng.chance(95) && !arguments.is_empty() => {
                arguments[0] = match self.names.is_empty() {
                    true => "\"none\"".into(),
                    false => format!("\"{}\"", self.rng.one(&self.names)),
                };
                if arguments.len() > 1 && self.rng.chance(80) {
                    arguments[1] = "$".into();
                }
            }
            "tpl" if arguments.len() > 1 && self.rng.chance(80) => arguments[1] = "$".into(),
            "dict" => {
                for argument in arguments.iter_mut().step_by(2) {
                    *argument = self
                        .rng
                        .pick(&["\"a\"", "\"b\"", "\"k\"", "$.Values.s", "\"x y\""])
                        .to_owned();
                }
            }
            "printf" if !arguments.is_empty() && self.rng.chance(90) && !self.hostile() => {
                arguments[0] = self
                    .rng
                    .pick(&[
                        "\"%v\"",
                        "\"%s\"",
                        "\"%d %v\"",
                        "\"%q\"",
                        "\"%5v|%-5v\"",
                        "\"%T\"",
                        "\"%+v\"",
                        "\"%#v\"",
                        "\"%x\"",
                        "\"%05d\"",
                        "\"%.2f\"",
                        "\"%t\"",
                        "\"%c%U\"",
                        "\"%e %g\"",
                        "\"%*d\"",
                        "\"%[2]v%[1]v\"",
                        "\"100%%\"",
                    ])
                    .to_owned();
            }
            _ if self.hostile() => {}
            "semver" if !arguments.is_empty() => arguments[0] = self.rng.pick(VERSIONS).to_owned(),
            "semverCompare" if !arguments.is_empty() => {
                arguments[0] = self.rng.pick(CONSTRAINTS).to_owned();
                if let Some(version) = arguments.get_mut(1) {
                    *version = self.rng.pick(VERSIONS).to_owned();
                }
            }
            name if name.contains("egex") && !arguments.is_empty() => {
                arguments[0] = self.rng.pick(PATTERNS).to_owned();
            }
            "toDate" | "mustToDate" if !arguments.is_empty() => arguments[0] = "\"2006-01-02\"".into(),
            "dateModify" | "date_modify" | "mustDateModify" if !arguments.is_empty() => {
                arguments[0] = "\"-1h30m\"".into()
            }
            "required" if !arguments.is_empty() => arguments[0] = "\"it is needed\"".into(),
            _ => {}
        }
    }
}
