//! `.Files`: the files of a chart that are no templates.

use std::any::Any;
use std::rc::Rc;

use data_encoding::BASE64;
use hoist_goencoding::yaml;
use hoist_govalue::{FuncError, FuncResult, Host, Kind, List, Map, Method, Object, Str, Type, Value, strconv};

use super::glob::{Glob, Refused};
use crate::chart::ChartFile;
use crate::gopath;

/// The files, or those of them that a pattern chose.
#[derive(Clone, Debug)]
pub(super) struct Files {
    all: Rc<Vec<ChartFile>>,
    chosen: Option<Rc<Vec<usize>>>,
}

const METHODS: &[Method] = &[
    method("AsConfig", &[]),
    method("AsSecrets", &[]),
    method("Get", &[Type::Str]),
    method("GetBytes", &[Type::Str]),
    method("Glob", &[Type::Str]),
    method("Lines", &[Type::Str]),
];

const fn method(name: &'static str, params: &'static [Type]) -> Method {
    Method {
        name,
        params,
        variadic: false,
    }
}

impl Files {
    pub(super) fn new(all: Rc<Vec<ChartFile>>) -> Self {
        Self { all, chosen: None }
    }

    /// The files, sorted by their names. Of two of the same name the later one counts.
    fn sorted(&self) -> Vec<&ChartFile> {
        let mut files: Vec<&ChartFile> = match &self.chosen {
            Some(chosen) => chosen.iter().filter_map(|index| self.all.get(*index)).collect(),
            None => self.all.iter().rev().collect(),
        };
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files.dedup_by(|later, first| later.name == first.name);
        files
    }

    fn find(&self, name: &[u8]) -> Option<&ChartFile> {
        match &self.chosen {
            Some(chosen) => {
                let mut files = chosen.iter().filter_map(|index| self.all.get(*index));
                files.find(|file| file.name.as_bytes() == name)
            }
            None => self.all.iter().rfind(|file| file.name.as_bytes() == name),
        }
    }

    fn glob(&self, pattern: &Str) -> Result<Self, FuncError> {
        let glob = match pattern.as_utf8().map(Glob::parse) {
            Some(Ok(glob)) => glob,
            Some(Err(Refused::Unclear)) => {
                return Err(FuncError::new(format!(
                    "the pattern {} has an alternative that is empty, or three stars in a row, of which Helm makes what cannot be \
                     foretold: write it otherwise",
                    strconv::quote(pattern)
                )));
            }
            Some(Err(Refused::NoPattern)) | None => Glob::everything(),
        };
        let mut chosen: Vec<usize> = Vec::new();
        for file in self.sorted() {
            if glob.matches(&file.name) {
                chosen.extend(self.all.iter().position(|other| std::ptr::eq(other, file)));
            }
        }
        Ok(Self {
            all: Rc::clone(&self.all),
            chosen: Some(Rc::new(chosen)),
        })
    }

    fn as_yaml(&self, content: impl Fn(&[u8]) -> Str) -> Value {
        let map = Map::new();
        for file in self.sorted() {
            map.set(Str::from(gopath::base(&file.name)), Value::Str(content(&file.data)));
        }
        let text = yaml::encode(&Value::Map(map)).unwrap_or_default();
        Value::str(text.strip_suffix(b"\n").unwrap_or(&text))
    }

    fn lines(&self, name: &[u8]) -> Value {
        let data = self.find(name).map_or(&[][..], |file| &file.data);
        if data.is_empty() {
            return Value::List(List::strings(Vec::<Str>::new()));
        }
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        Value::List(List::strings(data.split(|byte| *byte == b'\n')))
    }
}

impl Object for Files {
    fn ty(&self) -> Type {
        Type::Named("engine.files", Kind::Map)
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn call(&self, method: &str, _host: &mut dyn Host, args: &[Value]) -> FuncResult {
        let empty = Str::default();
        let text = args.first().and_then(Value::as_str).unwrap_or(&empty);
        let data = |name: &Str| self.find(name).map(|file| &file.data);
        Ok(match method {
            "AsConfig" => self.as_yaml(|data| Str::from(data)),
            "AsSecrets" => self.as_yaml(|data| BASE64.encode(data).into()),
            "Get" => Value::str(data(text).map_or(&[][..], |data| data)),
            "GetBytes" => Value::Bytes(data(text).map_or_else(|| Rc::from([]), Rc::clone)),
            "Glob" => Value::Object(Rc::new(self.glob(text)?)),
            _ => self.lines(text),
        })
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let entries = self.sorted().into_iter();
        Some(
            entries
                .map(|file| (Value::str(&*file.name), Value::Bytes(Rc::clone(&file.data))))
                .collect(),
        )
    }

    fn elem(&self) -> Type {
        Type::Bytes
    }

    fn plain(&self) -> Value {
        let entries = self.sorted().into_iter();
        let entries = entries.map(|file| (Str::from(&*file.name), Value::Bytes(Rc::clone(&file.data))));
        Value::Map(entries.collect::<Map>())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}
