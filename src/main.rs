//! `app 2>&1 | keepmum`: the filter.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
