//! The `hoist` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    hoist_cli::main(std::env::args_os(), hoist_cli::Hooks::default())
}
