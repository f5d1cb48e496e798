//! An index as it is written: scalars of any type, missing lists, fields that nobody knows.

use std::collections::HashMap;
use std::fmt;

use hoist_sprig::semver::Version;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Entry;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    #[serde(default)]
    pub(super) api_version: Text,
    #[serde(default)]
    pub(super) entries: Entries,
}

#[derive(Default)]
pub(super) struct Entries(pub(super) HashMap<String, Vec<RawEntry>>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map: Option<HashMap<String, Option<Vec<Option<RawEntry>>>>> = Deserialize::deserialize(deserializer)?;
        let flat = |entries: Option<Vec<Option<RawEntry>>>| entries.into_iter().flatten().flatten().collect();
        let map = map.unwrap_or_default().into_iter();
        Ok(Self(map.map(|(name, entries)| (name, flat(entries))).collect()))
    }
}

#[derive(Default)]
pub(super) struct RawEntry {
    name: Option<String>,
    kind: Option<String>,
    version: Option<String>,
    urls: Vec<String>,
    digest: Option<String>,
    deprecated: bool,
}

impl RawEntry {
    pub(super) fn read(self) -> Option<Entry> {
        let name = self.name?;
        let good_name = !matches!(name.as_str(), "" | "." | "..") && !name.contains('/');
        let good_kind = matches!(self.kind.as_deref(), None | Some("" | "application" | "library"));
        if !good_name || !good_kind {
            return None;
        }
        Some(Entry {
            version: Version::parse(self.version?).ok()?,
            urls: self.urls,
            digest: self.digest.filter(|digest| !digest.is_empty()),
            deprecated: self.deprecated,
        })
    }
}

impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfFields;

        impl<'de> Visitor<'de> for OfFields {
            type Value = RawEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a version of a chart")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawEntry, A::Error> {
                let mut entry = RawEntry::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match key.as_ref() {
                        "name" => entry.name = map.next_value::<Text>()?.0,
                        "type" => entry.kind = map.next_value::<Text>()?.0,
                        "version" => entry.version = map.next_value::<Text>()?.0,
                        "digest" => entry.digest = map.next_value::<Text>()?.0,
                        "deprecated" => entry.deprecated = map.next_value::<Text>()?.0.as_deref() == Some("true"),
                        "urls" => entry.urls = map.next_value::<Texts>()?.0,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(entry)
            }
        }

        deserializer.deserialize_map(OfFields)
    }
}

/// A scalar as text, whatever its type: a version may be written as a number.
#[derive(Default)]
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfScalar;

        impl<'de> Visitor<'de> for OfScalar {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text, E> {
                Ok(Text(Some(text)))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_none<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
                Text::deserialize(deserializer)
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Text, A::Error> {
                Err(A::Error::custom("a map where a text belongs"))
            }
        }

        deserializer.deserialize_any(OfScalar)
    }
}

/// A list of texts, or nothing.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfList;

        impl<'de> Visitor<'de> for OfList {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element::<Text>()? {
                    texts.extend(text.0);
                }
                Ok(Texts(texts))
            }

            fn visit_unit<E>(self) -> Result<Texts, E> {
                Ok(Texts::default())
            }

            fn visit_none<E>(self) -> Result<Texts, E> {
                Ok(Texts::default())
            }
        }

        deserializer.deserialize_any(OfList)
    }
}
