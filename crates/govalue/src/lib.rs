//! Go's dynamic values, as templates see them: what `interface{}` holds, its kinds, its types and its truth.
//!
//! A chart's templates can tell an `int` from an `int64`, a `[]string` from a `[]interface {}` and a nil map from an
//! empty one, so these values can too. They are cheap to clone (reference counted, not across threads); maps are
//! shared and mutable in place, as Go's are.

pub mod deep;
mod equal;
pub mod fmt;
mod func;
mod later;
mod list;
mod map;
mod object;
mod str;
pub mod strconv;
mod types;
pub mod utf8;
mod value;

pub use func::{Args, Body, Func, FuncError, FuncResult, Host, MAX_ITEMS, MAX_STRING, check_items, check_string};
pub use list::List;
pub use map::Map;
pub use object::{Method, Object};
pub use str::Str;
pub use types::{Kind, Type};
pub use value::Value;
