//! The words of values: strings, numbers, times and truths, as far as BurntSushi's lexer looks at them.

use hoist_govalue::strconv;
use unicode_general_category::{GeneralCategory, get_general_category};

use super::lexer::{END, Lexed, Lexer, Word, is_newline};

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

impl<'t> Lexer<'t> {
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
        let mut letters = String::new();
        loop {
            match self.next()? {
                rune if is_letter(rune) => letters.push(rune),
                _ => break,
            }
        }
        self.back();
        match letters.as_str() {
            "true" | "false" => Ok((Word::Bool, self.take())),
            word => Err(self.fail(format!(
                "expected value but found {} instead",
                strconv::quote(word.as_bytes())
            ))),
        }
    }

    fn string(&mut self) -> Lexed<(Word, &'t [u8])> {
        self.ignore();
        loop {
            match self.next()? {
                END => return Err(self.fail("unexpected EOF; expected '\"'")),
                rune if is_newline(rune) => return Err(self.line_before("strings cannot contain newlines")),
                '\\' => self.escape()?,
                '"' => return Ok((Word::Text, self.take_before(1))),
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
                '\'' => return Ok((Word::RawText, self.take_before(1))),
                _ => {}
            }
        }
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
                        return Ok((word, self.take_before(3)));
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
