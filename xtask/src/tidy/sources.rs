//! Checks of one file's text.

use std::path::Path;

/// A file longer than this says why in its header.
const LONGEST: usize = 600;

/// The words of the reason.
const REASON: &str = "Long because";

/// Macros and words that stand for work not done. Written in parts, so that this file does not contain them.
const UNFINISHED: &[&str] = &[
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("FIX", "ME"),
];

/// What only a program may do, not a library.
const PROGRAMS_ONLY: &[(&str, &str)] = &[
    (concat!("print", "ln!("), "prints"),
    (concat!("print", "!("), "prints"),
    (concat!("process::", "exit("), "exits"),
    (concat!("env::", "var"), "reads the environment"),
    (concat!("env::", "args"), "reads the arguments"),
];

/// Where programs are: the command line, the sandbox's own process, the tests' own crates, this crate.
const PROGRAMS: &[&str] = &[
    "crates/cli/",
    "crates/sandbox/src/supervisor",
    "crates/testkit/",
    "crates/helmpeer/",
    "xtask/",
];

/// Places of one machine, which mean nothing in anybody else's checkout.
const ONE_MACHINE: &[&str] = &[
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("/work", "/main"),
    concat!("/work", "/shared"),
];

/// What is wrong with a file, as lines for a person.
pub(super) fn check(path: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let name = path.display();
    for (number, line) in (1..).zip(text.lines()) {
        for word in ONE_MACHINE.iter().filter(|it| line.contains(**it)) {
            findings.push(format!(
                "{name}:{number}: `{word}` is a place of one machine or registry"
            ));
        }
    }
    if path.extension().is_none_or(|it| it != "rs") {
        return findings;
    }
    let header: Vec<_> = text.lines().take_while(|it| it.starts_with("//!")).collect();
    if header
        .first()
        .is_none_or(|it| it.trim_start_matches("//!").trim().is_empty())
    {
        findings.push(format!(
            "{name}:1: open the file with a `//!` line that says what it is for"
        ));
    }
    let length = text.lines().count();
    if length > LONGEST && !header.iter().any(|it| it.contains(REASON)) {
        findings.push(format!(
            "{name}:{LONGEST}: {length} lines, at most {LONGEST}: split it, or say `{REASON} …` in its header"
        ));
    }
    let library = is_library(path);
    for (number, line) in code(text) {
        for word in UNFINISHED.iter().filter(|it| line.contains(**it)) {
            findings.push(format!("{name}:{number}: `{word}` is work not done"));
        }
        for (word, what) in PROGRAMS_ONLY
            .iter()
            .filter(|_| library)
            .filter(|it| has_word(line, it.0))
        {
            findings.push(format!(
                "{name}:{number}: `{word}` {what}, and only a program may do that"
            ));
        }
    }
    findings
}

fn is_library(path: &Path) -> bool {
    let path = path.to_string_lossy();
    let inner = path
        .strip_prefix("crates/")
        .and_then(|it| it.split_once('/'))
        .map(|it| it.1);
    inner.is_some_and(|it| it.starts_with("src/"))
        && !PROGRAMS.iter().any(|it| path.starts_with(it))
        // Modules of unit tests in files of their own.
        && !path.ends_with("/tests.rs")
        && !path.contains("/tests/")
}

/// The lines of code with their numbers: without comments, and up to the unit tests, which close a file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<_> = text.lines().collect();
    let end = lines
        .windows(2)
        .position(|it| it[0].trim() == "#[cfg(test)]" && it[1].starts_with("mod ") && it[1].ends_with('{'))
        .unwrap_or(lines.len());
    (1..)
        .zip(lines.into_iter().take(end))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether `word` is there, and is not the end of a longer name, but for the `e` of the macros of standard error.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at]
            .strip_suffix('e')
            .filter(|_| word.starts_with("print"))
            .unwrap_or(&line[..at]);
        !before.ends_with(|it: char| it.is_alphanumeric() || it == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(Path::new(path), text).len()
    }

    #[test]
    fn a_header_is_wanted() {
        assert_eq!(findings("crates/a/src/lib.rs", "//! What it is for.\n"), 0);
        assert_eq!(findings("crates/a/src/lib.rs", "//!\n"), 1);
        assert_eq!(findings("crates/a/src/lib.rs", "use std::fs;\n"), 1);
        assert_eq!(findings("crates/a/README.md", "text\n"), 0);
    }

    #[test]
    fn a_long_file_gives_its_reason() {
        let body = "fn a() {}\n".repeat(LONGEST);
        assert_eq!(findings("crates/a/src/lib.rs", &format!("//! What.\n{body}")), 1);
        assert_eq!(
            findings(
                "crates/a/src/lib.rs",
                &format!("//! What.\n//! {REASON} it is one table.\n{body}")
            ),
            0
        );
    }

    #[test]
    fn only_programs_print_exit_and_read_the_environment() {
        for (word, _) in PROGRAMS_ONLY {
            let text = format!("//! What.\nfn a() {{ {word}\"x\"); }}\n");
            assert_eq!(findings("crates/a/src/b.rs", &text), 1, "{text}");
            assert_eq!(findings("crates/cli/src/b.rs", &text), 0, "{text}");
            assert_eq!(findings("crates/a/tests/it/main.rs", &text), 0, "{text}");
            assert_eq!(
                findings(
                    "crates/a/src/b.rs",
                    &format!("//! What.\n#[cfg(test)]\nmod tests {{\n{text}}}\n")
                ),
                0
            );
            assert_eq!(findings("crates/a/src/b.rs", &format!("//! What.\n// {word}\n")), 0);
        }
        let standard_error = concat!("//! What.\nfn a() { eprint", "ln!(); }\n");
        assert_eq!(findings("crates/a/src/b.rs", standard_error), 1);
        let own = concat!("//! What.\nfn a() { blueprint", "!(); }\n");
        assert_eq!(findings("crates/a/src/b.rs", own), 0);
    }

    #[test]
    fn unfinished_work_is_found_everywhere() {
        for word in UNFINISHED {
            assert_eq!(
                findings("crates/cli/src/b.rs", &format!("//! What.\nfn a() {{ {word}); }}\n")),
                1
            );
        }
    }

    #[test]
    fn places_of_one_machine_are_found_in_any_file() {
        assert_eq!(findings("docs/a.md", &format!("see https://{}/x\n", ONE_MACHINE[0])), 1);
        assert_eq!(findings("docs/a.md", "see https://example.com\n"), 0);
    }
}
