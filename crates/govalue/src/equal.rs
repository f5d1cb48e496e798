//! `reflect.DeepEqual`, without recursion: values may be deeper than a stack, and may hold themselves.

use std::collections::HashSet;
use std::rc::Rc;

use crate::{List, Map, Value};

/// How many pairs are compared before those are remembered that need not be compared again. Parts that are shared would
/// be compared as often as there are ways to them.
const REMEMBER_FROM: usize = 256;

/// Lists or maps that are to be compared.
enum Pair {
    Lists(List, List),
    Maps(Map, Map),
    Values(Value, Value),
}

pub(crate) fn deep_eq(a: &Value, b: &Value) -> bool {
    let mut pairs = Vec::new();
    if !alike(a, b, &mut pairs) {
        return false;
    }
    let mut seen = HashSet::new();
    let mut count = 0_usize;
    while let Some(pair) = pairs.pop() {
        count += 1;
        if count > REMEMBER_FROM {
            let places = match &pair {
                Pair::Lists(a, b) => Some((a.place(), b.place())),
                Pair::Maps(a, b) => Some((a.place(), b.place())),
                Pair::Values(..) => None,
            };
            // A pair that is compared already is the same, or makes the whole differ.
            if places.is_some_and(|places| !seen.insert(places)) {
                continue;
            }
        }
        let same = match &pair {
            Pair::Lists(a, b) => a.iter().zip(b.iter()).all(|(a, b)| alike(a, b, &mut pairs)),
            Pair::Maps(a, b) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b, &mut pairs)))
            }
            Pair::Values(a, b) => alike(a, b, &mut pairs),
        };
        if !same {
            return false;
        }
    }
    true
}

/// Whether the values are the same, apart from what is pushed to `pairs` to be compared later.
fn alike(a: &Value, b: &Value, pairs: &mut Vec<Pair>) -> bool {
    if a.ty() != b.ty() {
        return false;
    }
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a == b,
        (Value::Float(a, _), Value::Float(b, _)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            let (same, may_be) = (a.place() == b.place(), a.is_nil() == b.is_nil() && a.len() == b.len());
            if !same && may_be && !a.is_empty() {
                pairs.push(Pair::Lists(a.clone(), b.clone()));
            }
            same || may_be
        }
        (Value::Map(a), Value::Map(b)) => {
            let (same, may_be) = (a.same(b), a.is_nil() == b.is_nil() && a.len() == b.len());
            if !same && may_be && !a.is_empty() {
                pairs.push(Pair::Maps(a.clone(), b.clone()));
            }
            same || may_be
        }
        (Value::Object(a), Value::Object(b)) => {
            if !Rc::ptr_eq(a, b) {
                pairs.push(Pair::Values(a.plain(), b.plain()));
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Str;

    #[test]
    fn depth_and_sharing_and_circles_cost_nothing() {
        let deep = |leaf: i64| (0..100_000).fold(Value::int(leaf), |inner, _| Value::list(vec![inner]));
        assert!(deep_eq(&deep(1), &deep(1)));
        assert!(!deep_eq(&deep(1), &deep(2)));
        let shared = || (0..64).fold(Value::Nil, |inner, _| Value::list(vec![inner.clone(), inner]));
        assert!(deep_eq(&shared(), &shared()));
        let circle = || {
            let map = Map::new();
            map.set(Str::from("me"), map.clone().into());
            map.set(Str::from("also"), map.clone().into());
            map
        };
        let (a, b) = (circle(), circle());
        assert!(deep_eq(&a.clone().into(), &b.clone().into()));
        for map in [a, b] {
            map.remove(b"me");
            map.remove(b"also");
        }
    }

    #[test]
    fn a_list_equals_itself_whatever_it_holds() {
        let list = Value::list(vec![Value::float(f64::NAN)]);
        assert!(deep_eq(&list, &list.clone()));
        assert!(!deep_eq(&list, &Value::list(vec![Value::float(f64::NAN)])));
    }
}
