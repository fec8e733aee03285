//! The WASI command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = akio::threads::with_helpers(|| {
        akio::cli::run(
            std::env::args_os(),
            akio::embedded::model(),
            akio::cli::Console::of_process(),
        )
    });
    ExitCode::from(code)
}
