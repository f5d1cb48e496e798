//! Numbers in a row.

use hoist_govalue::{Args, Func, FuncError, FuncResult, List, Type, Value, check_items};

use crate::def::{pure, variadic};

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("until", &[Type::INT], |args| {
        let stop = args.int(0)?;
        ints("until", 0, stop, if stop < 0 { -1 } else { 1 })
    }),
    pure("untilStep", &[Type::INT, Type::INT, Type::INT], |args| {
        ints("untilStep", args.int(0)?, args.int(1)?, args.int(2)?)
    }),
    variadic("seq", &[Type::INT], seq),
];

/// The numbers from `start` to before `stop`.
fn numbers(name: &str, start: i64, stop: i64, step: i64) -> Result<impl Iterator<Item = i64>, FuncError> {
    let distance = i128::from(stop) - i128::from(start);
    let count = match step {
        0 => 0,
        // A step in the other direction reaches nothing.
        step if (distance < 0) != (step < 0) => 0,
        step => distance.unsigned_abs().div_ceil(u128::from(step.unsigned_abs())),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    check_items(name, count)?;
    let next = move |number: &i64| number.checked_add(step);
    Ok(std::iter::successors(Some(start), next).take(count))
}

fn ints(name: &str, start: i64, stop: i64, step: i64) -> FuncResult {
    let numbers = numbers(name, start, stop, step)?.map(Value::int);
    Ok(List::typed(Type::IntList, numbers.collect()).into())
}

/// As the program seq: to the last number, which is one of them, separated by spaces.
fn seq(args: Args<'_>) -> FuncResult {
    let one_on = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, end, step) = match args.all().len() {
        1 => (1, args.int(0)?, one_on(1, args.int(0)?)),
        2 => (args.int(0)?, args.int(1)?, one_on(args.int(0)?, args.int(1)?)),
        3 => (args.int(0)?, args.int(2)?, args.int(1)?),
        _ => return Ok("".into()),
    };
    if end < start && step > 0 {
        return Ok("".into());
    }
    let stop = end.wrapping_add(one_on(start, end));
    let texts: Vec<String> = numbers("seq", start, stop, step)?.map(|it| it.to_string()).collect();
    Ok(texts.join(" ").into())
}
