//! The classes of Unicode that Go's patterns can name, and its pairs of cases.
//!
//! Go has the tables of Unicode 15, the ones at hand are newer: what came later is left out, and the few characters
//! that have changed since are put back.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use super::set::{MAX, Set};

/// The names of scripts that Go finds. It looks names up without their underscores and in small letters but for the
/// first, so no script of two words is among them.
const SCRIPTS: &str = "Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi \
    Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret \
    Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han \
    Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki \
    Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen \
    Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya \
    Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese \
    Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai \
    Vithkuqi Wancho Yezidi Yi";

/// The general categories, by the names that Go finds.
const CATEGORIES: &[(&str, &str)] = &[
    ("C", "C"),
    ("Casedletter", "LC"),
    ("Cc", "Cc"),
    ("Cf", "Cf"),
    ("Closepunctuation", "Pe"),
    ("Cn", "Cn"),
    ("Cntrl", "Cc"),
    ("Co", "Co"),
    ("Combiningmark", "M"),
    ("Connectorpunctuation", "Pc"),
    ("Control", "Cc"),
    ("Cs", "Cs"),
    ("Currencysymbol", "Sc"),
    ("Dashpunctuation", "Pd"),
    ("Decimalnumber", "Nd"),
    ("Digit", "Nd"),
    ("Enclosingmark", "Me"),
    ("Finalpunctuation", "Pf"),
    ("Format", "Cf"),
    ("Initialpunctuation", "Pi"),
    ("L", "L"),
    ("Lc", "LC"),
    ("Letter", "L"),
    ("Letternumber", "Nl"),
    ("Lineseparator", "Zl"),
    ("Ll", "Ll"),
    ("Lm", "Lm"),
    ("Lo", "Lo"),
    ("Lowercaseletter", "Ll"),
    ("Lt", "Lt"),
    ("Lu", "Lu"),
    ("M", "M"),
    ("Mark", "M"),
    ("Mathsymbol", "Sm"),
    ("Mc", "Mc"),
    ("Me", "Me"),
    ("Mn", "Mn"),
    ("Modifierletter", "Lm"),
    ("Modifiersymbol", "Sk"),
    ("N", "N"),
    ("Nd", "Nd"),
    ("Nl", "Nl"),
    ("No", "No"),
    ("Nonspacingmark", "Mn"),
    ("Number", "N"),
    ("Openpunctuation", "Ps"),
    ("Other", "C"),
    ("Otherletter", "Lo"),
    ("Othernumber", "No"),
    ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"),
    ("P", "P"),
    ("Paragraphseparator", "Zp"),
    ("Pc", "Pc"),
    ("Pd", "Pd"),
    ("Pe", "Pe"),
    ("Pf", "Pf"),
    ("Pi", "Pi"),
    ("Po", "Po"),
    ("Privateuse", "Co"),
    ("Ps", "Ps"),
    ("Punct", "P"),
    ("Punctuation", "P"),
    ("S", "S"),
    ("Sc", "Sc"),
    ("Separator", "Z"),
    ("Sk", "Sk"),
    ("Sm", "Sm"),
    ("So", "So"),
    ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("Titlecaseletter", "Lt"),
    ("Unassigned", "Cn"),
    ("Uppercaseletter", "Lu"),
    ("Z", "Z"),
    ("Zl", "Zl"),
    ("Zp", "Zp"),
    ("Zs", "Zs"),
];

/// AHOM CONSONANT SIGN MEDIAL RA.
const MOVED: u32 = 0x1171E;

/// The class of this name, with what equals its members but for case where `fold` is set.
pub(super) fn class(name: &str, fold: bool) -> Option<Set> {
    let name = canonical(name);
    let mut set = match name.as_str() {
        "Any" => return Some(Set::of(&[(0, MAX)])),
        "Ascii" => Set::of(&[(0, 0x7F)]),
        "Assigned" => return Some(category("Cn", fold)?.negated()),
        _ => {
            return match CATEGORIES.iter().find(|(known, _)| *known == name) {
                Some((_, short)) => category(short, fold),
                None if SCRIPTS.split(' ').any(|known| known == name) => {
                    folding(table(&format!(r"\p{{Script={name}}}"))?, fold)
                }
                None => None,
            };
        }
    };
    if fold {
        set.fold();
    }
    Some(set)
}

fn folding(mut set: Set, fold: bool) -> Option<Set> {
    if fold {
        set.fold();
    }
    Some(set)
}

fn category(name: &str, fold: bool) -> Option<Set> {
    let set = match name {
        "Cs" => Set::of(&[(0xD800, 0xDFFF)]),
        // What Unicode 15 had not assigned: not even the characters of later versions.
        "Cn" => assigned()?.negated(),
        "C" => {
            let mut set = assigned()?.negated();
            for part in ["Cc", "Cf", "Co", "Cs"] {
                set.add(&category(part, false)?);
            }
            set
        }
        // A later version has made a spacing mark of one that was not.
        "Mn" => {
            let mut set = table(r"\p{gc=Mn}")?;
            set.push(MOVED, MOVED);
            set
        }
        "Mc" => {
            let mut set = table(r"\p{gc=Mc}")?.negated();
            set.push(MOVED, MOVED);
            set.negated()
        }
        // Go has no table of what equals a cased letter but for case, so it adds nothing.
        "LC" => return table(r"\p{gc=LC}"),
        name => table(&format!(r"\p{{gc={name}}}"))?,
    };
    folding(set, fold)
}

fn assigned() -> Option<Set> {
    let mut set = table(r"\P{gc=Cn}")?;
    set.push(0xD800, 0xDFFF);
    Some(set)
}

/// A class of the tables at hand, without what is younger than Go's.
fn table(pattern: &str) -> Option<Set> {
    let mut class = read(pattern)?;
    class.intersect(age());
    let mut set = Set::default();
    for range in class.ranges() {
        set.push(range.start().into(), range.end().into());
    }
    Some(set)
}

fn read(pattern: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(pattern).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        HirKind::Literal(literal) => {
            let text = String::from_utf8(literal.0.to_vec()).ok()?;
            let one = text.chars().next()?;
            Some(ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(one, one)]))
        }
        _ => None,
    }
}

/// The characters of Unicode 15.
fn age() -> &'static ClassUnicode {
    static AGE: OnceLock<ClassUnicode> = OnceLock::new();
    AGE.get_or_init(|| read(r"\p{Age=15.0}").unwrap_or_else(ClassUnicode::empty))
}

/// What equals a member of the class but for case, and the class itself.
pub(super) fn folded(class: &ClassUnicode) -> ClassUnicode {
    let mut known = class.clone();
    known.intersect(age());
    known.case_fold_simple();
    known.intersect(age());
    known
}

/// How Go writes a name before it looks it up.
fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars().filter(|it| !matches!(it, '_' | '-' | ' ')) {
        if out.is_empty() {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character.to_ascii_lowercase());
        }
    }
    out
}
