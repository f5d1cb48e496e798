//! Reads characters and words of a TOML document, with the errors that BurntSushi's lexer has.

use hoist_govalue::{strconv, utf8};
use unicode_general_category::{GeneralCategory, get_general_category};

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

fn is_letter(rune: char) -> bool {
    rune.is_ascii_alphabetic()
        || !rune.is_ascii()
            && matches!(
                get_general_category(rune),
                GeneralCategory::UppercaseLetter
                    | GeneralCategory::LowercaseLetter
                    | GeneralCategory::TitlecaseLetter
                    | GeneralCategory::ModifierLetter
                    | GeneralCategory::OtherLetter
            )
}

/// The end of the text, where a character is shown. A document has no such character.
const END: char = '\0';

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

    fn accept_if(&mut self, wanted: impl FnOnce(char) -> bool) -> Lexed<bool> {
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

    fn word(&self) -> &'t [u8] {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(self.word()).into_owned()
    }

    fn here(&self, message: impl Into<Vec<u8>>) -> LexError {
        LexError {
            line: self.line,
            message: message.into(),
        }
    }

    /// An error of its own type in Go: at the end of the text it is told of the line before.
    fn error(&self, message: impl Into<Vec<u8>>) -> LexError {
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

    fn take(&mut self) -> &'t [u8] {
        let word = self.word();
        self.ignore();
        word
    }

    /// One part of a key that is quoted.
    pub(super) fn quoted_name(&mut self) -> Lexed<(Word, &'t [u8])> {
        if self.next()? == '"' {
            self.string()
        } else {
            self.raw_string()
        }
    }

    /// A value, or the beginning of one.
    pub(super) fn value(&mut self) -> Lexed<(Word, &'t [u8])> {
        self.skip_spaces()?;
        let rune = self.next()?;
        match rune {
            '0'..='9' => {
                self.back();
                return self.number_or_date();
            }
            '[' => {
                self.ignore();
                return Ok((Word::Array, b""));
            }
            '{' => {
                self.ignore();
                return Ok((Word::Table, b""));
            }
            '"' | '\'' => {
                if self.accept(rune)? {
                    if self.accept(rune)? {
                        return self.long_string(rune);
                    }
                    self.back();
                }
                return if rune == '"' { self.string() } else { self.raw_string() };
            }
            '.' => return Err(self.fail("floats must start with a digit, not '.'")),
            '-' | '+' => return self.signed(),
            _ => {}
        }
        // Any mixture of `inf` and `nan`: the parser refuses it.
        let special = matches!(rune, 'i' | 'n');
        if special && ((self.accept('n')? && self.accept('f')?) || (self.accept('a')? && self.accept('n')?)) {
            return Ok((Word::Float, self.take()));
        }
        if is_letter(rune) {
            self.back();
            return self.bool();
        }
        match rune {
            END => Err(self.fail("unexpected EOF; expected value")),
            '\n' => Err(self.line_before("expected value but found '\\n' instead")),
            _ => Err(self.fail_at("expected value but found {} instead", rune)),
        }
    }

    fn bool(&mut self) -> Lexed<(Word, &'t [u8])> {
        let from = self.at;
        while self.accept_if(is_letter)? {}
        match self.text.get(from..self.at).unwrap_or_default() {
            b"true" | b"false" => Ok((Word::Bool, self.take())),
            word => Err(self.fail(format!("expected value but found {} instead", strconv::quote(word)))),
        }
    }

    fn string(&mut self) -> Lexed<(Word, &'t [u8])> {
        self.ignore();
        loop {
            match self.next()? {
                END => return Err(self.fail("unexpected EOF; expected '\"'")),
                rune if is_newline(rune) => return Err(self.line_before("strings cannot contain newlines")),
                '\\' => self.escape()?,
                '"' => return self.close(Word::Text, 1),
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) -> Lexed<(Word, &'t [u8])> {
        self.ignore();
        loop {
            match self.next()? {
                END => return Err(self.fail("unexpected EOF; expected \"'\"")),
                rune if is_newline(rune) => return Err(self.line_before("strings cannot contain newlines")),
                '\'' => return self.close(Word::RawText, 1),
                _ => {}
            }
        }
    }

    /// Ends a string before the quotes that were read last.
    fn close(&mut self, word: Word, quotes: usize) -> Lexed<(Word, &'t [u8])> {
        let end = self.at - quotes;
        let text = self.text.get(self.start..end).unwrap_or_default();
        self.ignore();
        Ok((word, text))
    }

    fn long_string(&mut self, quote: char) -> Lexed<(Word, &'t [u8])> {
        self.ignore();
        let word = if quote == '"' {
            Word::LongText
        } else {
            Word::RawLongText
        };
        loop {
            match self.next()? {
                END if quote == '"' => return Err(self.fail("unexpected EOF; expected '\"\"\"'")),
                END => return Err(self.fail("unexpected EOF; expected \"'''\"")),
                '\\' if quote == '"' => self.long_escape()?,
                rune if rune == quote => {
                    if !self.accept(quote)? {
                        continue;
                    }
                    if !self.accept(quote)? {
                        self.back();
                        continue;
                    }
                    if self.peek()? != quote {
                        return self.close(word, 3);
                    }
                    // One or two quotes may stand before the last three, but not more.
                    let so_far = self.word();
                    if quote == '"' && so_far.ends_with(b"\"\"\"\"\"") && !so_far.ends_with(b"\\\"\"\"\"\"") {
                        return Err(self.fail("unexpected '\"\"\"\"\"\"'"));
                    }
                    if quote == '\'' && so_far.ends_with(b"'''''") {
                        return Err(self.fail("unexpected \"''''''\""));
                    }
                    self.back();
                    self.back();
                }
                _ => {}
            }
        }
    }

    fn long_escape(&mut self) -> Lexed<()> {
        if self.accept_if(is_newline)? {
            return Ok(());
        }
        self.escape()
    }

    fn escape(&mut self) -> Lexed<()> {
        let (count, name) = match self.next()? {
            'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\' => return Ok(()),
            'x' => (2, "two hexadecimal digits after '\\x'"),
            'u' => (4, "four hexadecimal digits after '\\u'"),
            'U' => (8, "eight hexadecimal digits after '\\U'"),
            rune => return Err(self.error(format!("invalid escape in string '\\{rune}'"))),
        };
        for _ in 0..count {
            if !self.next()?.is_ascii_hexdigit() {
                let found = strconv::quote(self.word());
                return Err(self.fail(format!("expected {name}, but got {found} instead")));
            }
        }
        Ok(())
    }

    /// What begins with a digit.
    fn number_or_date(&mut self) -> Lexed<(Word, &'t [u8])> {
        if self.next()? == '0' {
            let (name, is_digit): (_, fn(char) -> bool) = match self.next()? {
                '0'..='9' => return self.decimal_or_date(),
                '_' => return self.decimal(),
                '.' | 'e' | 'E' => return self.float(),
                'b' => ("a binary", |rune| matches!(rune, '0' | '1')),
                'o' => ("an octal", |rune| matches!(rune, '0'..='7')),
                'x' => ("a hexadecimal", |rune| rune.is_ascii_hexdigit()),
                _ => {
                    self.back();
                    return Ok((Word::Integer, self.take()));
                }
            };
            let first = self.peek()?;
            if !is_digit(first) {
                return Err(self.here(format!("not {name} number: '{}{first}'", self.shown())));
            }
            while self.accept_if(|rune| is_digit(rune) || rune == '_')? {}
            return Ok((Word::Integer, self.take()));
        }
        self.decimal_or_date()
    }

    fn decimal_or_date(&mut self) -> Lexed<(Word, &'t [u8])> {
        loop {
            match self.next()? {
                '0'..='9' => {}
                '-' | ':' => return self.datetime(),
                '_' => return self.decimal(),
                '.' | 'e' | 'E' => return self.float(),
                _ => {
                    self.back();
                    return Ok((Word::Integer, self.take()));
                }
            }
        }
    }

    fn datetime(&mut self) -> Lexed<(Word, &'t [u8])> {
        while self.accept_if(|rune| matches!(rune, '0'..='9' | '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))? {}
        Ok((Word::Datetime, self.take().trim_ascii()))
    }

    fn decimal(&mut self) -> Lexed<(Word, &'t [u8])> {
        loop {
            match self.next()? {
                '0'..='9' | '_' => {}
                '.' | 'e' | 'E' => return self.float(),
                _ => {
                    self.back();
                    return Ok((Word::Integer, self.take()));
                }
            }
        }
    }

    fn float(&mut self) -> Lexed<(Word, &'t [u8])> {
        while self.accept_if(|rune| matches!(rune, '0'..='9' | '_' | '.' | '-' | '+' | 'e' | 'E'))? {}
        Ok((Word::Float, self.take()))
    }

    /// A number, after its sign.
    fn signed(&mut self) -> Lexed<(Word, &'t [u8])> {
        let rune = self.next()?;
        let rest = match rune {
            'i' => ['n', 'f'],
            'n' => ['a', 'n'],
            '0' => {
                let base = self.peek()?;
                if matches!(base, 'b' | 'o' | 'x') {
                    let shown = self.shown();
                    return Err(self.fail(format!("cannot use sign with non-decimal numbers: '{shown}{base}'")));
                }
                return self.decimal();
            }
            '1'..='9' => return self.decimal(),
            '.' => return Err(self.fail("floats must start with a digit, not '.'")),
            _ => return Err(self.fail_at("expected a digit but got {}", rune)),
        };
        for letter in rest {
            if !self.accept(letter)? {
                return Err(self.fail(format!("invalid float: '{}'", self.shown())));
            }
        }
        Ok((Word::Float, self.take()))
    }
}
