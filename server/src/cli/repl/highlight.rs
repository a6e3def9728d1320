//! How is a statement coloured while it is typed? Keywords, texts, numbers and comments. Ref: psql clients' habit.

use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};

/// The words that are coloured and completed: those of everyday statements.
pub(super) const KEYWORDS: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COLUMNS",
    "COMMENT",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "DATABASES",
    "DATE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "EXTERNAL",
    "EXTRACT",
    "FALSE",
    "FETCH",
    "FILTER",
    "FIRST",
    "FORMAT",
    "FROM",
    "FULL",
    "FUNCTIONS",
    "GROUP",
    "GROUPING",
    "HAVING",
    "IF",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "LAST",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCATION",
    "MSCK",
    "NOT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARQUET",
    "PARTITION",
    "PARTITIONED",
    "PARTITIONS",
    "REPAIR",
    "RIGHT",
    "ROLLUP",
    "ROW",
    "ROWS",
    "SELECT",
    "SET",
    "SETS",
    "SHOW",
    "STORED",
    "TABLE",
    "TABLES",
    "TBLPROPERTIES",
    "THEN",
    "TIMESTAMP",
    "TRUE",
    "TRY_CAST",
    "UNION",
    "UNNEST",
    "USING",
    "VALUES",
    "VIEW",
    "VIEWS",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

pub(super) struct Sql;

impl Highlighter for Sql {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = piece_bytes(rest, first);
            let (piece, after) = rest.split_at(length);
            styled.push((style(piece, first), piece.to_string()));
            rest = after;
        }
        styled
    }
}

/// How many bytes belong to the piece that starts with `first`; at least one character.
fn piece_bytes(rest: &str, first: char) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if first == '\'' || first == '"' || first == '`' {
        return rest[1..].find(first).map_or(rest.len(), |end| end + 2);
    }
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if is_word(first) {
        return rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    }
    first.len_utf8()
}

fn style(piece: &str, first: char) -> Style {
    if piece.starts_with("--") {
        Style::new().fg(Color::DarkGray)
    } else if first == '\'' {
        Style::new().fg(Color::Green)
    } else if first.is_ascii_digit() {
        Style::new().fg(Color::Magenta)
    } else if KEYWORDS.contains(&piece.to_uppercase().as_str()) {
        Style::new().fg(Color::Blue).bold()
    } else {
        Style::new()
    }
}
