//! Statements, and the texts between them.

use hoist_govalue::Type;

use super::Writer;

const TEXTS: &[&str] = &[
    "text ",
    "\n",
    " \n  - a\n",
    "x",
    "  ",
    "key: value\n",
    "\t",
    "a: { ",
    "}",
    "# comment\n",
    "---\n",
    "é",
    "\r\n",
    "- name: x\n  value: \"y\"\n",
    "{ ",
    "}}",
    "'",
    "\"",
    "<no value>",
    "%d",
];

const TYPES: &[Type] = &[
    Type::Any,
    Type::Any,
    Type::Any,
    Type::Str,
    Type::Str,
    Type::Str,
    Type::Map,
    Type::List,
    Type::Bool,
    Type::INT,
    Type::FLOAT64,
];

impl Writer<'_, '_> {
    /// A template of about so many statements.
    pub(crate) fn template(&mut self, statements: usize) -> String {
        self.left = statements;
        self.variables.clear();
        self.ranges = 0;
        let mut text = String::new();
        while self.left > 0 {
            text.push_str(&self.body(3));
        }
        text
    }

    fn body(&mut self, depth: usize) -> String {
        let known = self.variables.len();
        let mut text = String::new();
        for _ in 0..self.rng.between(1, 4) {
            let statement = self.statement(depth);
            text.push_str(&statement);
        }
        self.variables.truncate(known);
        text
    }

    /// An action in its delimiters, which may trim.
    fn action(&mut self, text: &str) -> String {
        let open = self.rng.pick(&["{{ ", "{{ ", "{{ ", "{{- ", "{{"]);
        let close = self.rng.pick(&[" }}", " }}", " }}", " -}}", "}}"]);
        // A raw `{` must not meet the delimiter, nor a number a `-`.
        format!("{open}{text}{close}")
    }

    fn ty(&mut self) -> Type {
        *self.rng.one(TYPES)
    }

    fn statement(&mut self, depth: usize) -> String {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth == 0 {
            return self.plain();
        }
        match self.rng.below(20) {
            0..=2 => self.choice("if", depth),
            3 | 4 => self.choice("with", depth),
            5..=7 => self.range(depth),
            8 | 9 => self.declaration(),
            10 if !self.variables.is_empty() => {
                let variable = self.rng.one(&self.variables).clone();
                let ty = self.ty();
                let value = self.pipeline(ty, 2);
                self.action(&format!("{variable} = {value}"))
            }
            11 if !self.names.is_empty() => {
                let name = self.rng.one(&self.names).clone();
                let data = self
                    .rng
                    .pick(&["$", ".", "$.Values", "(dict \"a\" 1)", "$.Values.m", ""]);
                self.action(&format!("template \"{name}\" {data}"))
            }
            12 if !self.names.is_empty() => {
                let name = self.rng.one(&self.names).clone();
                let behind = self
                    .rng
                    .pick(&["nindent 2", "indent 4", "trim", "quote", "fromYaml", "upper", "toYaml"]);
                self.action(&format!("include \"{name}\" $ | {behind}"))
            }
            13 if self.ranges > 0 => {
                let word = self.rng.pick(&["break", "continue"]);
                let text = self.action(word);
                let ty = Type::Bool;
                let test = self.pipeline(ty, 1);
                format!("{}{text}{}", self.action(&format!("if {test}")), self.action("end"))
            }
            14 => {
                let change = self.change();
                self.action(change)
            }
            _ => self.plain(),
        }
    }

    /// A change of a map, which others see.
    fn change(&mut self) -> &'static str {
        self.rng.pick(&[
            "$_ := set $.Values \"added\" 1",
            "$_ := set $.Values.m \"added\" (list 1)",
            "$_ := unset $.Values.m \"a\"",
            "$_ := set $.Values \"s\" \"changed\"",
            "$_ := mergeOverwrite $.Values.deep (dict \"a\" (dict \"new\" true))",
            "$_ := set $.Release \"Name\" \"other\"",
        ])
    }

    fn plain(&mut self) -> String {
        match self.rng.below(10) {
            0..=3 => self.rng.pick(TEXTS).to_owned(),
            4 => self
                .rng
                .pick(&["{{/* c */}}", "{{- /* c */ -}}", "{{- /* {{ x }} */ -}}"])
                .to_owned(),
            _ => {
                let ty = self.ty();
                let text = self.pipeline(ty, 3);
                self.action(&text)
            }
        }
    }

    fn declaration(&mut self) -> String {
        let ty = self.ty();
        let value = self.pipeline(ty, 2);
        let name = format!("$v{}", self.rng.below(5));
        let text = self.action(&format!("{name} := {value}"));
        self.variables.push(name);
        text
    }

    fn choice(&mut self, word: &str, depth: usize) -> String {
        let ty = if word == "if" { Type::Bool } else { self.ty() };
        let test = self.pipeline(ty, 2);
        let known = self.variables.len();
        let test = if self.rng.chance(15) {
            let name = format!("$v{}", self.rng.below(5));
            self.variables.push(name.clone());
            format!("{name} := {test}")
        } else {
            test
        };
        let mut text = self.action(&format!("{word} {test}"));
        text.push_str(&self.body(depth - 1));
        while self.rng.chance(20) {
            let test = self.pipeline(Type::Bool, 1);
            text.push_str(&self.action(&format!("else {word} {test}")));
            text.push_str(&self.body(depth - 1));
        }
        if self.rng.chance(40) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        self.variables.truncate(known);
        text.push_str(&self.action("end"));
        text
    }

    fn range(&mut self, depth: usize) -> String {
        let ty = *self.rng.one(&[Type::List, Type::List, Type::Map, Type::INT, Type::Any]);
        let (mut before, mut after) = (String::new(), "");
        let over = match ty {
            Type::INT if !self.hostile() => self.rng.pick(&["3", "0", "(len $.Values.l)", "$.Values.n"]).to_owned(),
            _ => self.pipeline(ty, 2),
        };
        let over = if !self.hostile() && ty != Type::INT {
            // A large number would be counted to.
            before = format!("{{{{ $q := {over} }}}}{{{{ if not (hasPrefix \"int\" (kindOf $q)) }}}}");
            after = "{{ end }}";
            "$q".to_owned()
        } else {
            over
        };
        let known = self.variables.len();
        let names = self.rng.below(if ty == Type::INT { 2 } else { 3 });
        let declared: Vec<String> = (0..names).map(|at| format!("$r{depth}{at}")).collect();
        let declaration = match names {
            0 => String::new(),
            _ => format!("{} := ", declared.join(", ")),
        };
        self.variables.extend(declared);
        let mut text = before;
        text.push_str(&self.action(&format!("range {declaration}{over}")));
        self.ranges += 1;
        text.push_str(&self.body(depth - 1));
        self.ranges -= 1;
        self.variables.truncate(known);
        if self.rng.chance(25) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        text.push_str(&self.action("end"));
        text.push_str(after);
        text
    }
}
