//! Upper and lower case: Go's strings, goutils and xstrings.

use hoist_govalue::{Args, Func, FuncResult, Type, Value};

use crate::def::pure;
use crate::unicode::{self, BAD};

const STR: &[Type] = &[Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("upper", STR, |args| {
        change(args, u8::is_ascii_lowercase, unicode::to_upper)
    }),
    pure("lower", STR, |args| {
        change(args, u8::is_ascii_uppercase, unicode::to_lower)
    }),
    pure("title", STR, title),
    pure("untitle", STR, untitle),
    pure("swapcase", STR, swapcase),
    pure("camelcase", STR, |args| Ok(Value::str(pascal(args.str(0)?)))),
    pure("snakecase", STR, |args| Ok(Value::str(separated(args.str(0)?, '_')))),
    pure("kebabcase", STR, |args| Ok(Value::str(separated(args.str(0)?, '-')))),
];

fn change(args: Args<'_>, changes: fn(&u8) -> bool, to: fn(char) -> char) -> FuncResult {
    let text = args.str(0)?;
    if text.is_ascii() && !text.iter().any(changes) {
        return Ok(Value::Str(text.clone()));
    }
    Ok(Value::str(unicode::map(text, to)))
}

/// `strings.Title`: only letters, digits and, in ASCII, the underscore make words.
fn title(args: Args<'_>) -> FuncResult {
    let separates = |character: char| {
        if character.is_ascii() {
            !character.is_ascii_alphanumeric() && character != '_'
        } else {
            !unicode::is_letter(character) && !unicode::is_digit(character) && unicode::is_space(character)
        }
    };
    let mut before = ' ';
    let titled = unicode::map(args.str(0)?, |character| {
        let begins = separates(std::mem::replace(&mut before, character));
        if begins {
            unicode::to_title(character)
        } else {
            character
        }
    });
    Ok(Value::str(titled))
}

fn untitle(args: Args<'_>) -> FuncResult {
    let mut begins = true;
    let changed = unicode::map(args.str(0)?, |character| {
        if unicode::is_space(character) {
            begins = true;
            character
        } else if std::mem::take(&mut begins) {
            unicode::to_lower(character)
        } else {
            character
        }
    });
    Ok(Value::str(changed))
}

/// Lower case at the beginning of a word becomes title case.
fn swapcase(args: Args<'_>) -> FuncResult {
    let mut begins = true;
    let changed = unicode::map(args.str(0)?, |character| {
        if unicode::is_upper(character) || unicode::is_title(character) {
            begins = false;
            unicode::to_lower(character)
        } else if unicode::is_lower(character) {
            if std::mem::take(&mut begins) {
                unicode::to_title(character)
            } else {
                unicode::to_upper(character)
            }
        } else {
            begins = unicode::is_space(character);
            character
        }
    });
    Ok(Value::str(changed))
}

fn connects(character: char) -> bool {
    matches!(character, '-' | '_') || unicode::is_space(character)
}

/// xstrings' letters: all but most of the Chinese characters.
fn is_alphabet(character: char) -> bool {
    let chinese = matches!(character, '\u{4E00}'..='\u{9FCC}' | '\u{3400}'..='\u{4D85}' | '\u{20000}'..='\u{2B81D}');
    unicode::is_letter(character) && !chinese
}

/// xstrings' `ToPascalCase`. Connectors at the beginning stay; when there is nothing else the last one is doubled.
fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut characters = unicode::chars(text).peekable();
    let mut last = None;
    let mut word_was_upper = false;
    for character in characters.by_ref() {
        if connects(character) {
            unicode::push(&mut out, character);
            last = Some(character);
        } else {
            word_was_upper = unicode::is_upper(character);
            last = Some(unicode::to_upper(character));
            break;
        }
    }
    let Some(mut last) = last else {
        return out;
    };
    for character in characters {
        let mut next = character;
        match (connects(last), connects(character)) {
            (true, true) => unicode::push(&mut out, last),
            (true, false) => {
                word_was_upper = unicode::is_upper(character);
                next = unicode::to_upper(character);
            }
            (false, _) => {
                // What follows an upper case beginning in upper case is one word with it: "HTTP" becomes "Http".
                if word_was_upper {
                    if unicode::is_upper(character) {
                        next = unicode::to_lower(character);
                    } else {
                        word_was_upper = false;
                    }
                }
                unicode::push(&mut out, last);
            }
        }
        last = next;
    }
    unicode::push(&mut out, last);
    out
}

/// What kind of part a text begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Invalid,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Walks over the parts of a text: `part` and `word` are the present one, `rest` is what follows.
struct Parts<'a> {
    part: Part,
    word: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn new(text: &'a [u8]) -> Self {
        let mut parts = Self {
            part: Part::Invalid,
            word: &[],
            rest: text,
        };
        parts.advance();
        parts
    }

    fn advance(&mut self) {
        let text = self.rest;
        let (first, width) = next_valid(text, BAD);
        let (part, length) = match first {
            BAD => (Part::Invalid, width),
            it if connects(it) => (Part::Connector, run(text, width, it, connects)),
            it if unicode::is_punct(it) => (Part::Punctuation, run(text, width, it, unicode::is_punct)),
            it if unicode::is_upper(it) => (Part::Upper, upper_word(text, width, it)),
            it if is_alphabet(it) => (Part::Letters, run(text, width, it, is_lower_letter)),
            it if unicode::is_number(it) => (Part::Number, run(text, width, it, unicode::is_number)),
            it => (Part::Other, run(text, width, it, is_other)),
        };
        let (word, rest) = text.split_at(length.min(text.len()));
        *self = Self { part, word, rest };
    }
}

fn is_lower_letter(character: char) -> bool {
    is_alphabet(character) && !unicode::is_upper(character)
}

fn is_other(character: char) -> bool {
    !connects(character) && !is_alphabet(character) && !unicode::is_number(character) && !unicode::is_punct(character)
}

/// The first character that is UTF-8 and not U+FFFD, or `before` where there is none, and how far it reaches.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut at = 0;
    loop {
        let (character, width) = unicode::decode(text.get(at..).unwrap_or_default());
        at += width;
        if width == 0 {
            return (before, at);
        }
        if character != BAD {
            return (character, at);
        }
    }
}

/// How far characters reach that `belongs` holds for.
fn run(text: &[u8], mut at: usize, mut last: char, belongs: fn(char) -> bool) -> usize {
    while at < text.len() {
        let (character, width) = next_valid(text.get(at..).unwrap_or_default(), last);
        if !belongs(character) {
            break;
        }
        at += width;
        last = character;
    }
    at
}

/// How far a word reaches that begins in upper case: `HTTP` in `HTTPStatus`, `Status` in `StatusCode`.
fn upper_word(text: &[u8], first_width: usize, first: char) -> usize {
    let mut at = first_width;
    if at >= text.len() {
        return at;
    }
    let (second, width) = next_valid(text.get(at..).unwrap_or_default(), first);
    if !unicode::is_upper(second) {
        return if is_alphabet(second) {
            run(text, at + width, second, is_lower_letter)
        } else {
            at
        };
    }
    let (mut last, mut last_width) = (second, width);
    at += width;
    while at < text.len() {
        let (character, width) = next_valid(text.get(at..).unwrap_or_default(), last);
        if !unicode::is_upper(character) {
            // The last letter in upper case begins the word that follows.
            return if is_alphabet(character) { at - last_width } else { at };
        }
        at += width;
        (last, last_width) = (character, width);
    }
    at
}

/// xstrings' `ToSnakeCase` and `ToKebabCase`.
fn separated(text: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    if text.is_empty() {
        return out;
    }
    let mut parts = Parts::new(text);
    while !parts.rest.is_empty() {
        if parts.part != Part::Connector {
            lower(&mut out, parts.part, parts.word, connector);
        }
        let (before, word) = (parts.part, parts.word);
        parts.advance();
        match before {
            Part::Number => {
                after_number(&mut out, &mut parts, connector);
            }
            Part::Connector => lower(&mut out, before, word, connector),
            Part::Punctuation => {}
            _ if parts.part != Part::Number => {
                if !matches!(parts.part, Part::Connector | Part::Punctuation) {
                    unicode::push(&mut out, connector);
                }
            }
            _ if parts.rest.is_empty() => {}
            _ => {
                let number = parts.word;
                parts.advance();
                if parts.part == Part::Letters {
                    // Lower case after a number: the number begins a word, as in "HTTP2xx".
                    unicode::push(&mut out, connector);
                    lower(&mut out, Part::Number, number, connector);
                    after_number(&mut out, &mut parts, connector);
                } else {
                    // The number ends the word, as in "Bld4Floor".
                    lower(&mut out, Part::Number, number, connector);
                    if !matches!(parts.part, Part::Connector | Part::Punctuation) {
                        unicode::push(&mut out, connector);
                    }
                }
            }
        }
    }
    lower(&mut out, parts.part, parts.word, connector);
    out
}

/// Letters and numbers that go on with a number, and a connector before what comes then.
fn after_number(out: &mut Vec<u8>, parts: &mut Parts<'_>, connector: char) {
    while matches!(parts.part, Part::Letters | Part::Number) {
        lower(out, parts.part, parts.word, connector);
        parts.advance();
    }
    if !matches!(parts.part, Part::Invalid | Part::Connector | Part::Punctuation) {
        unicode::push(out, connector);
    }
}

fn lower(out: &mut Vec<u8>, part: Part, word: &[u8], connector: char) {
    if !matches!(part, Part::Upper | Part::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for character in unicode::chars(word) {
        let changed = if connects(character) {
            connector
        } else if unicode::is_upper(character) {
            unicode::to_lower(character)
        } else {
            character
        };
        unicode::push(out, changed);
    }
}
