//! The small binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    heal::commands::main().into()
}
