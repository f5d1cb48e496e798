//! Renders charts that mean harm, for as long as it is told: `cargo xtask fuzz` runs this.
//!
//! `fuzz SECONDS CHARTS_FOLDER [SEED]` draws cases and has them rendered by processes of its own, which may die: that is
//! a finding, as are a panic, more than ten seconds, more than 1.5 GiB, and an error that speaks of our inside. Case
//! number i of a seed is always the same one. `fuzz --case SEED I CHARTS_FOLDER` renders one, `fuzz --replay FOLDER` one
//! of those that findings leave in `target/fuzz`.

#[path = "fuzz/cases/mod.rs"]
mod cases;
#[allow(dead_code)]
#[path = "../tests/it/generated/language/mod.rs"]
mod language;
#[path = "fuzz/minimal.rs"]
mod minimal;
#[path = "fuzz/parent.rs"]
mod parent;
#[path = "fuzz/report.rs"]
mod report;
#[path = "fuzz/worker.rs"]
mod worker;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

fn corpus(folder: &str) -> std::io::Result<cases::Corpus> {
    // The largest charts take long and are no worse than others.
    cases::Corpus::read(Path::new(folder), |path| !path.contains("kube-prometheus"))
}

fn run(args: &[&str]) -> Result<bool, Box<dyn Error>> {
    match args {
        ["--worker", seed, first, step, folder] => {
            let maker = cases::Maker::new(corpus(folder)?);
            worker::work(maker, seed.parse()?, first.parse()?, step.parse()?)?;
            Ok(true)
        }
        ["--replay", folder] => {
            let case = cases::store::read(Path::new(folder))?;
            worker::once(case)?;
            Ok(true)
        }
        ["--case", seed, index, folder] => {
            let case = cases::Maker::new(corpus(folder)?).case(seed.parse()?, index.parse()?);
            worker::once(case)?;
            Ok(true)
        }
        [seconds, folder, seed @ ..] => {
            let seed = match seed.first() {
                Some(seed) => seed.parse()?,
                None => std::time::UNIX_EPOCH.elapsed()?.as_secs(),
            };
            parent::fuzz(Duration::from_secs(seconds.parse()?), folder, seed)
        }
        _ => Err("fuzz SECONDS CHARTS_FOLDER [SEED]".into()),
    }
}
