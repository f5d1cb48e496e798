//! The functions against the real sprig.

mod characters;
mod crypto;
mod dates;
mod dicts;
mod direct;
mod documented;
mod draws;
mod flow;
mod generated;
mod helm;
mod hostile;
mod lists;
mod math;
mod noise;
mod places;
mod programs;
mod random;
mod regex;
mod semver;
mod shaped;
mod strings;
mod template;

/// The tables of cases, by module.
fn tables() -> impl Iterator<Item = (&'static str, template::Cases)> {
    [
        ("dicts", dicts::CASES),
        ("flow", flow::CASES),
        ("lists", lists::CASES),
        ("math", math::CASES),
        ("places", places::CASES),
        ("strings", strings::CASES),
    ]
    .into_iter()
}
