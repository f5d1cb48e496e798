//! What templates ask of the program around them: `include`, `tpl`, `lookup`, and methods of Helm's own types.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hoist_goencoding::yaml;
use hoist_gotemplate::{Context, Embedder, ExecError};
use hoist_govalue::{Args, FuncError, FuncResult, Host, Kind, Method, Str, Type, Value, strconv};
use memchr::memmem;

use super::capabilities::{VERSION_SET, VERSION_SET_METHODS, has_version};
use super::{VALUES, without_no_value};
use crate::options::{Cluster, Recorder};
use crate::values::{path_value, table};

/// How long all templates of a chart may take together. The largest charts take milliseconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a template may be included within itself, as Helm has it.
const MAX_INCLUDED: u32 = 1000;

const VALUES_METHODS: &[Method] = &[
    method("AsMap", &[]),
    method("Encode", &[Type::Named("io.Writer", Kind::Interface)]),
    method("PathValue", &[Type::Str]),
    method("Table", &[Type::Str]),
    method("YAML", &[]),
];

const fn method(name: &'static str, params: &'static [Type]) -> Method {
    Method {
        name,
        params,
        variadic: false,
    }
}

/// The program around the templates of one rendering.
pub(super) struct Engine<'a, 'h> {
    recorder: &'a mut Recorder<'h>,
    cluster: &'a mut dyn Cluster,
    included: HashMap<Str, u32>,
    started: Instant,
}

impl<'a, 'h> Engine<'a, 'h> {
    pub(super) fn new(recorder: &'a mut Recorder<'h>, cluster: &'a mut dyn Cluster) -> Self {
        Self {
            recorder,
            cluster,
            included: HashMap::new(),
            started: Instant::now(),
        }
    }

    fn include(&mut self, context: &mut Context, name: &Str, data: &Value) -> Result<Value, ExecError> {
        let count = match self.included.get_mut(name) {
            Some(count) => count,
            None => self.included.entry(name.clone()).or_default(),
        };
        if *count > MAX_INCLUDED {
            return Err(ExecError::note("unable to execute template")
                .context(format!("rendering template has a nested reference name: {name}")));
        }
        *count += 1;
        let text = context.execute(self, name, data);
        if let Some(count) = self.included.get_mut(name) {
            *count -= 1;
        }
        text.map(Value::Str)
    }

    fn tpl(&mut self, context: &mut Context, text: &Str, data: &Value) -> Result<Value, ExecError> {
        if memmem::find(text, b"{{").is_none() {
            return Ok(Value::Str(without_no_value(text.clone())));
        }
        let snippet = context.parse(text).map_err(|error| {
            ExecError::from(error).context(format!("cannot parse template {}", strconv::quote(text)))
        })?;
        let rendered = context.evaluate(self, &snippet, data).map_err(|error| {
            let quoted = strconv::quote(text);
            error.context(format!("error during tpl function execution for {quoted}"))
        })?;
        Ok(Value::Str(without_no_value(rendered)))
    }

    fn lookup(&mut self, args: Args<'_>) -> FuncResult {
        let text = |index| args.str(index).map(|text| text.text().into_owned());
        let (api_version, kind, namespace, name) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let found = self.cluster.lookup(&api_version, &kind, &namespace, &name);
        found.map(Value::Map).map_err(FuncError::new)
    }
}

impl Embedder for Engine<'_, '_> {
    fn interrupted(&mut self) -> Option<String> {
        (self.started.elapsed() > PATIENCE)
            .then(|| format!("the chart's templates did not end within {} s", PATIENCE.as_secs()))
    }

    fn host(&mut self) -> &mut dyn Host {
        self.recorder
    }

    fn call(&mut self, context: &mut Context, function: &'static str, args: Args<'_>) -> Result<Value, ExecError> {
        match function {
            "include" => self.include(context, args.str(0)?, args.any(1)),
            "tpl" => self.tpl(context, args.str(0)?, args.any(1)),
            "lookup" => Ok(self.lookup(args)?),
            other => Err(ExecError::note(format!("function {other} is not known to the engine"))),
        }
    }

    fn methods(&self, type_name: &'static str) -> &'static [Method] {
        if type_name == VALUES.name() {
            VALUES_METHODS
        } else if type_name == VERSION_SET.name() {
            VERSION_SET_METHODS
        } else {
            &[]
        }
    }

    fn call_method(&mut self, receiver: &Value, method: &Method, args: Args<'_>) -> FuncResult {
        match (receiver, method.name) {
            (Value::List(set), "Has") => Ok(Value::Bool(has_version(set, args.str(0)?))),
            (Value::Map(map), "AsMap") => Ok(Value::Map(map.as_type(Type::Map))),
            (Value::Map(_), "YAML") => match yaml::encode(receiver) {
                Ok(text) => Ok(Value::str(text)),
                Err(error) => Err(FuncError::new(error.to_string())),
            },
            (Value::Map(map), "Table") => {
                let path = args.str(0)?.text();
                match table(map, &path) {
                    Some(found) => Ok(Value::Map(found.as_type(VALUES))),
                    None => Err(FuncError::new(format!("{} is not a table", quoted_end(map, &path)))),
                }
            }
            (Value::Map(map), "PathValue") => {
                let path = args.str(0)?.text();
                if path.is_empty() {
                    return Err(FuncError::new("YAML path cannot be empty"));
                }
                let key = path.rsplit('.').next().unwrap_or_default();
                let none = || FuncError::new(format!("{} is not a value", strconv::quote(key.as_bytes())));
                path_value(map, &path).ok_or_else(none)
            }
            _ => Err(FuncError::new(format!(
                "{} of {} cannot be called by a template",
                method.name,
                receiver.type_name()
            ))),
        }
    }
}

/// The first name of a path that is no table.
fn quoted_end(map: &hoist_govalue::Map, path: &str) -> String {
    let mut at = map.clone();
    for name in path.split('.') {
        match at.get(name.as_bytes()) {
            Some(Value::Map(next)) => at = next,
            _ => return strconv::quote(name.as_bytes()),
        }
    }
    strconv::quote(path.as_bytes())
}
