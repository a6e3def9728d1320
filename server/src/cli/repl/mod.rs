//! How does a person work with a server line by line? A psql-like loop: statements end with `;`, commands begin with `\`. Ref: psql.

mod complete;
mod highlight;
mod meta;
mod prompt;

use std::io::IsTerminal;
use std::path::PathBuf;

use reedline::{
    ColumnarMenu, DefaultHinter, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Reedline, ReedlineEvent, ReedlineMenu,
    Signal, ValidationResult, Validator, default_emacs_keybindings,
};

use super::client::{Client, ClientError, QueryOptions};
use super::print::{self, Format};

/// Statements kept in the history file.
const HISTORY_LINES: usize = 5_000;
/// Rows fetched for the screen unless `\limit` says otherwise.
const ROWS_MAX: usize = 1_000;

/// The state of one session at the prompt.
pub struct Repl {
    client: Client,
    runtime: tokio::runtime::Handle,
    options: QueryOptions,
    format: Format,
    shows_timing: bool,
}

impl Repl {
    /// A session with `client`; statements run in `database` and leave their results at `output_location`.
    pub fn new(client: Client, runtime: tokio::runtime::Handle, database: Option<String>, output_location: String) -> Self {
        let options = QueryOptions { database, output_location: Some(output_location), rows_max: ROWS_MAX };
        Repl { client, runtime, options, format: Format::Table, shows_timing: true }
    }

    /// Reads and runs until the end of input or `\q`. From a pipe, lines are read as they come, without a prompt.
    pub fn run(mut self, history: Option<PathBuf>) -> Result<(), String> {
        if !std::io::stdin().is_terminal() {
            return self.run_piped();
        }
        println!("owlake {} at {}. Type \\? for help, \\q to leave.", env!("CARGO_PKG_VERSION"), self.client.endpoint());
        let mut editor = self.editor(history)?;
        loop {
            let prompt = prompt::DatabasePrompt::new(self.options.database.as_deref());
            match editor.read_line(&prompt) {
                Ok(Signal::Success(text)) => {
                    if !self.handle(text.trim()) {
                        return Ok(());
                    }
                }
                Ok(Signal::CtrlC) => {}
                Ok(Signal::CtrlD) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(format!("the terminal cannot be read: {error}")),
            }
        }
    }

    fn editor(&self, history: Option<PathBuf>) -> Result<Reedline, String> {
        let mut keys = default_emacs_keybindings();
        let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu("completion".to_string()), ReedlineEvent::MenuNext]);
        keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
        let menu = Box::new(ColumnarMenu::default().with_name("completion"));
        let completer = complete::Names::new(self.client.clone(), self.runtime.clone(), self.options.database.clone());
        let mut editor = Reedline::create()
            .with_validator(Box::new(StatementEnd))
            .with_highlighter(Box::new(highlight::Sql))
            .with_hinter(Box::new(DefaultHinter::default()))
            .with_completer(Box::new(completer))
            .with_menu(ReedlineMenu::EngineCompleter(menu))
            .with_edit_mode(Box::new(Emacs::new(keys)));
        if let Some(path) = history {
            let file =
                FileBackedHistory::with_file(HISTORY_LINES, path).map_err(|error| format!("the history cannot be opened: {error}"))?;
            editor = editor.with_history(Box::new(file));
        }
        Ok(editor)
    }

    fn run_piped(&mut self) -> Result<(), String> {
        let mut text = String::new();
        for line in std::io::stdin().lines() {
            let line = line.map_err(|error| format!("the input cannot be read: {error}"))?;
            if text.is_empty() && line.trim_start().starts_with('\\') {
                if !self.handle(line.trim()) {
                    return Ok(());
                }
                continue;
            }
            text.push_str(&line);
            text.push('\n');
            if is_complete(&text) {
                let statement = std::mem::take(&mut text);
                self.handle(statement.trim());
            }
        }
        if !text.trim().is_empty() {
            self.handle(text.trim());
        }
        Ok(())
    }

    /// Runs one input; false when the session is to end.
    fn handle(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        if let Some(command) = text.strip_prefix('\\') {
            return meta::run(self, command);
        }
        self.run_statement(text);
        true
    }

    /// Runs a statement and prints what it gives. Ctrl-C stops the statement, not the session.
    fn run_statement(&mut self, sql: &str) {
        let outcome = self.runtime.block_on(async {
            let id = self.client.start(sql, &self.options).await?;
            tokio::select! {
                result = self.client.finish(&id, self.options.rows_max) => result,
                _ = tokio::signal::ctrl_c() => {
                    self.client.stop(&id).await?;
                    self.client.finish(&id, self.options.rows_max).await
                }
            }
        });
        match outcome {
            Ok(result) => {
                print!("{}", print::rows(&result, self.format));
                if self.shows_timing {
                    println!("{}", print::footer(&result));
                }
            }
            Err(error) => print_error(sql, &error),
        }
    }
}

/// The message, and below it the line it points at.
fn print_error(sql: &str, error: &ClientError) {
    let text = error.to_string();
    eprintln!("ERROR: {text}");
    let position = text.split("line ").nth(1).and_then(|rest| {
        let (line, rest) = rest.split_once(':')?;
        let column = rest.split(':').next()?;
        Some((line.parse::<usize>().ok()?, column.parse::<usize>().ok()?))
    });
    if let Some((line, column)) = position
        && let Some(source) = sql.lines().nth(line.saturating_sub(1))
    {
        eprintln!("  {source}");
        eprintln!("  {}^", " ".repeat(column.saturating_sub(1)));
    }
}

/// A statement is read until its semicolon; a command is one line.
struct StatementEnd;

impl Validator for StatementEnd {
    fn validate(&self, text: &str) -> ValidationResult {
        let is_command = text.trim_start().starts_with('\\');
        if is_command || text.trim().is_empty() || is_complete(text) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// Whether the text ends with a semicolon outside quotes and comments.
fn is_complete(text: &str) -> bool {
    let mut characters = text.chars().peekable();
    let mut ends = false;
    while let Some(character) = characters.next() {
        match character {
            '\'' | '"' | '`' => {
                ends = false;
                if !characters.by_ref().any(|next| next == character) {
                    return false;
                }
            }
            '-' if characters.peek() == Some(&'-') => {
                characters.by_ref().find(|next| *next == '\n');
            }
            ';' => ends = true,
            other if other.is_whitespace() => {}
            _ => ends = false,
        }
    }
    ends
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: psql: a semicolon inside quotes or a comment does not end a statement.
    #[test]
    fn a_statement_ends_with_its_own_semicolon() {
        assert!(is_complete("SELECT 1;"));
        assert!(is_complete("SELECT ';'\n  ;  "));
        assert!(!is_complete("SELECT 1"));
        assert!(!is_complete("SELECT ';"));
        assert!(!is_complete("SELECT 1 -- ;"));
        assert!(is_complete("SELECT 1; -- done"));
    }
}
