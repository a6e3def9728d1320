//! How do the service models become Rust? `vendor` prunes a model, `write` renders it, `check` compares.

mod overrides;
mod prune;
mod render;
mod selection;

use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The services whose models are vendored.
const SERVICES: &[&str] = &["athena", "glue"];

/// Writes `server/shapes/src/<service>.rs` for every vendored model.
pub fn write() -> Result<(), String> {
    for service in SERVICES {
        let path = shapes_folder().join("src").join(format!("{service}.rs"));
        std::fs::write(&path, rendered(service)?).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// Fails when a committed file differs from what the vendored model gives.
pub fn check() -> Result<(), String> {
    for service in SERVICES {
        let path = shapes_folder().join("src").join(format!("{service}.rs"));
        if read(&path)? != rendered(service)? {
            return Err(format!("{} is stale: run `cargo run -p xtask -- codegen`", path.display()));
        }
    }
    Ok(())
}

/// Prunes the model on standard input to the selected operations and stores it.
pub fn vendor(service: &str) -> Result<(), String> {
    if !SERVICES.contains(&service) {
        return Err(format!("unknown service '{service}'"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("cannot read the model: {error}"))?;
    let model: Value = serde_json::from_str(&text).map_err(|error| format!("the model is not JSON: {error}"))?;
    let pruned = prune::prune(&model, selection::operations(service))?;
    let path = model_path(service);
    let mut text = serde_json::to_string_pretty(&pruned).map_err(|error| format!("cannot print the model: {error}"))?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn rendered(service: &str) -> Result<String, String> {
    let path = model_path(service);
    let model: Value = serde_json::from_str(&read(&path)?).map_err(|error| format!("{} is not JSON: {error}", path.display()))?;
    formatted(&render::render(service, &model)?)
}

/// Passes source through rustfmt, so that generated files obey the same format check as all others.
fn formatted(source: &str) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(shapes_folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start rustfmt: {error}"))?;
    let mut input = child.stdin.take().ok_or("rustfmt has no standard input")?;
    let bytes = source.as_bytes().to_vec();
    let feeder = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().map_err(|error| format!("rustfmt failed: {error}"))?;
    match feeder.join() {
        Ok(Ok(())) => {}
        _ => return Err("rustfmt did not read its input".to_owned()),
    }
    if !output.status.success() {
        return Err("rustfmt refused the generated source".to_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn model_path(service: &str) -> PathBuf {
    shapes_folder().join("models").join(format!("{service}.json"))
}

fn shapes_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("server").join("shapes")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    #[test]
    fn the_committed_shapes_are_those_of_the_models() {
        super::check().unwrap();
    }
}
