//! What does Hive's own parser say of a statement with a block comment? Its lexer knows none. Ref: measured Athena behaviour, "Failure model".
//!
//! Athena's classification reads `/* … */`, so such a statement is accepted; the parser that runs it is another and
//! stops at the comment. Only `--` comments pass both.

use super::ast::{Name, Statement};

/// A word or symbol as Hive's lexer cuts it, and its byte offset.
type Piece<'a> = (&'a str, usize);

/// The table the statement is about and Hive's refusal, when a block comment stands before or between the keywords of
/// DESCRIBE, SHOW CREATE TABLE, MSCK REPAIR TABLE or ALTER TABLE. Comments after the table's name are not judged.
///
/// Ref: measured for `DESCRIBE` and `MSCK`; Basis: inferred from Apache Hive's grammar for the others' words.
pub fn refusal<'a>(text: &str, statement: &'a Statement) -> Option<(&'a Name, String)> {
    let (name, keywords): (_, &[&str]) = match statement {
        Statement::Describe { name, .. } => (name, &["EXTENDED", "FORMATTED"]),
        Statement::ShowCreateTable { name } => (name, &["CREATE", "TABLE"]),
        Statement::RepairTable { name } => (name, &["REPAIR", "TABLE"]),
        Statement::AlterTable { name, .. } => (name, &["TABLE"]),
        _ => return None,
    };
    if !text.contains("/*") {
        return None;
    }
    let mut read: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let (piece, start) = piece_at(text, at)?;
        if text[start..].starts_with("/*") {
            return Some((name, message(text, statement, &read, start)));
        }
        if !read.is_empty() && !keywords.iter().any(|keyword| piece.eq_ignore_ascii_case(keyword)) {
            return None;
        }
        read.push((piece, start));
        at = start + piece.len();
    }
}

fn message(text: &str, statement: &Statement, read: &[Piece<'_>], comment: usize) -> String {
    let (line, column) = position(text, comment);
    let Some((first, first_start)) = read.first() else {
        return format!("FAILED: ParseException line {line}:{column} cannot recognize input near {}", near(text, comment));
    };
    let has_all = read.len() > 2 || (read.len() == 2 && matches!(statement, Statement::AlterTable { .. }));
    match statement {
        Statement::RepairTable { .. } if !has_all => {
            let last = read.last().map_or(*first, |(word, _)| *word);
            format!("FAILED: ParseException line {line}:{column} missing EOF at '/' near '{last}'")
        }
        Statement::RepairTable { .. } | Statement::ShowCreateTable { .. } | Statement::AlterTable { .. } if has_all => {
            format!("FAILED: ParseException line {line}:{column} cannot recognize input near {} in table name", near(text, comment))
        }
        _ => {
            let (line, column) = position(text, *first_start);
            let rule = match statement {
                Statement::ShowCreateTable { .. } => "show statement",
                Statement::AlterTable { .. } => "alter statement",
                _ => "describe statement",
            };
            format!("FAILED: ParseException line {line}:{column} cannot recognize input near {} in {rule}", near(text, *first_start))
        }
    }
}

/// The next word or symbol from `at` on; white space and `--` comments are skipped. `None` at the end.
fn piece_at(text: &str, mut at: usize) -> Option<Piece<'_>> {
    loop {
        let rest = text.get(at..)?;
        let start = at + (rest.len() - rest.trim_start().len());
        let rest = text.get(start..)?;
        if rest.starts_with("--") {
            at = start + rest.find('\n')?;
            continue;
        }
        let first = rest.chars().next()?;
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let length = if is_word(first) { rest.find(|character| !is_word(character)).unwrap_or(rest.len()) } else { first.len_utf8() };
        return Some((&rest[..length], start));
    }
}

/// The three tokens from `at` on, each in quotes; `<EOF>` where the text ends.
fn near(text: &str, mut at: usize) -> String {
    let mut quoted = Vec::new();
    for _ in 0..3 {
        match piece_at(text, at) {
            Some((piece, start)) => {
                quoted.push(format!("'{piece}'"));
                at = start + piece.len();
            }
            None => quoted.push("'<EOF>'".to_owned()),
        }
    }
    quoted.join(" ")
}

/// Line from 1 and column from 0, as Hive counts.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::hive::parser::parse;

    fn refused(text: &str) -> Option<String> {
        let statement = parse(text).unwrap();
        refusal(text, &statement).map(|(_, message)| message)
    }

    // basis: measured Athena behaviour for DESCRIBE and MSCK; inferred for the others.
    #[test]
    fn block_comments_among_the_keywords_are_refused() {
        for (text, expected) in [
            ("DESCRIBE /* c */ t", "line 1:0 cannot recognize input near 'DESCRIBE' '/' '*' in describe statement"),
            ("DESC /**/ t", "line 1:0 cannot recognize input near 'DESC' '/' '*' in describe statement"),
            ("DESCRIBE FORMATTED /* c */ t", "line 1:0 cannot recognize input near 'DESCRIBE' 'FORMATTED' '/' in describe statement"),
            ("/* c */ DESCRIBE t", "line 1:0 cannot recognize input near '/' '*' 'c'"),
            ("-- x\n/* c */ DESCRIBE t", "line 2:0 cannot recognize input near '/' '*' 'c'"),
            ("MSCK REPAIR /* c */ TABLE t", "line 1:12 missing EOF at '/' near 'REPAIR'"),
            ("MSCK /* c */ REPAIR TABLE t", "line 1:5 missing EOF at '/' near 'MSCK'"),
            ("SHOW CREATE /* c */ TABLE t", "line 1:0 cannot recognize input near 'SHOW' 'CREATE' '/' in show statement"),
            ("SHOW CREATE TABLE /* c */ t", "line 1:18 cannot recognize input near '/' '*' 'c' in table name"),
            ("ALTER /* c */ TABLE t ADD COLUMNS (a int)", "line 1:0 cannot recognize input near 'ALTER' '/' '*' in alter statement"),
        ] {
            assert_eq!(refused(text), Some(format!("FAILED: ParseException {expected}")), "{text}");
        }
    }

    #[test]
    fn other_comments_pass() {
        for text in [
            "-- c\nDESCRIBE -- d\n t",
            "DESCRIBE t /* c */",
            "DESCRIBE `/* c */`",
            "ALTER TABLE t ADD COLUMNS (a int COMMENT '/* c */')",
            "SHOW TABLES /* c */ IN d",
            "CREATE /* c */ EXTERNAL TABLE t (a int) LOCATION 's3://b/'",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }
}
