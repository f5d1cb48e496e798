//! A schema's text: which draft rules where, and what a reference points to.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map as Object, Value as Json};
use url::Url;

use super::form;

/// Where Helm says that the schema is.
const BASE: &str = "file:///values.schema.json";

/// A version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

impl Draft {
    fn from_url(url: &str) -> Option<Self> {
        let (place, fragment) = url.split_once('#').unwrap_or((url, ""));
        if !fragment.is_empty() {
            return None;
        }
        let place = place.strip_prefix("http://").or_else(|| place.strip_prefix("https://"));
        Some(match place.unwrap_or(url) {
            "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Self::Draft2020,
            "json-schema.org/draft/2019-09/schema" => Self::Draft2019,
            "json-schema.org/draft-07/schema" => Self::Draft7,
            "json-schema.org/draft-06/schema" => Self::Draft6,
            "json-schema.org/draft-04/schema" => Self::Draft4,
            _ => return None,
        })
    }

    /// Where its metaschema says that it is.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema#",
            Self::Draft6 => "http://json-schema.org/draft-06/schema#",
            Self::Draft7 => "http://json-schema.org/draft-07/schema#",
            Self::Draft2019 => "https://json-schema.org/draft/2019-09/schema#",
            Self::Draft2020 => "https://json-schema.org/draft/2020-12/schema#",
        }
    }

    /// The keyword that names a schema.
    fn id(self) -> &'static str {
        match self {
            Self::Draft4 => "id",
            _ => "$id",
        }
    }
}

/// A part of the document that has a name of its own.
pub(super) struct Resource<'s> {
    pub(super) draft: Draft,
    id: String,
    node: &'s Json,
    pub(super) recursive: bool,
    anchors: HashMap<&'s str, &'s Json>,
    pub(super) dynamic: HashMap<&'s str, &'s Json>,
}

/// A schema within the document, with the resource that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Node<'s> {
    pub(super) json: &'s Json,
    pub(super) resource: usize,
}

impl Node<'_> {
    pub(super) fn is(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.json, other.json)
    }
}

/// What a reference leads to.
pub(super) enum Target<'s> {
    Node(Node<'s>),
    /// A name of the scheme `urn`, which Helm takes for a schema that allows everything.
    Anything,
}

pub(super) struct Document<'s> {
    root: &'s Json,
    pub(super) resources: Vec<Resource<'s>>,
    /// Which nodes begin a resource of their own.
    begins: HashMap<*const Json, usize>,
}

/// How schemas lie in the value of a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    One,
    List,
    Map,
    /// One, or a list of them.
    Items,
}

/// Where the schemas within a schema are.
fn place(draft: Draft, keyword: &str) -> Option<Place> {
    let since = |first: Draft, place: Place| (draft >= first).then_some(place);
    match keyword {
        "not" | "additionalProperties" | "additionalItems" => Some(Place::One),
        "allOf" | "anyOf" | "oneOf" => Some(Place::List),
        "items" => Some(Place::Items),
        "definitions" | "properties" | "patternProperties" | "dependencies" => Some(Place::Map),
        "propertyNames" | "contains" => since(Draft::Draft6, Place::One),
        "if" | "then" | "else" => since(Draft::Draft7, Place::One),
        "$defs" | "dependentSchemas" => since(Draft::Draft2019, Place::Map),
        "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => since(Draft::Draft2019, Place::One),
        "prefixItems" => since(Draft::Draft2020, Place::List),
        _ => None,
    }
}

/// The name or index of a schema in the value of a keyword.
#[derive(Clone, Copy)]
pub(super) enum Token<'s> {
    Nothing,
    Name(&'s str),
    Index(usize),
}

/// Visits the schemas directly within one. `named` says whether those that only wait to be referred to are among them.
pub(super) fn children<'s>(
    draft: Draft,
    object: &'s Object<String, Json>,
    named: bool,
    mut visit: impl FnMut(&'s str, Token<'s>, &'s Json),
) {
    for (key, value) in object {
        if matches!(value, Json::String(_) | Json::Number(_) | Json::Null) {
            continue;
        }
        let key = key.as_str();
        match (place(draft, key), value) {
            (Some(Place::Map), Json::Object(map)) if named || !matches!(key, "definitions" | "$defs") => {
                map.iter()
                    .for_each(|(name, child)| visit(key, Token::Name(name), child));
            }
            (Some(Place::List | Place::Items), Json::Array(list)) => {
                let items = list.iter().enumerate();
                items.for_each(|(index, child)| visit(key, Token::Index(index), child));
            }
            (Some(Place::One | Place::Items), Json::Object(_) | Json::Bool(_)) => visit(key, Token::Nothing, value),
            _ => {}
        }
    }
}

impl<'s> Document<'s> {
    pub(super) fn new(root: &'s Json) -> Result<Self, String> {
        let mut document = Self {
            root,
            resources: Vec::new(),
            begins: HashMap::new(),
        };
        let mut waiting = vec![(root, None::<usize>)];
        while let Some((json, within)) = waiting.pop() {
            let object = json.as_object();
            let fallback = within
                .and_then(|index| document.resources.get(index))
                .map(|it| it.draft);
            let fallback = fallback.unwrap_or(Draft::Draft2020);
            let named = match object {
                Some(object) => draft_of(object, within.is_none(), fallback)?,
                None => (fallback, String::new()),
            };
            let resource = match (named, within) {
                ((_, id), Some(within)) if id.is_empty() => within,
                ((draft, id), within) => document.begin(json, draft, &id, within)?,
            };
            let Some(object) = object else { continue };
            document.anchor(json, object, resource)?;
            let draft = document.resources.get(resource).map_or(fallback, |it| it.draft);
            children(draft, object, true, |_, _, child| waiting.push((child, Some(resource))));
        }
        Ok(document)
    }

    fn begin(&mut self, node: &'s Json, draft: Draft, id: &str, within: Option<usize>) -> Result<usize, String> {
        let base = within
            .and_then(|index| self.resources.get(index))
            .map_or(BASE, |it| &it.id);
        let id = join(base, id)?;
        if self.resources.iter().any(|known| known.id == id) {
            return Err(format!("duplicate id {id:?} in the schema"));
        }
        let index = self.resources.len();
        self.resources.push(Resource {
            draft,
            id,
            node,
            recursive: node.get("$recursiveAnchor") == Some(&Json::Bool(true)),
            anchors: HashMap::new(),
            dynamic: HashMap::new(),
        });
        self.begins.insert(std::ptr::from_ref(node), index);
        Ok(index)
    }

    fn anchor(&mut self, json: &'s Json, object: &'s Object<String, Json>, resource: usize) -> Result<(), String> {
        let Some(resource) = self.resources.get_mut(resource) else {
            return Ok(());
        };
        let text = |key: &str| object.get(key).and_then(Json::as_str);
        let mut names = Vec::new();
        if resource.draft < Draft::Draft2019 {
            if object.contains_key("$ref") {
                return Ok(());
            }
            let fragment = text(resource.draft.id()).and_then(|id| id.split_once('#'));
            names.extend(
                fragment
                    .map(|(_, name)| name)
                    .filter(|name| !name.is_empty() && !name.starts_with('/')),
            );
        } else {
            names.extend(text("$anchor"));
        }
        if resource.draft >= Draft::Draft2020
            && let Some(name) = text("$dynamicAnchor")
        {
            names.push(name);
            resource.dynamic.insert(name, json);
        }
        for name in names {
            let known = resource.anchors.insert(name, json);
            if known.is_some_and(|known| !std::ptr::eq(known, json)) {
                return Err(format!("duplicate anchor {name:?} in the schema"));
            }
        }
        Ok(())
    }

    /// The whole document.
    pub(super) fn root(&self) -> Node<'s> {
        Node {
            json: self.root,
            resource: 0,
        }
    }

    /// A schema within another one.
    pub(super) fn within(&self, json: &'s Json, parent: Node<'s>) -> Node<'s> {
        let resource = match self.resources.len() {
            1 => 0,
            _ => self
                .begins
                .get(&std::ptr::from_ref(json))
                .copied()
                .unwrap_or(parent.resource),
        };
        Node { json, resource }
    }

    pub(super) fn draft(&self, node: Node<'_>) -> Draft {
        self.resources
            .get(node.resource)
            .map_or(Draft::Draft2020, |it| it.draft)
    }

    /// What a reference in a schema leads to.
    pub(super) fn resolve(&self, reference: &str, from: Node<'s>) -> Result<Target<'s>, String> {
        let (place, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let fragment = percent_decoded(fragment);
        let index = if place.is_empty() {
            from.resource
        } else {
            let base = self.resources.get(from.resource).map_or(BASE, |it| &it.id);
            let target = join(base, place)?;
            match self.resources.iter().position(|it| it.id == target) {
                Some(index) => index,
                None if target == BASE => 0,
                None if target.starts_with("urn:") => return Ok(Target::Anything),
                None => {
                    return Err(format!(
                        "the schema refers to {target}, which is not in it; nothing is fetched for a schema"
                    ));
                }
            }
        };
        let Some(resource) = self.resources.get(index) else {
            return Ok(Target::Anything);
        };
        let start = Node {
            json: resource.node,
            resource: index,
        };
        if fragment.is_empty() {
            return Ok(Target::Node(start));
        }
        if !fragment.starts_with('/') {
            let found = resource.anchors.get(fragment.as_str());
            let found = found
                .ok_or_else(|| format!("anchor in \"{}#{fragment}\" not found in schema {BASE:?}", resource.id))?;
            return Ok(Target::Node(self.within(found, start)));
        }
        let mut node = start;
        for token in fragment.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let next = match node.json {
                Json::Object(object) => object.get(&token),
                Json::Array(list) => token.parse::<usize>().ok().and_then(|index| list.get(index)),
                _ => None,
            };
            let next = next.ok_or_else(|| format!("json-pointer in \"{}#{fragment}\" not found", resource.id))?;
            node = self.within(next, node);
        }
        Ok(Target::Node(node))
    }

    /// Checks the form of the whole, and that all references that can be reached lead somewhere. Answers the names that
    /// are taken for anything.
    pub(super) fn check(&self) -> Result<BTreeSet<String>, String> {
        form::check(self, self.root())?;
        let mut unresolved = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![self.root()];
        while let Some(node) = waiting.pop() {
            if !seen.insert(std::ptr::from_ref(node.json)) {
                continue;
            }
            let Some(object) = node.json.as_object() else { continue };
            for keyword in ["$ref", "$recursiveRef", "$dynamicRef"] {
                let Some(reference) = object.get(keyword).and_then(Json::as_str) else {
                    continue;
                };
                match self.resolve(reference, node)? {
                    Target::Node(target) => {
                        // A part that no keyword leads to has not been looked at yet.
                        if !seen.contains(&std::ptr::from_ref(target.json)) {
                            form::check(self, target)?;
                        }
                        waiting.push(target);
                    }
                    Target::Anything => {
                        unresolved.insert(reference.to_owned());
                    }
                }
            }
            if object.contains_key("$ref") && self.draft(node) < Draft::Draft2019 {
                continue;
            }
            children(self.draft(node), object, false, |_, _, child| {
                if child.is_object() {
                    waiting.push(self.within(child, node));
                }
            });
        }
        Ok(unresolved)
    }
}

fn draft_of(object: &Object<String, Json>, is_root: bool, fallback: Draft) -> Result<(Draft, String), String> {
    let text = |key: &str| object.get(key).and_then(Json::as_str);
    let id_of = |draft: Draft| {
        if draft < Draft::Draft2019 && object.contains_key("$ref") {
            return String::new();
        }
        let id = text(draft.id()).unwrap_or_default();
        id.split('#').next().unwrap_or_default().to_owned()
    };
    let Some(url) = text("$schema") else {
        return Ok((fallback, id_of(fallback)));
    };
    match Draft::from_url(url) {
        Some(draft) if is_root || !id_of(draft).is_empty() => Ok((draft, id_of(draft))),
        None if is_root => Err(format!(
            "the schema is of {url:?}, which is none of the drafts 4, 6, 7, 2019-09 and 2020-12; nothing is fetched for a \
             schema"
        )),
        _ => Ok((fallback, id_of(fallback))),
    }
}

fn join(base: &str, reference: &str) -> Result<String, String> {
    if reference.is_empty() {
        return Ok(base.to_owned());
    }
    let joined = match Url::parse(base) {
        Ok(base) if !base.cannot_be_a_base() => base.join(reference),
        _ => Url::parse(reference),
    };
    match joined {
        Ok(url) => Ok(url.to_string()),
        Err(error) => Err(format!("error in parsing {reference:?} in the schema: {error}")),
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if *byte == b'%' => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
