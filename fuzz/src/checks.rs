//! What must hold for any text? The lexer's, the two parsers' and the formatter's promises, checked one text at a time.
//!
//! The fuzz targets call these on what the fuzzer thinks up; `sql/syntax/tests/it/fuzzed.rs` includes this file and calls
//! them on the texts kept in `fuzz/kept/`. A broken promise panics with what was found.
//!
//! basis: inferred; the engine's own formatter is checked the same way (Trino 401 `TestSqlFormatter`, `ExpressionFormatter`).

use owlake_syntax::error::SyntaxError;
use owlake_syntax::format::{DecimalLiterals, Printer};
use owlake_syntax::lexer::{TokenKind, tokenize};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{Statement, StatementKind};
use owlake_syntax::trino::{parse_expression, parse_path, parse_row_pattern, parse_statement, parse_type};

/// Tokens follow one another, cover all but white space and comments, and say where they stand.
pub fn lexer(text: &str) {
    let tokens = tokenize(text);
    let (mut end, mut location) = (0, Location::START);
    for (index, token) in tokens.iter().enumerate() {
        let is_last = index + 1 == tokens.len();
        assert_eq!(token.kind == TokenKind::End, is_last, "the end stands at the end: {token:?}");
        let hidden = text.get(end..token.span.start).unwrap_or_else(|| panic!("a token begins inside the one before: {token:?}"));
        assert!(is_hidden(hidden), "{hidden:?} was skipped before {token:?}");
        location = moved(location, hidden);
        assert_eq!(token.location, location, "{token:?} stands elsewhere");
        if !is_last {
            assert!(!token.text.is_empty(), "a token of nothing: {token:?}");
            assert_eq!(text.get(token.span.start..token.span.end), Some(token.text));
            location = moved(location, token.text);
        }
        end = token.span.end;
    }
    assert_eq!(end, text.len(), "the tokens end before the text does");
}

/// Whether a text is white space and comments only.
fn is_hidden(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        rest = if rest.is_empty() {
            return true;
        } else if rest.starts_with("--") {
            rest.find(['\r', '\n']).map_or("", |end| &rest[end..])
        } else if let Some(comment) = rest.strip_prefix("/*").and_then(|body| body.find("*/").map(|end| &body[end + 2..])) {
            comment
        } else {
            return false;
        };
    }
}

/// The place after a text: lines end with `\n`, columns count UTF-16 units.
fn moved(from: Location, passed: &str) -> Location {
    passed.chars().fold(from, |at, character| match character {
        '\n' => Location::new(at.line + 1, 1),
        other => Location::new(at.line, at.column + u32::try_from(other.len_utf16()).unwrap_or(0)),
    })
}

/// Every start rule of the query grammar ends in a tree or in an error that says where.
pub fn trino(text: &str) {
    check_error(text, parse_statement(text).err(), true);
    check_error(text, parse_expression(text).err(), true);
    check_error(text, parse_type(text).err(), true);
    check_error(text, parse_row_pattern(text).err(), true);
    check_error(text, parse_path(text).err(), true);
}

/// The Hive grammar and the router before both grammars end in a tree or in an error.
pub fn hive(text: &str) {
    if let Err(mismatch) = owlake_syntax::hive::parser::parse(text) {
        assert!(mismatch.start <= mismatch.end && text.get(mismatch.start..mismatch.end).is_some(), "{mismatch:?} is not in the text");
    }
    match owlake_syntax::parse(text) {
        Ok(parsed) => assert!(text.contains(&parsed.text), "the statement is a part of the text"),
        Err(error) => check_error(text.trim(), Some(error), false),
    }
}

fn check_error(text: &str, error: Option<SyntaxError>, is_located: bool) {
    let Some(error) = error else { return };
    assert!(!error.message.is_empty());
    let Some(location) = error.location else {
        assert!(!is_located, "no place: {error}");
        return;
    };
    assert!(error.message.starts_with(&format!("line {location}: ")), "{error}");
    let line = text.split('\n').nth(location.line as usize - 1).unwrap_or_else(|| panic!("no such line: {error}"));
    assert!(location.column as usize <= line.encode_utf16().count() + 1, "no such column: {error}");
}

/// What is printed parses to what was printed, under both readings of `1.5`. Gives whether there was anything to print.
pub fn printing(text: &str) -> bool {
    let Ok(statement) = parse_statement(text) else { return false };
    for decimals in [DecimalLiterals::Decimal, DecimalLiterals::Double] {
        let Some(printed) = print(&statement, decimals) else { return false };
        let again = parse_statement(&printed).unwrap_or_else(|error| panic!("{text}\n  printed {printed}\n  {error}"));
        // A decimal printed as a double is one when read again.
        if decimals == DecimalLiterals::Decimal {
            let (before, after) = (shape(&statement), shape(&again));
            // A table function keeps its name only, and `||` prints as the call it stands for.
            let is_exact = !before.contains("Concat {") && !before.contains("TableFunction(");
            assert!(!is_exact || before == after, "{text}\n  printed {printed}\n  {before}\n  {after}");
        }
        let printed_again = print(&again, decimals);
        assert_eq!(printed_again.as_deref(), Some(printed.as_str()), "{text}\n  prints differently again");
    }
    true
}

fn print(statement: &Statement, decimals: DecimalLiterals) -> Option<String> {
    let mut printer = Printer::new(decimals);
    match &statement.kind {
        StatementKind::Query(query) => printer.query(query, 0),
        StatementKind::CreateView(view) => printer.create_view(view),
        _ => return None,
    }
    Some(printer.finish())
}

/// The tree as text without positions. `DECIMAL '1.5'` and `1.5` count as one, as do `count()` and `count(*)`.
fn shape(statement: &Statement) -> String {
    let text = format!("{statement:?}").replace("is_typed: false", "is_typed: true").replace("is_star: true", "is_star: false");
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = ["Location {", "Span {"].iter().filter_map(|part| rest.find(part)).min() {
        kept.push_str(&rest[..start]);
        rest = &rest[start..];
        rest = rest.find('}').map_or("", |end| &rest[end + 1..]);
    }
    kept.push_str(rest);
    kept
}
