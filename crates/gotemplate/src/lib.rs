//! Go's text/template: lexer, parser and evaluator over [`hoist_govalue`]'s values, exact to the byte and to the text
//! of each error.
//!
//! A [`Set`] holds named templates that were parsed against a [`FuncTable`]; [`Set::execute`] runs one of them. What
//! only the program around can do (`include`, `tpl`, `lookup`, the clock) is asked of an [`Embedder`], which may run
//! further templates through the [`Context`] that it is given.

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
