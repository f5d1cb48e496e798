//! Go's text/template: lexer, parser and evaluator over [`hoist_govalue`]'s values, exact to the byte and to the text
//! of each error.
//!
//! A [`Set`] holds named templates that were parsed against a [`FuncTable`]; [`Set::execute`] runs one of them. What
//! only the program around can do (`include`, `tpl`, `lookup`, the clock) is asked of an [`Embedder`], which may run
//! further templates through the [`Context`] that it is given.
//!
//! ```
//! use std::{net::IpAddr, time::SystemTime};
//!
//! use hoist_gotemplate::{Context, Embedder, ExecError, FuncTable, Options, Set};
//! use hoist_govalue::{Args, Body, Func, Host, Map, Str, Type, Value};
//!
//! struct World;
//!
//! impl Host for World {
//!     fn now(&mut self) -> SystemTime {
//!         SystemTime::UNIX_EPOCH
//!     }
//!     fn random(&mut self, buffer: &mut [u8]) {
//!         buffer.fill(0);
//!     }
//!     fn resolve(&mut self, _name: &str) -> Result<Vec<IpAddr>, String> {
//!         Ok(Vec::new())
//!     }
//! }
//!
//! impl Embedder for World {
//!     fn host(&mut self) -> &mut dyn Host {
//!         self
//!     }
//!     // The one function of ours, `include`: a template's output as a value.
//!     fn call(&mut self, context: &mut Context, _: &'static str, args: Args<'_>) -> Result<Value, ExecError> {
//!         context.execute(self, args.str(0)?, args.any(1)).map(Value::Str)
//!     }
//! }
//!
//! let include = Func { name: "include", params: &[Type::Str, Type::Any], variadic: false, body: Body::Embedder };
//! let mut set = Set::new("example", FuncTable::from_iter([include]));
//! set.parse("page", "{{ define \"who\" }}{{ .name }}{{ end }}Hello, {{ include \"who\" . | len }}!")?;
//! let data: Map = [(Str::from("name"), Value::from("hoist"))].into_iter().collect();
//! let text = set.execute("page", &Value::Map(data), &Options::default(), &mut World)?;
//! assert_eq!(text, "Hello, 5!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builtin;
mod coverage;
mod embed;
mod error;
mod eval;
mod exec;
mod funcs;
mod lexer;
mod number;
mod parser;
mod set;
mod stack;
mod text;
mod tree;
mod value;

pub use coverage::{Branch, BranchKind, Coverage};
pub use embed::{Embedder, Limits, MissingKey, Options};
pub use error::{At, ExecError, ParseError, Step};
pub use exec::{Context, Snippet};
pub use funcs::{BUILTINS, FuncTable};
pub use set::Set;
