//! Holds a value against a schema. Long because one type walks through all keywords, whose order decides what is told.

use std::collections::BTreeSet;

use hoist_govalue::{Str, Value};
use serde_json::{Map as Object, Value as Json};

use super::document::{Document, Draft, Node, Target};
use super::message::{Violation, count, english, quote, quoted_all, shown, shown_value};
use super::number::Number;
use super::{format, regex};

/// How many schemas may lie between the whole and a value in it.
const MAX_DEPTH: usize = 4000;
/// How often a schema may be applied, before it is given up.
const MAX_STEPS: u64 = 1_000_000;

/// What a schema has not looked at yet, for `unevaluatedProperties` and `unevaluatedItems`.
#[derive(Clone, Debug, Default)]
struct Left {
    names: BTreeSet<Str>,
    items: BTreeSet<usize>,
}

impl Left {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.items.is_empty()
    }

    fn keep(&mut self, other: &Self) {
        self.names.retain(|name| other.names.contains(name));
        self.items.retain(|item| other.items.contains(item));
    }
}

/// The schemas that are being applied, from the outermost one.
struct Scope<'s> {
    node: Node<'s>,
    /// Which value it is applied to: those of the same number, to the same.
    value: usize,
}

struct Validator<'d, 's> {
    document: &'d Document<'s>,
    place: Vec<String>,
    scopes: Vec<Scope<'s>>,
    steps: u64,
    /// Set once a limit is met: then all else is of no interest.
    gave_up: Option<String>,
}

/// What is wrong with a value; nothing when it is as it should be.
pub(super) fn validate(document: &Document<'_>, value: &Value) -> Result<(), Vec<Violation>> {
    let mut validator = Validator {
        document,
        place: Vec::new(),
        scopes: Vec::new(),
        steps: 0,
        gave_up: None,
    };
    let result = validator.apply(document.root(), value, 0, false, false);
    if let Some(why) = validator.gave_up {
        return Err(vec![leaf(&[], why)]);
    }
    match result {
        Ok(_) => Ok(()),
        Err(violation) if violation.is_group => Err(violation.causes),
        Err(violation) => Err(vec![violation]),
    }
}

fn leaf(place: &[String], text: String) -> Violation {
    Violation {
        place: place.to_vec(),
        text,
        is_reference: false,
        is_group: false,
        causes: Vec::new(),
    }
}

type Verdict = Result<Left, Violation>;

/// One schema, applied to one value.
struct Run<'s, 'v> {
    node: Node<'s>,
    object: &'s Object<String, Json>,
    value: &'v Value,
    draft: Draft,
    number: usize,
    left: Left,
    /// Only whether it fits is asked, and not why it does not.
    brief: bool,
    errors: Vec<Violation>,
}

impl<'s> Validator<'_, 's> {
    fn apply(&mut self, node: Node<'s>, value: &Value, number: usize, wants_left: bool, brief: bool) -> Verdict {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.scopes.len() > MAX_DEPTH {
            self.gave_up
                .get_or_insert_with(|| "the schema is too entangled to be followed".into());
        }
        if self.gave_up.is_some() {
            return Ok(Left::default());
        }
        stacker::maybe_grow(64 << 10, 1 << 20, || {
            self.apply_here(node, value, number, wants_left, brief)
        })
    }

    fn apply_here(&mut self, node: Node<'s>, value: &Value, number: usize, wants_left: bool, brief: bool) -> Verdict {
        let object = match node.json {
            Json::Bool(true) => return Ok(left_of(value, None, Draft::Draft2020, wants_left)),
            Json::Bool(false) => return Err(leaf(&self.place, "false schema".into())),
            Json::Object(object) if !object.is_empty() => object,
            _ => return Ok(left_of(value, None, Draft::Draft2020, wants_left)),
        };
        let same = self.scopes.iter().rev().take_while(|scope| scope.value == number);
        if same.into_iter().any(|scope| scope.node.is(node)) {
            return Err(leaf(&self.place, "the schema refers to itself in a cycle".into()));
        }
        let draft = self.document.draft(node);
        self.scopes.push(Scope { node, value: number });
        let mut run = Run {
            node,
            object,
            value,
            draft,
            number,
            left: left_of(value, Some(object), draft, wants_left),
            brief,
            errors: Vec::new(),
        };
        let verdict = self.run(&mut run);
        self.scopes.pop();
        verdict?;
        match run.errors.len() {
            0 => Ok(run.left),
            1 => Err(run.errors.swap_remove(0)),
            _ => Err(Violation {
                is_group: true,
                causes: run.errors,
                ..leaf(&self.place, "validation failed".into())
            }),
        }
    }

    /// All keywords of a schema. An error is one beside which no other is of interest.
    fn run<'v>(&mut self, run: &mut Run<'s, 'v>) -> Result<(), Violation> {
        let object = run.object;
        let is_lone_ref = run.draft < Draft::Draft2019 && object.contains_key("$ref");
        self.plain(run, is_lone_ref)?;
        if let Some(Json::String(reference)) = object.get("$ref") {
            let verdict = self.reference(run, reference, "$ref", false);
            if run.draft < Draft::Draft2019 {
                return verdict;
            }
            run.errors.extend(verdict.err());
        }
        match run.value {
            Value::Map(_) => self.object(run),
            Value::List(_) => self.list(run),
            Value::Str(_) => self.string(run),
            Value::Int(..) | Value::Uint(..) | Value::Float(..) => self.number(run),
            _ => {}
        }
        if run.errors.is_empty() || !run.brief {
            if run.draft >= Draft::Draft2019 {
                for keyword in ["$recursiveRef", "$dynamicRef"] {
                    if let Some(Json::String(reference)) = object.get(keyword) {
                        let verdict = self.reference(run, reference, keyword, true);
                        run.errors.extend(verdict.err());
                    }
                }
            }
            self.combined(run);
            if run.draft >= Draft::Draft2019 {
                self.unevaluated(run);
            }
        }
        Ok(())
    }

    fn fail<T>(&self, text: String) -> Result<T, Violation> {
        Err(leaf(&self.place, text))
    }

    fn add(&self, run: &mut Run<'s, '_>, text: impl FnOnce() -> String) {
        let text = if run.brief { String::new() } else { text() };
        run.errors.push(leaf(&self.place, text));
    }

    /// What any value is asked. Beside a reference the old drafts ask nothing; that validator asks for `const` all the same.
    fn plain(&self, run: &Run<'s, '_>, is_lone_ref: bool) -> Result<(), Violation> {
        let (object, value) = (run.object, run.value);
        let kind = kind_of(value);
        if let Some(types) = object.get("type").filter(|_| !is_lone_ref) {
            let all: Vec<&str> = match types {
                Json::String(name) => vec![name],
                Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
                _ => Vec::new(),
            };
            let is_whole = || Number::of_value(value).is_some_and(Number::is_whole);
            let fits = all.contains(&kind) || (kind == "number" && all.contains(&"integer") && is_whole());
            if !fits && !all.is_empty() {
                return self.fail(format!("got {kind}, want {}", in_order(&all).join(" or ")));
            }
        }
        if run.draft > Draft::Draft4
            && let Some(wanted) = object.get("const")
            && !equal(value, wanted)
        {
            return self.fail(match wanted {
                Json::Array(_) | Json::Object(_) => "'const' failed".into(),
                wanted => format!("value must be {}", shown(wanted)),
            });
        }
        if is_lone_ref {
            return Ok(());
        }
        if let Some(Json::Array(wanted)) = object.get("enum")
            && !wanted.iter().any(|wanted| equal(value, wanted))
        {
            let plain = wanted.iter().all(|wanted| !wanted.is_array() && !wanted.is_object());
            let texts: Vec<String> = wanted.iter().map(shown).collect();
            return self.fail(match (plain, texts.as_slice()) {
                (true, [one]) => format!("value must be {one}"),
                (true, all) => format!("value must be one of {}", all.join(", ")),
                (false, _) => "'enum' failed".into(),
            });
        }
        if run.draft < Draft::Draft2019
            && let (Some(Json::String(name)), Value::Str(text)) = (object.get("format"), value)
            && let Err(why) = format::check(name, &text.text())
        {
            return self.fail(format!("{} is not valid {name}: {why}", shown_value(value)));
        }
        Ok(())
    }

    fn reference(
        &mut self,
        run: &mut Run<'s, '_>,
        reference: &str,
        keyword: &str,
        is_dynamic: bool,
    ) -> Result<(), Violation> {
        let target = match self.document.resolve(reference, run.node) {
            Ok(Target::Node(target)) => target,
            Ok(Target::Anything) => return Ok(()),
            Err(why) => return self.fail(why),
        };
        let target = if is_dynamic {
            self.dynamic(reference, keyword, target)
        } else {
            target
        };
        match self.same(run, target, false) {
            Ok(()) => Ok(()),
            Err(violation) => {
                let causes = match violation.is_group {
                    true => violation.causes,
                    false => vec![violation],
                };
                Err(Violation {
                    is_reference: true,
                    causes,
                    ..leaf(&self.place, "validation failed".into())
                })
            }
        }
    }

    /// What a dynamic reference means here: the outermost schema on the way that has the anchor.
    fn dynamic(&self, reference: &str, keyword: &str, target: Node<'s>) -> Node<'s> {
        let resources = &self.document.resources;
        if keyword == "$recursiveRef" {
            let is_recursive = target.json.get("$recursiveAnchor") == Some(&Json::Bool(true));
            let mut outer = self.scopes.iter().filter(|scope| {
                resources
                    .get(scope.node.resource)
                    .is_some_and(|resource| resource.recursive)
            });
            return match outer.next() {
                Some(scope) if is_recursive => scope.node,
                _ => target,
            };
        }
        let anchor = reference.split_once('#').map_or("", |(_, anchor)| anchor);
        if anchor.is_empty() || target.json.get("$dynamicAnchor").and_then(Json::as_str) != Some(anchor) {
            return target;
        }
        let found = self.scopes.iter().find_map(|scope| {
            let json = resources.get(scope.node.resource)?.dynamic.get(anchor)?;
            Some(Node {
                json,
                resource: scope.node.resource,
            })
        });
        found.unwrap_or(target)
    }

    /// Another schema for the same value.
    fn same(&mut self, run: &mut Run<'s, '_>, node: Node<'s>, brief: bool) -> Result<(), Violation> {
        let wants_left = !run.left.is_empty();
        let left = self.apply(node, run.value, run.number, wants_left, run.brief || brief)?;
        run.left.keep(&left);
        Ok(())
    }

    fn same_json(&mut self, run: &mut Run<'s, '_>, json: &'s Json, brief: bool) -> Result<(), Violation> {
        let node = self.document.within(json, run.node);
        self.same(run, node, brief)
    }

    /// A schema for a value within the value.
    fn inner(&mut self, run: &Run<'s, '_>, json: &'s Json, value: &Value, token: String) -> Option<Violation> {
        let node = self.document.within(json, run.node);
        self.place.push(token);
        let verdict = self.apply(node, value, run.number + 1, false, run.brief);
        self.place.pop();
        verdict.err()
    }

    fn object(&mut self, run: &mut Run<'s, '_>) {
        let Value::Map(map) = run.value else { return };
        let (object, draft) = (run.object, run.draft);
        let size = map.len();
        if let Some(wanted) = limit(object, "minProperties").filter(|wanted| size < *wanted) {
            self.add(run, || {
                format!("minProperties: got {}, want {}", count(size), count(wanted))
            });
        }
        if let Some(wanted) = limit(object, "maxProperties").filter(|wanted| size > *wanted) {
            self.add(run, || {
                format!("maxProperties: got {}, want {}", count(size), count(wanted))
            });
        }
        let missing = |names: &'s Json| -> Vec<&'s str> {
            let names = names.as_array().into_iter().flatten().filter_map(Json::as_str);
            names.filter(|name| !map.contains(name.as_bytes())).collect()
        };
        if let Some(required) = object.get("required") {
            let missing = missing(required);
            if !missing.is_empty() {
                let word = if missing.len() == 1 { "property" } else { "properties" };
                self.add(run, || format!("missing {word} {}", quoted_all(missing)));
            }
        }
        if run.brief && !run.errors.is_empty() {
            return;
        }
        for (name, dependency) in members(object, "dependencies").filter(|(name, _)| map.contains(name.as_bytes())) {
            if dependency.is_array() {
                let missing = missing(dependency);
                if !missing.is_empty() {
                    self.add(run, || {
                        format!("properties {} required, if {} exists", quoted_all(missing), quote(name))
                    });
                }
            } else {
                let verdict = self.same_json(run, dependency, false);
                run.errors.extend(verdict.err());
            }
        }
        self.properties(run, &map.entries());
        if draft == Draft::Draft4 {
            return;
        }
        if let Some(names) = object.get("propertyNames") {
            for (name, _) in map.entries() {
                let node = self.document.within(names, run.node);
                let outer = std::mem::take(&mut self.place);
                let verdict = self.apply(node, &Value::Str(name.clone()), run.number + 1, false, run.brief);
                self.place = outer;
                if let Err(violation) = verdict {
                    let causes = match violation.is_group {
                        true => violation.causes,
                        false => vec![violation],
                    };
                    run.errors.push(Violation {
                        causes,
                        ..leaf(&self.place, format!("invalid propertyName {}", quote(&name.text())))
                    });
                }
            }
        }
        if draft == Draft::Draft6 || draft == Draft::Draft7 {
            return;
        }
        for (_, schema) in members(object, "dependentSchemas").filter(|(name, _)| map.contains(name.as_bytes())) {
            let verdict = self.same_json(run, schema, false);
            run.errors.extend(verdict.err());
        }
        for (name, names) in members(object, "dependentRequired").filter(|(name, _)| map.contains(name.as_bytes())) {
            let missing = missing(names);
            if !missing.is_empty() {
                self.add(run, || {
                    format!("properties {} required, if {} exists", quoted_all(missing), quote(name))
                });
            }
        }
    }

    fn properties(&mut self, run: &mut Run<'s, '_>, entries: &[(Str, Value)]) {
        let object = run.object;
        let known = object.get("properties").and_then(Json::as_object);
        let additional = object.get("additionalProperties");
        let mut surplus = Vec::new();
        for (name, value) in entries {
            if run.brief && !run.errors.is_empty() {
                return;
            }
            let text = name.text();
            let mut evaluated = false;
            if let Some(schema) = known.and_then(|known| known.get(&*text)) {
                evaluated = true;
                let violation = self.inner(run, schema, value, text.to_string());
                run.errors.extend(violation);
            }
            for (pattern, schema) in members(object, "patternProperties") {
                if regex::matches(pattern, &text).unwrap_or(false) {
                    evaluated = true;
                    let violation = self.inner(run, schema, value, text.to_string());
                    run.errors.extend(violation);
                }
            }
            if let Some(additional) = additional.filter(|_| !evaluated) {
                evaluated = true;
                match additional {
                    Json::Bool(false) => surplus.push(text.to_string()),
                    Json::Bool(true) => {}
                    schema => {
                        let violation = self.inner(run, schema, value, text.to_string());
                        run.errors.extend(violation);
                    }
                }
            }
            if evaluated {
                run.left.names.remove(name);
            }
        }
        if !surplus.is_empty() {
            self.add(run, || {
                format!(
                    "additional properties {} not allowed",
                    quoted_all(surplus.iter().map(String::as_str))
                )
            });
        }
    }

    fn list(&mut self, run: &mut Run<'s, '_>) {
        let Value::List(list) = run.value else { return };
        let (object, draft, size) = (run.object, run.draft, list.len());
        if let Some(wanted) = limit(object, "minItems").filter(|wanted| size < *wanted) {
            self.add(run, || format!("minItems: got {}, want {}", count(size), count(wanted)));
        }
        if let Some(wanted) = limit(object, "maxItems").filter(|wanted| size > *wanted) {
            self.add(run, || format!("maxItems: got {}, want {}", count(size), count(wanted)));
        }
        if object.get("uniqueItems") == Some(&Json::Bool(true))
            && let Some((first, second)) = duplicates(list)
        {
            self.add(run, || {
                format!("items at {} and {} are equal", count(first), count(second))
            });
        }
        let mut each = |this: &mut Self, schema: &'s Json, from: usize, to: usize| {
            for (index, item) in list.iter().enumerate().take(to).skip(from) {
                let violation = this.inner(run, schema, item, index.to_string());
                run.errors.extend(violation);
            }
        };
        let first = if draft < Draft::Draft2020 {
            "items"
        } else {
            "prefixItems"
        };
        let mut evaluated = 0;
        if let Some(Json::Array(schemas)) = object.get(first) {
            evaluated = size.min(schemas.len());
            for (index, schema) in schemas.iter().enumerate().take(evaluated) {
                each(self, schema, index, index + 1);
            }
        }
        match object.get("items") {
            Some(schema @ (Json::Object(_) | Json::Bool(_))) => each(self, schema, evaluated, size),
            Some(Json::Array(_)) if draft < Draft::Draft2020 => match object.get("additionalItems") {
                Some(Json::Bool(false)) if evaluated < size => {
                    let surplus = count(size - evaluated);
                    self.add(run, || format!("last {surplus} additionalItem(s) not allowed"));
                }
                Some(schema @ Json::Object(_)) => each(self, schema, evaluated, size),
                _ => {}
            },
            _ => {}
        }
        if draft > Draft::Draft4
            && let Some(schema) = object.get("contains")
        {
            self.contains(run, schema, list);
        }
    }

    fn contains(&mut self, run: &mut Run<'s, '_>, schema: &'s Json, list: &[Value]) {
        let (mut causes, mut matched) = (Vec::new(), Vec::new());
        for (index, item) in list.iter().enumerate() {
            match self.inner(run, schema, item, index.to_string()) {
                Some(violation) => causes.push(violation),
                None => {
                    matched.push(index);
                    if run.draft >= Draft::Draft2020 {
                        run.left.items.remove(&index);
                    }
                }
            }
        }
        let counts = run.draft >= Draft::Draft2019;
        let least = limit(run.object, "minContains").filter(|_| counts);
        let at: Vec<String> = matched.iter().map(usize::to_string).collect();
        let at = at.join(" ");
        let too_few = match least {
            Some(least) if matched.len() < least && matched.is_empty() => Some(format!(
                "min {} items required to match contains schema, but none matched",
                count(least)
            )),
            Some(least) if matched.len() < least => Some(format!(
                "min {} items required to match contains schema, but matched {} items at {at}",
                count(least),
                count(matched.len())
            )),
            None if matched.is_empty() => Some("no items match contains schema".to_owned()),
            _ => None,
        };
        if let Some(text) = too_few {
            run.errors.push(Violation {
                causes,
                ..leaf(&self.place, text)
            });
        }
        if let Some(most) = limit(run.object, "maxContains").filter(|most| counts && matched.len() > *most) {
            self.add(run, || {
                format!(
                    "max {} items required to match contains schema, but matched {} items at {at}",
                    count(most),
                    count(matched.len())
                )
            });
        }
    }

    fn string(&mut self, run: &mut Run<'s, '_>) {
        let Value::Str(text) = run.value else { return };
        let object = run.object;
        let size = hoist_govalue::utf8::count(text);
        if let Some(wanted) = limit(object, "minLength").filter(|wanted| size < *wanted) {
            self.add(run, || {
                format!("minLength: got {}, want {}", count(size), count(wanted))
            });
        }
        if let Some(wanted) = limit(object, "maxLength").filter(|wanted| size > *wanted) {
            self.add(run, || {
                format!("maxLength: got {}, want {}", count(size), count(wanted))
            });
        }
        if let Some(Json::String(pattern)) = object.get("pattern") {
            let text = text.text();
            match regex::matches(pattern, &text) {
                Ok(true) => {}
                Ok(false) => self.add(run, || {
                    format!("{} does not match pattern {}", quote(&text), quote(pattern))
                }),
                Err(why) => self.add(run, || format!("{} is not valid regex: {why}", quote(pattern))),
            }
        }
    }

    fn number(&mut self, run: &mut Run<'s, '_>) {
        let Some(got) = Number::of_value(run.value) else { return };
        let object = run.object;
        let wanted = |keyword: &str| object.get(keyword).and_then(Number::of_json);
        let is_exclusive = |keyword: &str| object.get(keyword) == Some(&Json::Bool(true));
        let mut bound = |keyword: &str, exclusive: &'static str, sign: std::cmp::Ordering| {
            let strict = is_exclusive(exclusive);
            for (name, wanted, strict) in [
                (if strict { exclusive } else { keyword }, wanted(keyword), strict),
                (exclusive, wanted(exclusive), true),
            ] {
                let Some(wanted) = wanted else { continue };
                let order = got.compare(wanted);
                if order == sign || (strict && order.is_eq()) {
                    self.add(run, || {
                        format!("{name}: got {}, want {}", english(got.float()), english(wanted.float()))
                    });
                }
            }
        };
        bound("minimum", "exclusiveMinimum", std::cmp::Ordering::Less);
        bound("maximum", "exclusiveMaximum", std::cmp::Ordering::Greater);
        if let Some(wanted) = wanted("multipleOf").filter(|wanted| !got.is_multiple_of(*wanted)) {
            self.add(run, || {
                format!(
                    "multipleOf: got {}, want {}",
                    english(got.float()),
                    english(wanted.float())
                )
            });
        }
    }

    fn combined(&mut self, run: &mut Run<'s, '_>) {
        let object = run.object;
        if run.draft < Draft::Draft2019 && object.contains_key("$ref") {
            return;
        }
        let list = |keyword: &str| {
            object
                .get(keyword)
                .and_then(Json::as_array)
                .map_or(&[][..], Vec::as_slice)
        };
        if let Some(schema) = object.get("not")
            && self.same_json(run, schema, true).is_ok()
        {
            self.add(run, || "'not' failed".into());
        }
        let mut causes = Vec::new();
        for schema in list("allOf") {
            causes.extend(self.same_json(run, schema, false).err());
            if run.brief && !causes.is_empty() {
                break;
            }
        }
        if !causes.is_empty() {
            run.errors.push(Violation {
                causes,
                ..leaf(&self.place, "'allOf' failed".into())
            });
        }
        self.any_of(run, list("anyOf"));
        self.one_of(run, list("oneOf"));
        if run.draft >= Draft::Draft7
            && let Some(condition) = object.get("if")
        {
            let branch = if self.same_json(run, condition, true).is_ok() {
                object.get("then")
            } else {
                object.get("else")
            };
            if let Some(schema) = branch {
                let verdict = self.same_json(run, schema, false);
                run.errors.extend(verdict.err());
            }
        }
    }

    fn any_of(&mut self, run: &mut Run<'s, '_>, schemas: &'s [Json]) {
        let (mut matched, mut causes) = (schemas.is_empty(), Vec::new());
        for schema in schemas {
            match self.same_json(run, schema, false) {
                Err(violation) => causes.push(violation),
                Ok(()) => {
                    matched = true;
                    // What is left must be known of all of them.
                    if run.left.is_empty() {
                        break;
                    }
                }
            }
        }
        if !matched {
            run.errors.push(Violation {
                causes,
                ..leaf(&self.place, "'anyOf' failed".into())
            });
        }
    }

    fn one_of(&mut self, run: &mut Run<'s, '_>, schemas: &'s [Json]) {
        let (mut matched, mut causes) = (None, Vec::new());
        for (index, schema) in schemas.iter().enumerate() {
            match (self.same_json(run, schema, matched.is_some()), matched) {
                (Err(violation), None) => causes.push(violation),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    self.add(run, || {
                        format!("'oneOf' failed, subschemas {}, {} matched", count(first), count(index))
                    });
                    break;
                }
            }
        }
        if matched.is_none() && !schemas.is_empty() {
            run.errors.push(Violation {
                causes,
                ..leaf(&self.place, "'oneOf' failed, none matched".into())
            });
        }
    }

    fn unevaluated(&mut self, run: &mut Run<'s, '_>) {
        let object = run.object;
        if let (Value::Map(map), Some(schema)) = (run.value, object.get("unevaluatedProperties")) {
            for name in std::mem::take(&mut run.left.names) {
                let Some(value) = map.get(&name) else { continue };
                let violation = self.inner(run, schema, &value, name.text().into_owned());
                run.errors.extend(violation);
            }
        }
        if let (Value::List(list), Some(schema)) = (run.value, object.get("unevaluatedItems")) {
            for index in std::mem::take(&mut run.left.items) {
                let Some(value) = list.get(index) else { continue };
                let violation = self.inner(run, schema, value, index.to_string());
                run.errors.extend(violation);
            }
        }
    }
}

/// What a schema will have to look at, when somebody wants to know what it does not.
fn left_of(value: &Value, schema: Option<&Object<String, Json>>, draft: Draft, wanted: bool) -> Left {
    let has = |keyword: &str| schema.is_some_and(|schema| schema.contains_key(keyword));
    let mut left = Left::default();
    match value {
        Value::Map(map) if (wanted || has("unevaluatedProperties")) && !has("additionalProperties") => {
            left.names = map.borrow().keys().cloned().collect();
        }
        Value::List(list) if wanted || has("unevaluatedItems") => {
            let items = schema.and_then(|schema| schema.get("items"));
            let (all, known) = if draft < Draft::Draft2020 {
                match items {
                    Some(Json::Array(schemas)) => (has("additionalItems"), schemas.len()),
                    Some(_) => (true, 0),
                    None => (false, 0),
                }
            } else {
                let prefix = schema.and_then(|schema| schema.get("prefixItems"));
                (items.is_some(), prefix.and_then(Json::as_array).map_or(0, Vec::len))
            };
            if !all {
                left.items = (known..list.len()).collect();
            }
        }
        _ => {}
    }
    left
}

fn members<'s>(object: &'s Object<String, Json>, keyword: &str) -> impl Iterator<Item = (&'s str, &'s Json)> + use<'s> {
    let members = object.get(keyword).and_then(Json::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn limit(object: &Object<String, Json>, keyword: &str) -> Option<usize> {
    let number = object.get(keyword)?.as_f64()?;
    (number.fract() == 0.0 && number >= 0.0).then_some(number as usize)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Nil => "null",
        Value::Bool(_) => "boolean",
        Value::Int(..) | Value::Uint(..) | Value::Float(..) => "number",
        Value::Str(_) => "string",
        Value::List(_) | Value::Bytes(_) => "array",
        Value::Map(_) | Value::Object(_) => "object",
    }
}

/// The names of types in the order in which that validator lists them.
fn in_order<'a>(names: &[&'a str]) -> Vec<&'a str> {
    const ORDER: &[&str] = &["null", "boolean", "number", "integer", "string", "array", "object"];
    let mut names = names.to_vec();
    names.sort_by_key(|name| ORDER.iter().position(|known| known == name));
    names.dedup();
    names
}

fn equal(value: &Value, wanted: &Json) -> bool {
    match (value, wanted) {
        (Value::Nil, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Str(a), Json::String(b)) => **a == *b.as_bytes(),
        (Value::Int(..) | Value::Uint(..) | Value::Float(..), Json::Number(_)) => {
            match (Number::of_value(value), Number::of_json(wanted)) {
                (Some(a), Some(b)) => a.compare(b).is_eq(),
                _ => false,
            }
        }
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len()
                && b.iter()
                    .all(|(key, b)| a.get(key.as_bytes()).is_some_and(|a| equal(&a, b)))
        }
        _ => false,
    }
}

/// The first two items that are equal.
fn duplicates(list: &[Value]) -> Option<(usize, usize)> {
    let mut seen = std::collections::HashMap::new();
    for (index, item) in list.iter().enumerate() {
        let key = hoist_goencoding::json::encode(item).ok()?;
        if let Some(first) = seen.insert(key, index) {
            return Some((first, index));
        }
    }
    None
}
