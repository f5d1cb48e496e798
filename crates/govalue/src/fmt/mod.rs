//! Go's fmt over template values: what `print`, `printf`, `println` and `{{ . }}` write.
//!
//! Everything is as Go 1.26 prints it, errors in the format (`%!d(string=hi)`) included, but for two things that Go
//! does and a rendering must not: where Go prints an address in memory, which differs from run to run, and where it
//! recurses until it dies (a map that holds itself), there is an error. So is there for what would be too long.

mod format;
mod objects;
mod printer;
mod verbs;

use crate::{FuncError, Value};
use printer::Printer;

/// The values in their default formats, with a space between two of which neither is a string (`fmt.Sprint`).
pub fn sprint(values: &[Value]) -> Result<Vec<u8>, FuncError> {
    let mut out = Vec::new();
    append(&mut out, values)?;
    Ok(out)
}

/// The values in their default formats, with spaces between all and a newline at the end (`fmt.Sprintln`).
pub fn sprintln(values: &[Value]) -> Result<Vec<u8>, FuncError> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.write(b" ")?;
        }
        printer.argument(value, 'v')?;
    }
    printer.write(b"\n")?;
    Ok(out)
}

/// The values as a format says (`fmt.Sprintf`).
pub fn sprintf(format: &[u8], values: &[Value]) -> Result<Vec<u8>, FuncError> {
    let mut out = Vec::with_capacity(format.len());
    format::run(&mut Printer::new(&mut out), format, values)?;
    Ok(out)
}

/// As [`sprint`], appended to what is there.
pub fn append(out: &mut Vec<u8>, values: &[Value]) -> Result<(), FuncError> {
    // What templates print is a string most of the time.
    if let [Value::Str(text)] = values {
        out.extend_from_slice(text);
        return Ok(());
    }
    let mut printer = Printer::new(out);
    let mut after_string = false;
    for (index, value) in values.iter().enumerate() {
        let is_string = value.kind() == crate::Kind::String;
        if index > 0 && !is_string && !after_string {
            printer.write(b" ")?;
        }
        printer.argument(value, 'v')?;
        after_string = is_string;
    }
    Ok(())
}
