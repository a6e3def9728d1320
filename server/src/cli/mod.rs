//! Which commands has the program? `serve`, for now.

/// Runs the command of the process's arguments.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
