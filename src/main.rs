//! The `dolium` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    match dolium::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dolium: {error:#}");
            ExitCode::FAILURE
        }
    }
}
