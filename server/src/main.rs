//! How does the process start? All of it is in `cli`.

fn main() -> std::process::ExitCode {
    owlake::cli::main()
}
