//! Drops nested values without deep recursion: a template can nest lists far deeper than a stack reaches.

use std::cell::{Cell, RefCell};

use crate::Value;

/// How deep values drop each other; what is deeper waits for its turn.
const MAX_DEPTH: u32 = 64;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

fn nests(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_) | Value::Object(_))
}

/// Drops the elements of a list or map.
pub(crate) fn drop_values(values: impl Iterator<Item = Value>) {
    let mut nested = values.filter(nests);
    // Most lists and maps hold only leaves.
    let Some(first) = nested.next() else { return };
    // Where the thread's own values are gone, the thread ends, and nothing holds values any more.
    let Ok(depth) = DEPTH.try_with(Cell::get) else { return };
    if depth >= MAX_DEPTH {
        let _ = WAITING.try_with(|waiting| {
            let mut waiting = waiting.borrow_mut();
            waiting.push(first);
            waiting.extend(nested);
        });
        return;
    }
    DEPTH.set(depth + 1);
    drop(first);
    nested.for_each(drop);
    if depth == 0 {
        while let Some(value) = WAITING.with(|waiting| waiting.borrow_mut().pop()) {
            drop(value);
        }
    }
    DEPTH.set(depth);
}

#[cfg(test)]
mod tests {
    use crate::{List, Map, Str, Value};

    #[test]
    fn a_deep_value_drops_on_a_small_stack() {
        let work = || {
            let mut value = Value::Nil;
            for depth in 0..300_000 {
                value = match depth % 3 {
                    0 => Value::list(vec![Value::Nil, value, Value::from("x")]),
                    1 => Value::List(List::new(vec![value.clone(), value])),
                    _ => Value::Map([(Str::from("k"), value)].into_iter().collect::<Map>()),
                };
            }
            drop(value);
        };
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work);
        assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
    }
}
