//! Which chore of the repository is to be done? One subcommand each; run as `cargo run -p xtask -- <chore>`.

mod codegen;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- <chore>

chores:
  codegen [--check]          write (or compare) server/shapes/src/{athena,glue}.rs from server/shapes/models
  vendor-model <service>     read a service-2.json on standard input, prune it, write server/shapes/models/<service>.json";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["codegen"] => codegen::write(),
        ["codegen", "--check"] => codegen::check(),
        ["vendor-model", service] => codegen::vendor(service),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
