//! DER: what certificates and keys are written in.

/// A writer's parts: the content is whole before its length is written.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skip = length.leading_zeros() as usize / 8;
        let bytes = bytes.get(skip..).unwrap_or_default();
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(content);
    out
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0C;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A tag of the context: `[number]`, holding elements or bytes.
pub(super) const fn context(number: u8, constructed: bool) -> u8 {
    0x80 | number | if constructed { 0x20 } else { 0 }
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// A number that is not negative, from its bytes, the highest first.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    let mut content = Vec::with_capacity(bytes.len() + 1);
    if bytes.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(bytes);
    tlv(INTEGER, &content)
}

/// Bits, of which the last byte leaves some unused.
pub(super) fn bit_string(bytes: &[u8], unused: u8) -> Vec<u8> {
    tlv(BIT_STRING, &[&[unused], bytes].concat())
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    /// With its tag and length.
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next element of any tag below 31; lengths must be the shortest possible.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (tag, rest) = self.0.split_first()?;
        if tag & 0x1F == 0x1F {
            return None;
        }
        let (first, mut rest) = rest.split_first()?;
        let mut length = usize::from(*first);
        if length >= 0x80 {
            let count = length & 0x7F;
            if count == 0 || count > 4 {
                return None;
            }
            let (bytes, after) = rest.split_at_checked(count)?;
            rest = after;
            length = bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
            if length < 0x80 || bytes.first() == Some(&0) {
                return None;
            }
        }
        let (content, after) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - after.len())?;
        self.0 = after;
        Some(Element {
            tag: *tag,
            whole,
            content,
        })
    }

    /// The next element, which must have this tag.
    pub(super) fn read(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.any().filter(|it| it.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// The elements of the next sequence.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.read(SEQUENCE).map(|it| Self(it.content))
    }

    /// The next number's bytes, two's complement, which must be as few as possible.
    pub(super) fn integer(&mut self) -> Option<&'a [u8]> {
        let bytes = self.read(INTEGER)?.content;
        match bytes {
            [] | [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => None,
            bytes => Some(bytes),
        }
    }

    /// The next number, where it is small and not negative.
    pub(super) fn small(&mut self) -> Option<u64> {
        let bytes = self.integer()?;
        if bytes.len() > 8 || bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
            return None;
        }
        Some(bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }
}
