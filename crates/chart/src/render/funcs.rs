//! Helm's own functions, beside sprig's.

use hoist_goencoding::json::JsonError;
use hoist_goencoding::toml::TomlError;
use hoist_goencoding::yaml::YamlError;
use hoist_goencoding::{json, toml, yaml};
use hoist_gotemplate::FuncTable;
use hoist_govalue::{Args, Body, Func, FuncError, FuncResult, List, Map, Str, Type, Value};

use super::durations;
use super::trouble::{END, START};

/// All functions that templates have. Without `dns`, names are not looked up.
pub(super) fn table(dns: bool) -> FuncTable {
    let mut table: FuncTable = hoist_sprig::functions().copied().collect();
    table.extend(OWN.iter().copied());
    table.extend(durations::FUNCTIONS.iter().copied());

    if !dns {
        table.insert(pure("getHostByName", &[Type::Str], |_| Ok(Value::str(""))));
    }
    table
}

/// The functions of a template of names: sprig's alone. Of those, `env` and `expandenv` are not there: what a chart is
/// named does not hang on somebody's shell.
pub(super) fn plain_table() -> FuncTable {
    let mut table: FuncTable = hoist_sprig::functions().copied().collect();
    let sprigs_too = ["toJson", "mustToJson", "fromJson"];
    table.extend(OWN.iter().copied().filter(|own| sprigs_too.contains(&own.name)));
    table
}

pub(super) const fn pure(name: &'static str, params: &'static [Type], run: fn(Args<'_>) -> FuncResult) -> Func {
    Func {
        name,
        params,
        variadic: false,
        body: Body::Pure(run),
    }
}

const fn embedded(name: &'static str, params: &'static [Type]) -> Func {
    Func {
        name,
        params,
        variadic: false,
        body: Body::Embedder,
    }
}

const OWN: &[Func] = &[
    embedded("include", &[Type::Str, Type::Any]),
    embedded("tpl", &[Type::Str, Type::Any]),
    embedded("lookup", &[Type::Str, Type::Str, Type::Str, Type::Str]),
    pure("required", &[Type::Str, Type::Any], required),
    pure("fail", &[Type::Str], |args| Err(wrapped(args.str(0)?))),
    pure("toYaml", &[Type::Any], |args| or_empty(yaml_of(args.any(0)))),
    pure("mustToYaml", &[Type::Any], |args| {
        yaml_of(args.any(0)).map_err(Failure::into_error)
    }),
    pure("toYamlPretty", &[Type::Any], |args| {
        or_empty(
            yaml::encode_pretty(args.any(0))
                .map(without_newline)
                .map_err(Failure::from),
        )
    }),
    pure("fromYaml", &[Type::Str], from_yaml),
    pure("fromYamlArray", &[Type::Str], from_yaml_array),
    pure("toJson", &[Type::Any], |args| or_empty(json_of(args.any(0)))),
    pure("mustToJson", &[Type::Any], |args| {
        json_of(args.any(0)).map_err(Failure::into_error)
    }),
    pure("fromJson", &[Type::Str], from_json),
    pure("fromJsonArray", &[Type::Str], from_json_array),
    pure("toToml", &[Type::Any], to_toml),
    pure("mustToToml", &[Type::Any], must_to_toml),
    pure("fromToml", &[Type::Str], from_toml),
];

/// An error that Helm's functions swallow, or a limit of ours, which they must not.
struct Failure {
    text: String,
    is_limit: bool,
}

impl Failure {
    fn into_error(self) -> FuncError {
        FuncError::new(self.text)
    }
}

impl From<YamlError> for Failure {
    fn from(error: YamlError) -> Self {
        Self {
            is_limit: matches!(error, YamlError::Limit(_)),
            text: error.to_string(),
        }
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        Self {
            is_limit: matches!(error, JsonError::Limit(_)),
            text: error.to_string(),
        }
    }
}

fn or_empty(made: Result<Value, Failure>) -> FuncResult {
    match made {
        Ok(value) => Ok(value),
        Err(failure) if failure.is_limit => Err(failure.into_error()),
        Err(_) => Ok(Value::str("")),
    }
}

fn without_newline(text: Vec<u8>) -> Value {
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    Value::str(text)
}

fn yaml_of(value: &Value) -> Result<Value, Failure> {
    Ok(without_newline(yaml::encode(value)?))
}

fn json_of(value: &Value) -> Result<Value, Failure> {
    Ok(Value::str(json::encode(value)?))
}

/// A map with the error in it, as `fromYaml` and its like answer what they cannot read.
fn with_error(map: Map, failure: Option<Failure>) -> FuncResult {
    match failure {
        None => Ok(Value::Map(map)),
        Some(failure) if failure.is_limit => Err(failure.into_error()),
        Some(failure) => {
            // Go has made a map before it reads; only `null` takes that away, and `null` is no error.
            map.set(Str::from("Error"), Value::str(failure.text));
            Ok(Value::Map(map))
        }
    }
}

fn list_or_error(read: Result<List, Failure>) -> FuncResult {
    match read {
        Ok(list) => Ok(Value::List(list)),
        Err(failure) if failure.is_limit => Err(failure.into_error()),
        Err(failure) => Ok(Value::list(vec![Value::str(failure.text)])),
    }
}

fn from_yaml(args: Args<'_>) -> FuncResult {
    match yaml::decode_map(args.str(0)?) {
        Ok(map) => Ok(Value::Map(map)),
        Err(error) => with_error(Map::new(), Some(error.into())),
    }
}

fn from_yaml_array(args: Args<'_>) -> FuncResult {
    list_or_error(yaml::decode_list(args.str(0)?).map_err(Failure::from))
}

fn from_json(args: Args<'_>) -> FuncResult {
    let (map, error) = json::decode_map(args.str(0)?);
    with_error(map, error.map(Failure::from))
}

fn from_json_array(args: Args<'_>) -> FuncResult {
    list_or_error(json::decode_list(args.str(0)?).map_err(Failure::from))
}

/// What `toToml` and `fromToml` swallow is in the library's words; its panics and our limits are not swallowed.
fn swallowed(error: TomlError) -> Result<String, FuncError> {
    match error {
        TomlError::Refused(text) => Ok(text),
        error => Err(FuncError::new(error.to_string())),
    }
}

fn to_toml(args: Args<'_>) -> FuncResult {
    Ok(Value::str(match toml::encode(args.any(0)) {
        Ok(text) => text,
        Err(error) => swallowed(error)?.into_bytes(),
    }))
}

fn must_to_toml(args: Args<'_>) -> FuncResult {
    match toml::encode(args.any(0)) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) => Err(FuncError::new(error.to_string())),
    }
}

fn from_toml(args: Args<'_>) -> FuncResult {
    match toml::decode(args.str(0)?, &moment) {
        Ok(map) => Ok(Value::Map(map)),
        Err(error) => {
            let text = swallowed(error)?;
            Ok(Value::Map(
                [(Str::from("Error"), Value::str(text))].into_iter().collect(),
            ))
        }
    }
}

/// A `time.Time`; what has no zone gets one whose name tells so, as the library has it.
fn moment(at: &toml::Datetime) -> Value {
    let (zone, offset) = match at.zone {
        toml::Zone::Utc => ("", 0),
        toml::Zone::Offset(offset) => ("", i64::from(offset)),
        toml::Zone::LocalDatetime => ("datetime-local", 0),
        toml::Zone::LocalDate => ("date-local", 0),
        toml::Zone::LocalTime => ("time-local", 0),
    };
    hoist_sprig::time::time(
        (i64::from(at.year), i64::from(at.month), i64::from(at.day)),
        (i64::from(at.hour), i64::from(at.minute), i64::from(at.second)),
        at.nanosecond,
        zone,
        offset,
    )
}

/// The words travel with marks around them, by which they are found in the text of the whole error.
fn wrapped(words: &Str) -> FuncError {
    FuncError::new(format!("{START}{words}{END}"))
}

fn required(args: Args<'_>) -> FuncResult {
    let value = args.any(1);
    match value {
        Value::Nil => Err(wrapped(args.str(0)?)),
        Value::Str(text) if text.is_empty() => Err(wrapped(args.str(0)?)),
        _ => Ok(value.clone()),
    }
}
