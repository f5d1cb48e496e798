//! Reads characters and words of a TOML document, with the errors that BurntSushi's lexer has.

use hoist_govalue::{strconv, utf8};

/// An error at a line. The key at hand is the parser's to add.
#[derive(Debug)]
pub(super) struct LexError {
    pub(super) line: usize,
    pub(super) message: Vec<u8>,
}

pub(super) type Lexed<T> = Result<T, LexError>;

/// What the lexer takes for a value, with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A string whose escapes, if any, are still in it.
    Text,
    RawText,
    LongText,
    RawLongText,
    Bool,
    Integer,
    Float,
    Datetime,
    /// An opening bracket.
    Array,
    /// An opening brace.
    Table,
}

/// A place in the text.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    /// Where the word at hand begins.
    start: usize,
    at: usize,
    line: usize,
    /// Whether the end has been read, which can be taken back as a character can.
    ended: bool,
}

pub(super) fn is_space(rune: char) -> bool {
    matches!(rune, ' ' | '\t')
}

pub(super) fn is_newline(rune: char) -> bool {
    matches!(rune, '\n' | '\r')
}

/// The end of the text, where a character is shown. A document has no such character.
pub(super) const END: char = '\0';

fn quoted(rune: char) -> String {
    let mut out = Vec::new();
    strconv::append_quote_rune(&mut out, rune);
    String::from_utf8_lossy(&out).into_owned()
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
            line: 1,
            ended: false,
        }
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The next character.
    pub(super) fn next(&mut self) -> Lexed<char> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (rune, size) = utf8::decode(rest);
        match rune {
            _ if size == 0 => {
                self.ended = true;
                return Ok(END);
            }
            utf8::REPLACEMENT if size == 1 => {
                let byte = rest.first().copied().unwrap_or_default();
                return Err(self.error(format!("invalid UTF-8 byte: 0x{byte:02x}")));
            }
            '\n' => self.line += 1,
            '\t' => {}
            '\r' if rest.get(1) == Some(&b'\n') => {}
            '\0'..' ' | '\x7f' => {
                let code = u32::from(rune);
                let message = format!("TOML files cannot contain control characters: '0x{code:02x}'");
                return Err(self.here(message));
            }
            _ => {}
        }
        self.at += size;
        Ok(rune)
    }

    /// Takes the last character back.
    pub(super) fn back(&mut self) {
        if std::mem::take(&mut self.ended) {
            return;
        }
        let before = self.text.get(..self.at).unwrap_or_default();
        let (rune, size) = utf8::decode_last(before);
        self.at -= size;
        if rune == '\n' {
            self.line -= 1;
        }
    }

    pub(super) fn peek(&mut self) -> Lexed<char> {
        let rune = self.next()?;
        self.back();
        Ok(rune)
    }

    pub(super) fn accept(&mut self, wanted: char) -> Lexed<bool> {
        let found = self.next()? == wanted;
        if !found {
            self.back();
        }
        Ok(found)
    }

    pub(super) fn accept_if(&mut self, wanted: impl FnOnce(char) -> bool) -> Lexed<bool> {
        let found = wanted(self.next()?);
        if !found {
            self.back();
        }
        Ok(found)
    }

    pub(super) fn skip_spaces(&mut self) -> Lexed<()> {
        while self.accept_if(is_space)? {}
        self.ignore();
        Ok(())
    }

    /// Begins the next word here.
    pub(super) fn ignore(&mut self) {
        self.start = self.at;
    }

    /// The word at hand, as far as it has been read.
    pub(super) fn word(&self) -> &'t [u8] {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(self.word()).into_owned()
    }

    pub(super) fn here(&self, message: impl Into<Vec<u8>>) -> LexError {
        LexError {
            line: self.line,
            message: message.into(),
        }
    }

    /// An error of its own type in Go: at the end of the text it is told of the line before.
    pub(super) fn error(&self, message: impl Into<Vec<u8>>) -> LexError {
        LexError {
            line: self.line - usize::from(self.ended),
            message: message.into(),
        }
    }

    pub(super) fn line_before(&self, message: impl Into<Vec<u8>>) -> LexError {
        LexError {
            line: self.line - 1,
            message: message.into(),
        }
    }

    /// An error that is a text in Go: at the end of the text, if that is a newline, it is told of the line before.
    pub(super) fn fail(&self, message: impl Into<Vec<u8>>) -> LexError {
        let back = self.ended && self.at.checked_sub(1).and_then(|at| self.text.get(at)) == Some(&b'\n');
        LexError {
            line: self.line - usize::from(back),
            message: message.into(),
        }
    }

    /// As [`Self::fail`], of a character that is shown quoted in place of `{}`.
    pub(super) fn fail_at(&self, message: &str, rune: char) -> LexError {
        self.fail(message.replacen("{}", &quoted(rune), 1))
    }

    /// The rest of a line, after its `#`.
    pub(super) fn comment(&mut self) -> Lexed<()> {
        while self.accept_if(|rune| !is_newline(rune) && rune != END)? {}
        self.ignore();
        Ok(())
    }

    /// Whether a character is the end of the text.
    pub(super) fn is_end(rune: char) -> bool {
        rune == END
    }

    /// What is in place of a character in some errors.
    pub(super) fn or_end(rune: char) -> String {
        if rune == END {
            "end of file".to_owned()
        } else {
            format!("'{rune}'")
        }
    }

    /// One part of a key that is not quoted; it may be empty.
    pub(super) fn bare_name(&mut self) -> Lexed<&'t [u8]> {
        while self.accept_if(|rune| rune.is_ascii_alphanumeric() || matches!(rune, '_' | '-'))? {}
        Ok(self.take())
    }

    /// The word at hand; the next begins here.
    pub(super) fn take(&mut self) -> &'t [u8] {
        let word = self.word();
        self.ignore();
        word
    }

    /// As [`Self::take`], but without the quotes that were read last.
    pub(super) fn take_before(&mut self, quotes: usize) -> &'t [u8] {
        let end = self.at.saturating_sub(quotes);
        let word = self.text.get(self.start..end).unwrap_or_default();
        self.ignore();
        word
    }
}
