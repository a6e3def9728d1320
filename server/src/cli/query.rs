//! What does `owlake query` do? Runs statements given on the command line or in a file, and prints their rows. Ref: psql -c, duckdb -c.

use owlake_syntax::lexer::{TokenKind, tokenize};

use super::client::{Client, ClientError, QueryOptions};
use super::print::{self, Format};

/// What the command was asked for.
#[derive(Debug, Clone)]
pub struct QueryCommand {
    pub sql: String,
    pub options: QueryOptions,
    pub format: Format,
    pub shows_statistics: bool,
}

/// Runs each statement in order; the first that fails ends the command.
pub async fn run(client: &Client, command: &QueryCommand) -> Result<(), ClientError> {
    for statement in statements(&command.sql) {
        let result = client.run(&statement, &command.options).await?;
        print!("{}", print::rows(&result, command.format));
        if command.shows_statistics {
            eprintln!("{}", print::footer(&result));
        }
    }
    Ok(())
}

/// The statements of a text, cut at semicolons outside quotes and comments; empty ones are left out.
pub fn statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    // Some editors begin a file with a byte order mark.
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '\'' => Some("'"),
            '"' => Some("\""),
            '`' => Some("`"),
            '-' if rest.starts_with("--") => Some("\n"),
            '/' if rest.starts_with("/*") => Some("*/"),
            _ => None,
        };
        let length = match closing {
            Some(end) => {
                let opening = if end == "*/" { 2 } else { 1 };
                rest[opening..].find(end).map_or(rest.len(), |at| opening + at + end.len())
            }
            None => first.len_utf8(),
        };
        if first == ';' && closing.is_none() {
            statements.push(std::mem::take(&mut current));
        } else {
            current.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    statements.push(current);
    let has_content = |statement: &String| tokenize(statement).first().is_some_and(|token| token.kind != TokenKind::End);
    statements.into_iter().filter(has_content).map(|statement| statement.trim().to_string()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: psql cuts a script at semicolons outside quotes and comments.
    #[test]
    fn a_script_is_cut_at_its_own_semicolons() {
        let script = "SELECT ';' ; -- a;b\nSELECT 2 /* ; */;\n\n-- end";
        assert_eq!(statements(script), vec!["SELECT ';'".to_string(), "-- a;b\nSELECT 2 /* ; */".to_string()]);
        assert!(statements(" ;; ").is_empty());
        assert!(statements("-- a\n/* b ; c */ ; /* d */").is_empty());
        assert_eq!(statements("\u{feff}SELECT 1"), ["SELECT 1"]);
    }
}
