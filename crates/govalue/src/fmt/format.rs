//! Reads a format: what is copied, and the verbs with their flags and arguments.

use super::printer::Printer;
use super::verbs::Flags;
use crate::{FuncError, Value, utf8};

/// A width or precision beyond this is no number to Go.
const MOST: usize = 1_000_000;

/// Reads a format from its beginning to its end.
struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    /// The next argument.
    next: usize,
    /// Whether an argument was named by its index: then it is not told which are left over.
    reordered: bool,
    /// Whether the indexes of the verb at hand make sense.
    good_index: bool,
    /// Whether an index was read last.
    after_index: bool,
}

pub(super) fn run(printer: &mut Printer<'_>, format: &[u8], values: &[Value]) -> Result<(), FuncError> {
    let mut reader = Reader {
        format,
        at: 0,
        values,
        next: 0,
        reordered: false,
        good_index: true,
        after_index: false,
    };
    loop {
        let rest = format.get(reader.at..).unwrap_or_default();
        let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        printer.write(rest.get(..plain).unwrap_or_default())?;
        reader.at += plain + 1;
        if reader.at > format.len() {
            break;
        }
        if !reader.verb(printer)? {
            break;
        }
    }
    reader.left_over(printer)
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    /// One verb, from after its percent sign; whether the format goes on.
    fn verb(&mut self, printer: &mut Printer<'_>) -> Result<bool, FuncError> {
        printer.flags = Flags::default();
        self.good_index = true;
        self.flags(printer);
        // The usual case: a letter follows, and there is an argument.
        let simple = self
            .peek()
            .filter(u8::is_ascii_lowercase)
            .zip(self.values.get(self.next));
        if let Some((letter, value)) = simple {
            self.at += 1;
            self.next += 1;
            print(printer, value, char::from(letter))?;
            return Ok(true);
        }
        self.after_index = self.index();
        self.width(printer)?;
        self.precision(printer)?;
        if !self.after_index {
            self.after_index = self.index();
        }
        let (verb, size) = utf8::decode(self.format.get(self.at..).unwrap_or_default());
        if size == 0 {
            printer.write(b"%!(NOVERB)")?;
            return Ok(false);
        }
        self.at += size;
        if verb == '%' {
            printer.write(b"%")?;
            return Ok(true);
        }
        let problem: &[u8] = match self.values.get(self.next) {
            Some(value) if self.good_index => {
                self.next += 1;
                print(printer, value, verb)?;
                return Ok(true);
            }
            _ if !self.good_index => b"(BADINDEX)",
            _ => b"(MISSING)",
        };
        printer.write(b"%!")?;
        printer.write_rune(verb)?;
        printer.write(problem)?;
        Ok(true)
    }

    fn flags(&mut self, printer: &mut Printer<'_>) {
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => printer.flags.sharp = true,
                b'0' => printer.flags.zero = true,
                b'+' => printer.flags.plus = true,
                b'-' => printer.flags.minus = true,
                b' ' => printer.flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
    }

    fn width(&mut self, printer: &mut Printer<'_>) -> Result<(), FuncError> {
        if self.take(b'*') {
            let width = self.star_argument();
            printer.flags.width = width.map(|width| usize::try_from(width.unsigned_abs()).unwrap_or(MOST));
            if width.is_none() {
                printer.write(b"%!(BADWIDTH)")?;
            }
            if width.is_some_and(|width| width < 0) {
                printer.flags.minus = true;
                printer.flags.zero = false;
            }
            self.after_index = false;
        } else {
            printer.flags.width = self.number(self.format.len());
            if self.after_index && printer.flags.width.is_some() {
                self.good_index = false;
            }
        }
        Ok(())
    }

    fn precision(&mut self, printer: &mut Printer<'_>) -> Result<(), FuncError> {
        // A point that ends the format is a verb.
        if self.at + 1 >= self.format.len() || !self.take(b'.') {
            return Ok(());
        }
        if self.after_index {
            self.good_index = false;
        }
        self.after_index = self.index();
        if self.take(b'*') {
            let precision = self.star_argument().and_then(|number| usize::try_from(number).ok());
            printer.flags.precision = precision;
            if precision.is_none() {
                printer.write(b"%!(BADPREC)")?;
            }
            self.after_index = false;
        } else {
            printer.flags.precision = Some(self.number(self.format.len()).unwrap_or_default());
        }
        Ok(())
    }

    /// The digits here, up to `end`. Of a number that is too large the whole rest is passed over.
    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(|byte| self.at < end && byte.is_ascii_digit()) {
            let so_far = number.unwrap_or(0);
            if so_far > MOST {
                self.at = end;
                return None;
            }
            number = Some(so_far * 10 + usize::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// The argument that a star stands for, where it is an integer and not too large.
    fn star_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let plain;
        let value = match value {
            Value::Object(object) if object.ty().kind().is_int() || object.ty().kind().is_uint() => {
                plain = object.plain();
                &plain
            }
            value => value,
        };
        let number = match value {
            Value::Int(number, _) => *number,
            Value::Uint(number, _) => i64::try_from(*number).ok()?,
            _ => return None,
        };
        usize::try_from(number.unsigned_abs())
            .is_ok_and(|number| number <= MOST)
            .then_some(number)
    }

    /// An index of an argument (`[2]`), where there is one; whether it was read.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let close = match rest.iter().position(|byte| *byte == b']') {
            Some(close) if rest.len() >= 3 => self.at + close,
            _ => {
                self.good_index = false;
                self.at += 1;
                return false;
            }
        };
        self.at += 1;
        let number = self.number(close).filter(|_| self.at == close);
        self.at = close + 1;
        let Some(number) = number else {
            self.good_index = false;
            return false;
        };
        match number.checked_sub(1).filter(|index| *index < self.values.len()) {
            Some(index) => self.next = index,
            None => self.good_index = false,
        }
        true
    }

    /// Tells the arguments that no verb took.
    fn left_over(&self, printer: &mut Printer<'_>) -> Result<(), FuncError> {
        let extra = self.values.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return Ok(());
        }
        printer.flags = Flags::default();
        printer.write(b"%!(EXTRA ")?;
        for (index, value) in extra.iter().enumerate() {
            if index > 0 {
                printer.write(b", ")?;
            }
            if !matches!(value, Value::Nil) {
                printer.write(value.type_name().as_bytes())?;
                printer.write(b"=")?;
            }
            printer.argument(value, 'v')?;
        }
        printer.write(b")")
    }
}

fn print(printer: &mut Printer<'_>, value: &Value, verb: char) -> Result<(), FuncError> {
    if matches!(verb, 'v' | 'w') {
        let flags = &mut printer.flags;
        flags.sharp_v = std::mem::take(&mut flags.sharp);
        flags.plus_v = std::mem::take(&mut flags.plus);
    }
    printer.argument(value, verb)
}
