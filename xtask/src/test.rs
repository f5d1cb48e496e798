//! `cargo xtask test`: prepares what the tests need, runs them all, and sums up.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::tools::Selection;
use crate::workspace::Workspace;
use crate::{run, system, tools};

/// Runs the tests. The last line of all output is `N passed, N failed, N skipped`, whatever happens.
pub(crate) fn run(workspace: &Workspace, cargo_args: &[String], prepare: bool) -> ExitCode {
    let mut sums = Sums::default();
    let result = run_all(workspace, cargo_args, prepare, &mut sums);
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    println!(
        "{} passed, {} failed, {} skipped",
        sums.passed,
        sums.failed(),
        sums.skipped
    );
    if result.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run_all(workspace: &Workspace, cargo_args: &[String], prepare: bool, sums: &mut Sums) -> Result<()> {
    if prepare {
        let start = Instant::now();
        system::ensure()?;
        tools::prepare(workspace, &Selection::core())?;
        eprintln!("test: tools ready in {}", run::elapsed(start.elapsed()));
    }
    let start = Instant::now();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&workspace.root).args(["test", "--no-fail-fast"]);
    if !cargo_args.iter().any(|it| it == "-p" || it.starts_with("--package")) {
        cargo.arg("--workspace");
    }
    if std::env::var_os("HOIST_TOOLS").is_none() {
        cargo.env("HOIST_TOOLS", workspace.tools());
    }
    let mut child = cargo
        .args(cargo_args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("start `cargo test`")?;
    let stdout = child.stdout.take().expect("it is piped");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        sums.read(&line);
        writeln!(std::io::stdout(), "{line}")?;
    }
    let status = child.wait()?;
    eprintln!("test: ran for {}", run::elapsed(start.elapsed()));
    if sums.lost > 0 {
        bail!(
            "a test program ended before its tests did ({} without a result)",
            sums.lost
        );
    }
    if !status.success() {
        bail!("`{}` failed: {status}", run::shown(&cargo));
    }
    if sums.passed == 0 {
        bail!("no test ran: this is not a pass");
    }
    Ok(())
}

/// What the test programs said, added up.
#[derive(Default, PartialEq, Eq, Debug)]
struct Sums {
    passed: u64,
    reported: u64,
    skipped: u64,
    /// Tests of programs that ended without saying how it went.
    lost: u64,
    /// Announced by the program that runs now.
    announced: u64,
}

impl Sums {
    fn failed(&self) -> u64 {
        self.reported + self.lost
    }

    fn read(&mut self, line: &str) {
        if let Some(count) = line.strip_prefix("running ").and_then(|it| it.split_once(" test")) {
            if let Ok(count) = count.0.parse() {
                // Until its result comes, all of them count as lost.
                self.lost += count;
                self.announced = count;
            }
            return;
        }
        // Another program's unfinished line may stand before it.
        let Some((_, result)) = line.split_once("test result: ") else {
            return;
        };
        let mut counts = result.split(['.', ';']).filter_map(|part| {
            let mut words = part.split_whitespace();
            Some((words.next()?.parse::<u64>().ok()?, words.next()?))
        });
        let of = |name: &str, counts: &[(u64, &str)]| counts.iter().find(|it| it.1 == name).map_or(0, |it| it.0);
        let counts: Vec<_> = counts.by_ref().collect();
        if counts.is_empty() {
            return;
        }
        self.passed += of("passed", &counts);
        self.reported += of("failed", &counts);
        self.skipped += of("ignored", &counts);
        self.lost -= self.announced;
        self.announced = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(text: &str) -> Sums {
        let mut sums = Sums::default();
        text.lines().for_each(|line| sums.read(line));
        sums
    }

    #[test]
    fn results_add_up() {
        let sums = sums(
            "running 3 tests\ntest a ... ok\n\
             test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s\n\
             running 1 test\ntest b ... FAILED\n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s\n",
        );
        assert_eq!((sums.passed, sums.failed(), sums.skipped), (2, 1, 1));
    }

    #[test]
    fn a_program_that_dies_has_failed_all_its_tests() {
        let sums = sums(
            "running 5 tests\ntest a ... ok\nrunning 2 tests\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
        );
        assert_eq!((sums.passed, sums.failed(), sums.lost), (2, 5, 5));
    }

    #[test]
    fn what_a_test_prints_is_no_result() {
        let sums = sums("running late\nthe test result: none to speak of\ntest result of the day\n");
        assert_eq!(sums, Sums::default());
    }
}
