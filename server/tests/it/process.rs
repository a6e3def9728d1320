//! How do the tests run the real binary? On a free loopback port, over a data folder of their own, ended by its own id.

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
        let mut child = Command::new(env!("CARGO_BIN_EXE_owlake"))
            .args(["serve", "--port", "0", "--log", "error", "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).map_err(|error| error.to_string())?;
        match line.split_whitespace().find(|word| word.starts_with("http://")) {
            Some(endpoint) => Ok(Process { endpoint: endpoint.to_string(), child }),
            None => {
                let output = child.wait_with_output().map_err(|error| error.to_string())?;
                Err(format!("{line}{}", String::from_utf8_lossy(&output.stderr)))
            }
        }
    }

    /// As [`Process::start`] with more flags; what the server logs goes to the file `log`, so that it never waits for a reader.
    pub fn start_with(data_dir: &Path, flags: &[&str], log: &Path) -> Result<Process, String> {
        let log = std::fs::File::create(log).map_err(|error| error.to_string())?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_owlake"))
            .args(["serve", "--port", "0", "--log", "error", "--data-dir"])
            .arg(data_dir)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).map_err(|error| error.to_string())?;
        let endpoint = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_string);
        endpoint.map(|endpoint| Process { child, endpoint }).ok_or(line)
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

/// One call of an operation: status and body.
pub fn call(endpoint: &str, target: &str, body: &str) -> Result<(u16, String), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(endpoint).header("X-Amz-Target", target).header("Content-Type", "application/x-amz-json-1.1");
    let mut answer = request.send(body).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    Ok((status, answer.body_mut().read_to_string().map_err(|error| error.to_string())?))
}
