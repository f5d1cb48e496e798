//! The `hoist` program with faults on request: `HOIST_FAULT=kill-after` and `HOIST_FAULT_FILE=FILE`.

use std::process::ExitCode;
use std::sync::Arc;

use hoist_testkit::OnceEach;

fn main() -> ExitCode {
    let mut hooks = hoist_cli::Hooks::default();
    if let (Ok(fault), Ok(file)) = (std::env::var("HOIST_FAULT"), std::env::var("HOIST_FAULT_FILE")) {
        match fault.parse() {
            Ok(fault) => hooks.faults = Arc::new(OnceEach::new(fault, file.into())),
            Err(error) => {
                eprintln!("HOIST_FAULT: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    hoist_cli::main(std::env::args_os(), hooks)
}
