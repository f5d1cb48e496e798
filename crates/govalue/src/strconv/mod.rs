//! Go's strconv: numbers and quoted strings as text, and back.

mod digits;
mod float;
mod number;
mod printable;
mod quote;
mod read;

pub use float::{append_float, format_float};
pub use number::{NumError, Reason, atoi, parse_bool, parse_float, parse_int, parse_uint};
pub use printable::is_print;
pub use quote::{
    Unquoted, append_quote, append_quote_rune, append_quote_rune_to_ascii, append_quote_to_ascii, can_backquote, quote,
    quote_to_ascii, unquote, unquote_char,
};
