//! The program as a person runs it, on a whole sandbox: the main job, the fault matrix, destroying, and secrets.

mod errors;
mod faults;
mod job;
mod secrets;
mod stop;

use std::path::{Path, PathBuf};

use hoist_testkit::Scenario;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hoist-faulty"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the checkout")
}

fn scenario(name: &str, more: &[&str]) -> Scenario {
    Scenario::up(program(), &root(), name, more)
}
