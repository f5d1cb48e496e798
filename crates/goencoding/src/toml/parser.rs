//! Reads a document: tables, keys and values, with the errors that BurntSushi's parser has.

use hoist_govalue::{Map, Str, Value, deep, strconv};

use super::datetime::Datetime;
use super::lexer::{LexError, Lexer, Word, is_newline, is_space};
use super::tables::{Node, Table, Tables};
use super::{MAX_DEPTH, TomlError, key, scalar};

pub(super) fn document(text: &[u8], datetime: &dyn Fn(&Datetime) -> Value) -> Result<Map, TomlError> {
    let text = [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"]
        .iter()
        .find_map(|mark| text.strip_prefix(*mark))
        .unwrap_or(text);
    if text.iter().take(6).any(|byte| *byte == 0) {
        let message = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(TomlError::Refused(format!("toml: line 1: {message}")));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        tables: Tables::default(),
        context: Vec::new(),
        key: Str::default(),
        line: 0,
        depth: 0,
        datetime,
    };
    match parser.top() {
        Ok(()) => Ok(parser.tables.root.into_map()),
        Err(stop) => Err(parser.error(stop)),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    tables: Tables,
    /// The table that keys belong to.
    context: Vec<Str>,
    /// The key whose value is read; empty between them.
    key: Str,
    /// Where the last key began.
    line: usize,
    depth: usize,
    datetime: &'t dyn Fn(&Datetime) -> Value,
}

/// Why reading stopped. The key at hand then is part of the error.
enum Stop {
    At(LexError),
    Limit(String),
}

impl From<LexError> for Stop {
    fn from(error: LexError) -> Self {
        Self::At(error)
    }
}

type Read<T> = Result<T, Stop>;

fn at(line: usize, message: impl Into<Vec<u8>>) -> Stop {
    Stop::At(LexError {
        line,
        message: message.into(),
    })
}

impl Parser<'_> {
    fn error(&self, stop: Stop) -> TomlError {
        let LexError { line, message } = match stop {
            Stop::At(error) => error,
            Stop::Limit(message) => return TomlError::Limit(message),
        };
        let mut last = key::join(&self.context);
        if !self.key.is_empty() {
            if !last.is_empty() {
                last.push(b'.');
            }
            last.extend_from_slice(&self.key);
        }
        let message = String::from_utf8_lossy(&message);
        TomlError::Refused(if last.is_empty() {
            format!("toml: line {line}: {message}")
        } else {
            format!("toml: line {line} (last key {}): {message}", strconv::quote(&last))
        })
    }

    fn top(&mut self) -> Read<()> {
        loop {
            let rune = self.lexer.next()?;
            match rune {
                '#' => self.lexer.comment()?,
                '[' => {
                    self.header()?;
                    self.line_end()?;
                }
                _ if is_space(rune) || is_newline(rune) => self.lexer.ignore(),
                _ if Lexer::is_end(rune) => return Ok(()),
                _ => {
                    self.lexer.back();
                    let outer = self.context.clone();
                    self.entry(None)?;
                    self.context = outer;
                    self.key = Str::default();
                    self.line_end()?;
                }
            }
        }
    }

    /// What may follow a header or a value: a comment, and the line's end.
    fn line_end(&mut self) -> Read<()> {
        self.lexer.skip_spaces()?;
        let rune = self.lexer.next()?;
        if rune == '#' {
            self.lexer.comment()?;
        } else if is_newline(rune) {
            self.lexer.ignore();
        } else if Lexer::is_end(rune) {
            // It is read once more.
            self.lexer.back();
        } else {
            let message = "expected a top-level item to end with a newline, comment, or EOF, but got {} instead";
            return Err(self.lexer.fail_at(message, rune).into());
        }
        Ok(())
    }

    fn header(&mut self) -> Read<()> {
        let array = self.lexer.accept('[')?;
        self.lexer.ignore();
        let mut key = Vec::new();
        loop {
            self.lexer.skip_spaces()?;
            let part = match self.lexer.peek()? {
                rune if rune == ']' || Lexer::is_end(rune) => {
                    let message = "unexpected end of table name (table names cannot be empty)";
                    return Err(self.lexer.fail(message).into());
                }
                '.' => {
                    let message = "unexpected table separator (table names cannot be empty)";
                    return Err(self.lexer.fail(message).into());
                }
                rune => self.key_part(rune, key.is_empty())?,
            };
            self.push(&mut key, part)?;
            self.lexer.skip_spaces()?;
            match self.lexer.next()? {
                '.' => self.lexer.ignore(),
                ']' => break,
                rune => {
                    let message = "expected '.' or ']' to end table name, but got {} instead";
                    return Err(self.lexer.fail_at(message, rune).into());
                }
            }
        }
        if array {
            match self.lexer.next()? {
                ']' => {}
                rune => {
                    let message = "expected end of table array name delimiter ']', but got {} instead";
                    return Err(self.lexer.fail_at(message, rune).into());
                }
            }
        }
        self.lexer.ignore();
        self.open(key, array)?;
        self.tables.set_type(&self.context, false);
        Ok(())
    }

    /// Opens a table, or one more of an array of tables: keys belong to it then.
    fn open(&mut self, key: Vec<Str>, array: bool) -> Read<()> {
        let line = self.line;
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let parent = self.tables.parent(parents).map_err(|message| at(line, message))?;
        self.context = parents.to_vec();
        let opened = if array {
            Tables::append(&parent, &key)
        } else {
            let table = Node::Table(Table::default());
            self.tables.set(parents, last.clone(), table)
        };
        opened.map_err(|message| at(line, message))?;
        self.context = key;
        Ok(())
    }

    fn push(&self, key: &mut Vec<Str>, part: Str) -> Read<()> {
        if key.len() + self.depth >= MAX_DEPTH {
            return Err(Stop::Limit(format!("a key of more than {MAX_DEPTH} parts")));
        }
        key.push(part);
        Ok(())
    }

    /// One part of a key, which begins with this character.
    fn key_part(&mut self, rune: char, first: bool) -> Read<Str> {
        if rune != '"' && rune != '\'' {
            let name = self.lexer.bare_name()?;
            if first {
                self.line = self.lexer.line();
            }
            return Ok(Str::from(name));
        }
        self.lexer.ignore();
        let (word, text) = self.lexer.quoted_name()?;
        if first {
            self.line = self.lexer.line();
        }
        self.text(word, text)
    }

    /// A key with its value, in the table at hand or, of an inline table, in `hash`.
    fn entry(&mut self, hash: Option<&Table>) -> Read<()> {
        self.lexer.skip_spaces()?;
        match self.lexer.peek()? {
            rune if rune == '=' || Lexer::is_end(rune) => {
                return Err(self.lexer.fail("unexpected '=': key name appears blank").into());
            }
            '.' => return Err(self.lexer.fail("unexpected '.': keys cannot start with a '.'").into()),
            _ => self.lexer.ignore(),
        }
        let mut key = Vec::new();
        loop {
            self.lexer.skip_spaces()?;
            let part = match self.lexer.peek()? {
                rune if rune == '=' || Lexer::is_end(rune) => return Err(self.lexer.fail("unexpected '='").into()),
                '.' => return Err(self.lexer.fail("unexpected '.'").into()),
                rune => self.key_part(rune, key.is_empty())?,
            };
            self.push(&mut key, part)?;
            self.lexer.skip_spaces()?;
            match self.lexer.next()? {
                '.' => self.lexer.ignore(),
                '=' => break,
                '\n' => {
                    let message = "expected '.' or '=', but got '\\n' instead";
                    return Err(self.lexer.line_before(message).into());
                }
                rune if Lexer::is_end(rune) => {
                    return Err(self.lexer.fail("unexpected EOF; expected key separator '='").into());
                }
                rune => {
                    return Err(self
                        .lexer
                        .fail_at("expected '.' or '=', but got {} instead", rune)
                        .into());
                }
            }
        }
        self.lexer.ignore();
        let Some(last) = key.pop() else {
            return Ok(());
        };
        self.key = last.clone();
        for part in &key {
            let mut table = self.context.clone();
            self.push(&mut table, part.clone())?;
            self.tables.add_implicit(&table);
            self.open(table, false)?;
        }
        let (node, is_array) = self.value(false)?;
        if let Err(message) = self.tables.set(&self.context, last.clone(), node.clone()) {
            return Err(at(self.line, message));
        }
        self.set_type(is_array);
        if let Some(hash) = hash {
            let mut table = hash.clone();
            for part in &key {
                table = match table.table_at(part) {
                    Some(table) => table,
                    None => {
                        let context = strconv::quote(&key::join(&self.context));
                        return Err(at(self.line, format!("{context} is not a table")));
                    }
                };
            }
            table.set(last, node);
        }
        Ok(())
    }

    fn set_type(&mut self, array: bool) {
        if self.key.is_empty() {
            self.tables.set_type(&self.context, array);
            return;
        }
        let mut key = self.context.clone();
        key.push(self.key.clone());
        self.tables.set_type(&key, array);
    }

    /// A value, and whether it is an array.
    fn value(&mut self, in_array: bool) -> Read<(Node, bool)> {
        let (word, text) = self.lexer.value()?;
        let line = self.lexer.line();
        let plain = match word {
            Word::Array => return Ok((Node::Plain(self.nested(Self::array)?), true)),
            Word::Table => return Ok((self.nested(|it| it.inline_table(in_array))?, false)),
            Word::Bool => Value::Bool(text == b"true"),
            Word::Integer => scalar::integer(text).map_err(|message| at(line, message))?,
            Word::Float => scalar::float(text).map_err(|message| at(line, message))?,
            Word::Datetime => {
                let datetime = scalar::datetime(text).map_err(|message| at(line, message))?;
                (self.datetime)(&datetime)
            }
            _ => Value::Str(self.text(word, text)?),
        };
        Ok((Node::Plain(plain), false))
    }

    fn text(&self, word: Word, text: &[u8]) -> Read<Str> {
        let line = self.lexer.line();
        let text = match word {
            Word::Text => scalar::unescape(text),
            Word::LongText => scalar::unescape(&scalar::join_lines(scalar::without_first_newline(text))),
            Word::RawLongText => return Ok(Str::from(scalar::without_first_newline(text))),
            _ => return Ok(Str::from(text)),
        };
        text.map(Str::from).map_err(|message| at(line, message))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == MAX_DEPTH {
            return Err(Stop::Limit(format!("a value is nested more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let read = deep::step(|| read(self))?;
        self.depth -= 1;
        Ok(read)
    }

    fn array(&mut self) -> Read<Value> {
        self.set_type(true);
        let mut items = Vec::new();
        loop {
            match self.between()? {
                ',' => return Err(self.lexer.fail("unexpected comma").into()),
                ']' => break,
                _ => self.lexer.back(),
            }
            items.push(self.value(true)?.0.into_value());
            match self.between()? {
                ',' => self.lexer.ignore(),
                ']' => break,
                rune => {
                    let found = Lexer::or_end(rune);
                    let message = format!("expected a comma (',') or array terminator (']'), but got {found}");
                    return Err(self.lexer.fail(message).into());
                }
            }
        }
        self.lexer.ignore();
        Ok(Value::list(items))
    }

    /// The next character that is not white space or in a comment.
    fn between(&mut self) -> Read<char> {
        loop {
            let rune = self.lexer.next()?;
            if is_space(rune) || is_newline(rune) {
                self.lexer.ignore();
            } else if rune == '#' {
                self.lexer.comment()?;
            } else {
                return Ok(rune);
            }
        }
    }

    fn inline_table(&mut self, in_array: bool) -> Read<Node> {
        let (context, key) = (self.context.clone(), std::mem::take(&mut self.key));
        let mut own = context.clone();
        own.push(key.clone());
        self.context.clone_from(&own);
        self.tables.add_implicit(&own);
        self.open(own.clone(), in_array)?;
        let hash = Table::default();
        loop {
            match self.between()? {
                ',' => return Err(self.lexer.fail("unexpected comma").into()),
                '}' => break,
                _ => self.lexer.back(),
            }
            self.entry(Some(&hash))?;
            self.context.clone_from(&own);
            match self.between()? {
                // A comma may be the last.
                ',' => self.lexer.ignore(),
                '}' => break,
                rune => {
                    let found = Lexer::or_end(rune);
                    let message =
                        format!("expected a comma or an inline table terminator '}}', but got {found} instead");
                    return Err(self.lexer.fail(message).into());
                }
            }
        }
        self.lexer.ignore();
        self.context = context;
        self.key = key;
        Ok(Node::Table(hash))
    }
}
