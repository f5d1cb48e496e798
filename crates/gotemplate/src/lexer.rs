//! Splits a text into tokens, with Go's positions, lines and error texts.

use hoist_govalue::{strconv, utf8};
use unicode_general_category::{GeneralCategory as Category, get_general_category};

use crate::tree::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Break
                | Self::Continue
                | Self::Dot
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Nil
                | Self::Range
                | Self::Template
                | Self::With
        )
    }
}

/// A token. The text of an error is in the lexer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

impl Token {
    /// What a parser holds before it has read anything.
    pub(crate) const NONE: Self = Self {
        kind: Kind::Error,
        span: Span { start: 0, end: 0 },
    };
}

#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    pos: usize,
    start: usize,
    parens: i32,
    inside_action: bool,
    // Not so where a function has the name.
    pub(crate) break_is_keyword: bool,
    pub(crate) continue_is_keyword: bool,
    pub(crate) error: String,
    failed: bool,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(rune: char) -> bool {
    if rune.is_ascii() {
        return rune == '_' || rune.is_ascii_alphanumeric();
    }
    matches!(
        get_general_category(rune),
        Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
            | Category::DecimalNumber
    )
}

/// As `%#U` prints it.
fn code_point(rune: char) -> String {
    let mut text = format!("U+{:04X}", u32::from(rune));
    if strconv::is_print(rune) {
        text.push_str(&format!(" '{rune}'"));
    }
    text
}

/// Where the next action begins.
fn left_delim(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|at| text.get(at + 1) == Some(&b'{'))
}

impl<'a> Lexer<'a> {
    /// The text is shorter than 4 GiB.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            pos: 0,
            start: 0,
            parens: 0,
            inside_action: false,
            break_is_keyword: true,
            continue_is_keyword: true,
            error: String::new(),
            failed: false,
        }
    }

    /// The line where a token begins.
    pub(crate) fn line(&self, token: Token) -> usize {
        let before = self.text.get(..token.span.start as usize).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    /// The token as errors show it.
    pub(crate) fn show(&self, token: Token) -> String {
        let text = self.text.get(token.span.start as usize..token.span.end as usize);
        let text = text.unwrap_or_default();
        match token.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.error.clone(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(text)),
            _ if text.len() > 10 => {
                let cut = utf8::runes(text).nth(10).map_or(text.len(), |(at, _, _)| at);
                format!("{}...", strconv::quote(text.get(..cut).unwrap_or(text)))
            }
            _ => strconv::quote(text),
        }
    }

    pub(crate) fn next(&mut self) -> Token {
        if self.failed {
            return self.token_at(Kind::Eof, self.pos, self.pos);
        }
        if self.inside_action { self.action() } else { self.text() }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.pos).copied()
    }

    #[allow(clippy::cast_possible_truncation)]
    fn token_at(&self, kind: Kind, start: usize, end: usize) -> Token {
        Token {
            kind,
            span: Span {
                start: start as u32,
                end: end as u32,
            },
        }
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = self.token_at(kind, self.start, self.pos);
        self.start = self.pos;
        token
    }

    fn ignore(&mut self) {
        self.start = self.pos;
    }

    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.error = message.into();
        self.failed = true;
        self.token_at(Kind::Error, self.start, self.start)
    }

    fn text(&mut self) -> Token {
        loop {
            let rest = self.rest();
            let Some(found) = left_delim(rest) else {
                self.pos = self.text.len();
                if self.pos > self.start {
                    return self.emit(Kind::Text);
                }
                return self.emit(Kind::Eof);
            };
            if found > 0 {
                self.pos += found;
                let mut trimmed = 0;
                if self.left_trim(self.pos + 2) {
                    let text = self.text.get(self.start..self.pos).unwrap_or_default();
                    trimmed = text.iter().rev().take_while(|byte| is_space(**byte)).count();
                }
                self.pos -= trimmed;
                let token = self.emit(Kind::Text);
                self.pos += trimmed;
                self.ignore();
                if token.span.end > token.span.start {
                    return token;
                }
            }
            // At the delimiter.
            self.pos += 2;
            let marker = if self.left_trim(self.pos) { 2 } else { 0 };
            if !self
                .text
                .get(self.pos + marker..)
                .unwrap_or_default()
                .starts_with(b"/*")
            {
                let token = self.emit(Kind::LeftDelim);
                self.inside_action = true;
                self.pos += marker;
                self.ignore();
                self.parens = 0;
                return token;
            }
            self.pos += marker;
            self.ignore();
            if let Some(error) = self.comment() {
                return error;
            }
        }
    }

    /// A comment whose beginning is there.
    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(end) = memchr::memmem::find(self.rest(), b"*/") else {
            return Some(self.fail("unclosed comment"));
        };
        self.pos += end + 2;
        let Some(trim) = self.right_delim() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.pos += if trim { 4 } else { 2 };
        if trim {
            self.pos += self.leading_space();
        }
        self.ignore();
        None
    }

    fn left_trim(&self, at: usize) -> bool {
        matches!(self.text.get(at..), Some([b'-', space, ..]) if is_space(*space))
    }

    /// Whether a right delimiter is here, and whether it trims.
    fn right_delim(&self) -> Option<bool> {
        match self.rest() {
            [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(true),
            [b'}', b'}', ..] => Some(false),
            _ => None,
        }
    }

    fn leading_space(&self) -> usize {
        self.rest().iter().take_while(|byte| is_space(**byte)).count()
    }

    fn close(&mut self, trim: bool) -> Token {
        if trim {
            self.pos += 2;
            self.ignore();
        }
        self.pos += 2;
        let token = self.emit(Kind::RightDelim);
        if trim {
            self.pos += self.leading_space();
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn action(&mut self) -> Token {
        let (rune, size) = match self.byte() {
            None => return self.fail("unclosed action"),
            // A delimiter begins with one of these.
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'}') => {
                if let Some(trim) = self.right_delim() {
                    if self.parens == 0 {
                        return self.close(trim);
                    }
                    return self.fail("unclosed left paren");
                }
                (self.byte().map_or(utf8::REPLACEMENT, char::from), 1)
            }
            Some(byte) if byte.is_ascii() => (char::from(byte), 1),
            Some(_) => utf8::decode(self.rest()),
        };
        self.pos += size;
        match rune {
            ' ' | '\t' | '\r' | '\n' => {
                self.pos -= 1;
                self.space()
            }
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.byte() != Some(b'=') {
                    return self.fail("expected :=");
                }
                self.pos += 1;
                self.emit(Kind::Declare)
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            '`' => {
                let Some(end) = memchr::memchr(b'`', self.rest()) else {
                    return self.fail("unterminated raw quoted string");
                };
                self.pos += end + 1;
                self.emit(Kind::RawString)
            }
            '$' => self.field_or_variable(Kind::Variable),
            '.' if self.byte().is_some_and(|byte| !byte.is_ascii_digit()) => self.field_or_variable(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos -= 1;
                self.number()
            }
            _ if is_alphanumeric(rune) => self.identifier(),
            '(' => {
                self.parens = self.parens.saturating_add(1);
                self.emit(Kind::LeftParen)
            }
            ')' => {
                self.parens -= 1;
                if self.parens < 0 {
                    return self.fail("unexpected right paren");
                }
                self.emit(Kind::RightParen)
            }
            '!'..='~' => self.emit(Kind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", code_point(rune))),
        }
    }

    fn space(&mut self) -> Token {
        let count = self.leading_space();
        self.pos += count;
        // The last space may belong to a right delimiter that trims.
        self.pos -= 1;
        if self.right_delim() == Some(true) {
            if count == 1 {
                return self.close(true);
            }
        } else {
            self.pos += 1;
        }
        self.emit(Kind::Space)
    }

    fn skip_alphanumeric(&mut self) {
        loop {
            let ascii = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            self.pos += self.rest().iter().take_while(ascii).count();
            if self.byte().is_none_or(|byte| byte.is_ascii()) {
                return;
            }
            let (rune, size) = utf8::decode(self.rest());
            if size == 0 || !is_alphanumeric(rune) {
                return;
            }
            self.pos += size;
        }
    }

    /// Whether what is here may follow a name.
    fn at_terminator(&self) -> bool {
        match self.byte() {
            None => true,
            Some(byte) if is_space(byte) || b".,|:)(".contains(&byte) => true,
            Some(_) => self.rest().starts_with(b"}}"),
        }
    }

    fn bad_character(&mut self) -> Token {
        let (rune, _) = utf8::decode(self.rest());
        self.fail(format!("bad character {}", code_point(rune)))
    }

    fn identifier(&mut self) -> Token {
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match self.text.get(self.start..self.pos).unwrap_or_default() {
            b"block" => Kind::Block,
            b"break" if self.break_is_keyword => Kind::Break,
            b"continue" if self.continue_is_keyword => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"range" => Kind::Range,
            b"nil" => Kind::Nil,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Token {
        loop {
            match self.byte() {
                Some(b'\\') if self.text.get(self.pos + 1).is_some_and(|byte| *byte != b'\n') => self.pos += 2,
                Some(byte) if byte == quote => {
                    self.pos += 1;
                    return self.emit(kind);
                }
                None | Some(b'\n' | b'\\') => return self.fail(unterminated),
                Some(_) => self.pos += 1,
            }
        }
    }

    fn number(&mut self) -> Token {
        let bad = |lexer: &mut Self| {
            let text = lexer.text.get(lexer.start..lexer.pos).unwrap_or_default();
            let text = strconv::quote(text);
            lexer.fail(format!("bad number syntax: {text}"))
        };
        if !self.scan_number() {
            return bad(self);
        }
        if matches!(self.byte(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.pos == 0 || self.text.get(self.pos - 1) != Some(&b'i') {
                return bad(self);
            }
            return self.emit(Kind::Complex);
        }
        self.emit(Kind::Number)
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let accepted = self.byte().is_some_and(|byte| set.contains(&byte));
        self.pos += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, set: &[u8]) {
        while self.accept(set) {}
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        const HEX: &[u8] = b"0123456789abcdefABCDEF_";
        self.accept(b"+-");
        let mut digits = DECIMAL;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = HEX;
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if digits == DECIMAL && self.accept(b"eE") || digits == HEX && self.accept(b"pP") {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        let (rune, size) = utf8::decode(self.rest());
        if size > 0 && is_alphanumeric(rune) {
            self.pos += size;
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Lexer};

    fn tokens(text: &str) -> Vec<(Kind, &str, usize)> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next();
            if token.kind == Kind::Eof {
                return tokens;
            }
            let span = token.span.start as usize..token.span.end as usize;
            tokens.push((token.kind, &text[span], lexer.line(token)));
            if token.kind == Kind::Error {
                return tokens;
            }
        }
    }

    #[test]
    fn lines_are_those_of_a_tokens_beginning() {
        let found = tokens("a\n\n{{- /* c\n */ -}}\n {{ `x\ny` \n}}\nz");
        assert_eq!(
            found,
            [
                (Kind::Text, "a", 1),
                (Kind::LeftDelim, "{{", 5),
                (Kind::Space, " ", 5),
                (Kind::RawString, "`x\ny`", 5),
                (Kind::Space, " \n", 6),
                (Kind::RightDelim, "}}", 7),
                (Kind::Text, "\nz", 7),
            ]
        );
    }

    #[test]
    fn spaces_before_a_trimming_delimiter_are_its_own() {
        let kinds = |text| tokens(text).into_iter().map(|token| token.0).collect::<Vec<_>>();
        use Kind::{LeftDelim, Number, RightDelim, Space, Text};
        assert_eq!(kinds("{{1 -}} x"), [LeftDelim, Number, RightDelim, Text]);
        assert_eq!(kinds("{{1  -}} x"), [LeftDelim, Number, Space, RightDelim, Text]);
        assert_eq!(kinds("{{1 - }}"), [LeftDelim, Number, Space, Number, Space, RightDelim]);
    }

    #[test]
    fn nothing_follows_an_error() {
        let mut lexer = Lexer::new(b"{{ @ x }}");
        let mut kinds = Vec::new();
        for _ in 0..6 {
            kinds.push(lexer.next().kind);
        }
        assert_eq!(lexer.error, "");
        assert_eq!(kinds[2], Kind::Char);
        let mut lexer = Lexer::new("{{ ☃ x }}".as_bytes());
        for kind in [Kind::LeftDelim, Kind::Space, Kind::Error, Kind::Eof, Kind::Eof] {
            assert_eq!(lexer.next().kind, kind);
        }
        assert_eq!(lexer.error, "unrecognized character in action: U+2603 '☃'");
    }
}
