//! How do the tests run the real binary? On a free loopback port, over a data folder of their own, ended by its own id.
//!
//! It is the binary built with the tests, or the one `OWLAKE_BINARY` names, for example an optimised one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `owlake serve`.
pub struct Process {
    child: Child,
    pub endpoint: String,
}

impl Process {
    /// Starts a server over `data_dir` and waits until it says where it serves.
    pub fn start(data_dir: &Path) -> Process {
        Process::try_start(data_dir).unwrap_or_else(|text| panic!("the server did not start: {text}"))
    }

    /// As [`Process::start`]; the error is what the server said instead.
    pub fn try_start(data_dir: &Path) -> Result<Process, String> {
        let mut child = command(data_dir).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        match announced(&mut child)? {
            Ok(endpoint) => Ok(Process { endpoint, child }),
            Err(line) => {
                let output = child.wait_with_output().map_err(|error| error.to_string())?;
                Err(format!("{line}{}", String::from_utf8_lossy(&output.stderr)))
            }
        }
    }

    /// As [`Process::start`] with more flags; what the server logs goes to the file `log`, so that it never waits for a reader.
    pub fn start_with(data_dir: &Path, flags: &[&str], log: &Path) -> Result<Process, String> {
        let file = std::fs::File::create(log).map_err(|error| error.to_string())?;
        let mut child = command(data_dir).args(flags).stderr(file).spawn().map_err(|error| error.to_string())?;
        match announced(&mut child)? {
            Ok(endpoint) => Ok(Process { endpoint, child }),
            Err(line) => {
                child.wait().map_err(|error| error.to_string())?;
                Err(format!("{line}{}", std::fs::read_to_string(log).unwrap_or_default()))
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }
}

fn command(data_dir: &Path) -> Command {
    let binary = std::env::var("OWLAKE_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_owlake").to_string());
    let mut command = Command::new(binary);
    command.args(["serve", "--port", "0", "--log", "error", "--data-dir"]).arg(data_dir).stdout(Stdio::piped());
    // Settings of whoever runs the tests are not the server's.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OWLAKE_")) {
        command.env_remove(name);
    }
    command
}

/// The endpoint the server announces, or the line it says instead.
fn announced(child: &mut Child) -> Result<Result<String, String>, String> {
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("no standard output")?;
    BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    Ok(line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_string).ok_or(line))
}

/// One call of an operation: status and body.
pub fn call(endpoint: &str, target: &str, body: &str) -> Result<(u16, String), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(endpoint).header("X-Amz-Target", target).header("Content-Type", "application/x-amz-json-1.1");
    let mut answer = request.send(body).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    Ok((status, answer.body_mut().read_to_string().map_err(|error| error.to_string())?))
}
