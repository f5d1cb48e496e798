//! Templates drawn at random: expressions of the types that functions take, in every control structure.
//!
//! The same grammar serves two ends. In a sound manner it makes templates that mostly render and whose result the
//! template alone decides, to be compared with Helm. In a hostile manner it knows no measure.

mod expression;
mod pools;
mod rng;
mod statements;

use hoist_govalue::{Kind, Type};

pub(crate) use rng::Rng;

/// How templates are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// To be compared.
    Sound,
    /// To do harm.
    Hostile,
}

/// A function and what it takes.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    name: &'static str,
    params: Vec<Type>,
    variadic: bool,
}

/// What a template may be made of.
pub(crate) struct Language {
    manner: Manner,
    functions: Vec<Signature>,
}

/// Functions of Helm's and of the language itself, as `hoist_sprig` lists those of sprig.
const OWN: &[(&str, &[Type], bool)] = &[
    ("include", &[Type::Str, Type::Any], false),
    ("tpl", &[Type::Str, Type::Any], false),
    ("lookup", &[Type::Str, Type::Str, Type::Str, Type::Str], false),
    ("required", &[Type::Str, Type::Any], false),
    ("fail", &[Type::Str], false),
    ("toYaml", &[Type::Any], false),
    ("mustToYaml", &[Type::Any], false),
    ("toYamlPretty", &[Type::Any], false),
    ("fromYaml", &[Type::Str], false),
    ("fromYamlArray", &[Type::Str], false),
    ("toJson", &[Type::Any], false),
    ("mustToJson", &[Type::Any], false),
    ("fromJson", &[Type::Str], false),
    ("fromJsonArray", &[Type::Str], false),
    ("toToml", &[Type::Any], false),
    ("mustToToml", &[Type::Any], false),
    ("fromToml", &[Type::Str], false),
    ("mustToDuration", &[Type::Any], false),
    ("durationSeconds", &[Type::Any], false),
    ("durationMinutes", &[Type::Any], false),
    ("durationHours", &[Type::Any], false),
    ("durationDays", &[Type::Any], false),
    ("durationWeeks", &[Type::Any], false),
    ("durationMilliseconds", &[Type::Any], false),
    ("durationMicroseconds", &[Type::Any], false),
    ("durationNanoseconds", &[Type::Any], false),
    ("durationRoundTo", &[Type::Any, Type::Any], false),
    ("durationTruncateTo", &[Type::Any, Type::Any], false),
    ("and", &[Type::Any, Type::Any], true),
    ("or", &[Type::Any, Type::Any], true),
    ("not", &[Type::Any], false),
    ("eq", &[Type::Any, Type::Any], true),
    ("ne", &[Type::Any, Type::Any], false),
    ("lt", &[Type::INT, Type::INT], false),
    ("le", &[Type::Str, Type::Str], false),
    ("gt", &[Type::FLOAT64, Type::FLOAT64], false),
    ("ge", &[Type::Any, Type::Any], false),
    ("index", &[Type::Map, Type::Str], false),
    ("index", &[Type::List, Type::INT], true),
    ("slice", &[Type::List, Type::INT], true),
    ("slice", &[Type::Str, Type::INT, Type::INT], false),
    ("len", &[Type::Any], false),
    ("print", &[Type::Any], true),
    ("println", &[Type::Any], true),
    ("printf", &[Type::Str, Type::Any], true),
    ("html", &[Type::Any], true),
    ("js", &[Type::Any], true),
    ("urlquery", &[Type::Any], true),
    ("call", &[Type::Any, Type::Any], true),
];

/// What is random or tells the time, or takes long by design.
const UNSOUND: &[&str] = &[
    "ago",
    "bcrypt",
    "buildCustomCert",
    "date",
    "dateInZone",
    "date_in_zone",
    "decryptAES",
    "derivePassword",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htmlDate",
    "htmlDateInZone",
    "htpasswd",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
];

/// What functions want whose signature takes anything.
const NARROWER: &[(&[&str], &[Type])] = &[
    (
        &[
            "first",
            "last",
            "rest",
            "initial",
            "reverse",
            "uniq",
            "compact",
            "concat",
            "len",
            "toStrings",
        ],
        &[Type::List],
    ),
    (&["append", "push", "prepend", "without"], &[Type::List, Type::Any]),
    (&["has"], &[Type::Any, Type::List]),
    (&["chunk"], &[Type::INT, Type::List]),
    (&["join"], &[Type::Str, Type::List]),
    (&["eq", "ne"], &[Type::Str, Type::Str]),
    (&["ge"], &[Type::INT, Type::INT]),
    (&["add", "mul", "max", "min", "biggest", "add1"], &[Type::INT]),
    (&["sub", "div", "mod"], &[Type::INT, Type::INT]),
    (
        &["addf", "mulf", "subf", "divf", "maxf", "minf", "ceil", "floor"],
        &[Type::FLOAT64],
    ),
    (
        &["toToml", "toYaml", "toJson", "toPrettyJson", "toRawJson"],
        &[Type::Map],
    ),
];

/// Those whose answer is as large as their argument says.
const HUNGRY: &[&str] = &["repeat", "indent", "nindent", "until", "untilStep", "seq"];

impl Language {
    /// All that there is, but in a sound manner for what is random.
    pub(crate) fn new(manner: Manner) -> Self {
        let sprig = hoist_sprig::functions().map(|it| (it.name, it.params, it.variadic));
        let functions = sprig
            .chain(OWN.iter().copied())
            .filter(|(name, ..)| manner == Manner::Hostile || !UNSOUND.contains(name))
            // A template that gives up is of no use when each second one does.
            .filter(|(name, ..)| manner == Manner::Hostile || *name != "fail")
            .map(|(name, params, variadic)| {
                let mut narrower = NARROWER.iter().filter(|_| manner == Manner::Sound);
                let narrower = narrower.find(|(names, _)| names.contains(&name));
                Signature {
                    name,
                    params: narrower.map_or(params, |(_, params)| params).to_vec(),
                    variadic,
                }
            })
            .collect();
        Self { manner, functions }
    }

    /// A writer of the texts of one chart.
    pub(crate) fn writer<'l, 'r>(&'l self, rng: &'r mut Rng) -> Writer<'l, 'r> {
        Writer {
            language: self,
            rng,
            variables: Vec::new(),
            ranges: 0,
            left: 0,
            names: Vec::new(),
        }
    }
}

/// Writes templates.
pub(crate) struct Writer<'l, 'r> {
    language: &'l Language,
    pub(crate) rng: &'r mut Rng,
    /// Variables that are in scope.
    variables: Vec<String>,
    /// The ranges around, where `break` may stand.
    ranges: usize,
    /// How many statements may be written yet.
    left: usize,
    /// Templates that may be included.
    names: Vec<String>,
}

impl Writer<'_, '_> {
    fn hostile(&self) -> bool {
        self.language.manner == Manner::Hostile
    }

    /// Which templates may be included from here on.
    pub(crate) fn knows(&mut self, names: &[String]) {
        self.names = names.to_vec();
    }
}

fn is_map(ty: Type) -> bool {
    ty.kind() == Kind::Map
}
