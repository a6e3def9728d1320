//! Which grammar reads a statement, and what kind is it? Ref: measured Athena behaviour, "StartQueryExecution" and "Classification".
//!
//! Two grammars stand behind one door: what Hive's DDL grammar takes is Hive's; the rest goes to the Trino grammar, and
//! its error is the one reported, except for statements that only Hive knows.

use crate::error::SyntaxError;
use crate::hive;
use crate::lexer::{self, Token, TokenKind};
use crate::location::Location;
use crate::trino;
use crate::trino::ast::StatementKind as TrinoKind;

/// Athena's classes of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementType {
    Dml,
    Ddl,
    Utility,
}

impl StatementType {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            StatementType::Dml => "DML",
            StatementType::Ddl => "DDL",
            StatementType::Utility => "UTILITY",
        }
    }
}

/// A statement's class and subclass, such as `DML` and `SELECT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementKind {
    pub statement_type: StatementType,
    pub substatement_type: &'static str,
}

/// A statement that has passed its grammar.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The text without surrounding white space and trailing semicolon; every position counts in it.
    pub text: String,
    pub kind: StatementKind,
    pub statement: Statement,
    /// How many `?` stand in it.
    pub parameter_count: usize,
}

/// A tree of one of the two grammars.
#[derive(Debug, Clone)]
pub enum Statement {
    Trino(Box<trino::ast::Statement>),
    Hive(Box<hive::ast::Statement>),
}

/// Athena's answer to statements its grammar knows but it does not run.
const UNSUPPORTED: &str = "Queries of this type are not supported";

/// Parses one statement. Errors carry Athena's whole text (code MALFORMED_QUERY).
pub fn parse(input: &str) -> Result<Parsed, SyntaxError> {
    let outline = Outline::of(input);
    let text = outline.single_statement(input)?;
    let words = leading_words(text);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let statement = if is_hive_candidate(&words) {
        match hive::parser::parse(text) {
            Ok(statement) => {
                check_hive(&statement)?;
                Statement::Hive(Box::new(statement))
            }
            Err(hive::parser::Mismatch { refusal: Some(refusal), .. }) => return Err(SyntaxError::unlocated(refusal)),
            Err(mismatch) if is_hive_only(&words) => return Err(no_viable_alternative(text, mismatch.start, mismatch.end)),
            Err(_) => Statement::Trino(Box::new(parse_trino(text)?)),
        }
    } else {
        if word(0) == "CREATE" && word(1) == "INDEX" {
            return Err(SyntaxError::unlocated(UNSUPPORTED));
        }
        Statement::Trino(Box::new(parse_trino(text)?))
    };
    let parameter_count = match &statement {
        Statement::Trino(statement) => statement.parameter_count,
        Statement::Hive(_) => 0,
    };
    Ok(Parsed { text: text.to_string(), kind: classify(&statement)?, statement, parameter_count })
}

/// Cuts a text at the offset of a comment or literal; knows where quotes and comments begin and end.
struct Outline {
    /// Offsets of semicolons outside quotes and comments.
    semicolons: Vec<usize>,
    /// Offsets of everything that is neither white space, comment nor semicolon.
    last_content: Option<usize>,
}

impl Outline {
    fn of(text: &str) -> Outline {
        let bytes = text.as_bytes();
        let mut outline = Outline { semicolons: Vec::new(), last_content: None };
        let mut at = 0;
        while at < bytes.len() {
            let end_of = |needle: &str, from: usize| {
                text.get(from..).and_then(|rest| rest.find(needle)).map_or(bytes.len(), |length| from + length + needle.len())
            };
            match bytes[at] {
                b';' => {
                    outline.semicolons.push(at);
                    at += 1;
                }
                b'-' if bytes.get(at + 1) == Some(&b'-') => at = end_of("\n", at + 2),
                b'/' if bytes.get(at + 1) == Some(&b'*') => at = end_of("*/", at + 2),
                quote @ (b'\'' | b'"' | b'`') => {
                    outline.last_content = Some(at);
                    at = match quote {
                        b'\'' => end_of("'", at + 1),
                        b'"' => end_of("\"", at + 1),
                        _ => end_of("`", at + 1),
                    };
                }
                byte => {
                    if !byte.is_ascii_whitespace() {
                        outline.last_content = Some(at);
                    }
                    at += 1;
                }
            }
        }
        outline
    }

    /// The one statement of the text, trimmed. Errors: none or several. Ref: measured, the one-statement rule.
    fn single_statement<'a>(&self, input: &'a str) -> Result<&'a str, SyntaxError> {
        let Some(last_content) = self.last_content else {
            return Err(SyntaxError::unlocated(format!("Empty sql statement: {input}")));
        };
        if self.semicolons.first().is_some_and(|first| *first < last_content) {
            return Err(SyntaxError::unlocated(format!("Only one sql statement is allowed. Got: {input}")));
        }
        let end = self.semicolons.first().copied().unwrap_or(input.len());
        Ok(input[..end].trim())
    }
}

/// The first words in upper case, comments and opening parentheses skipped; at most five.
fn leading_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while words.len() < 5 {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
            continue;
        }
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 {
            break;
        }
        words.push(rest[..length].to_uppercase());
        rest = &rest[length..];
    }
    words
}

/// Whether Hive's grammar gets the first look.
fn is_hive_candidate(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE", "EXTERNAL" | "TABLE" | "DATABASE" | "SCHEMA", ..] | ["DROP", "DATABASE" | "SCHEMA" | "TABLE", ..] => true,
        ["ALTER", "TABLE" | "DATABASE" | "SCHEMA", ..] | ["MSCK" | "DESCRIBE" | "DESC", ..] => true,
        ["SHOW", "CREATE", "VIEW", ..] | ["SHOW", "FUNCTIONS", ..] => false,
        ["SHOW", ..] => true,
        _ => false,
    }
}

/// Whether a failure of Hive's grammar is reported as Hive's. Ref: measured texts of both grammars.
fn is_hive_only(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["MSCK" | "DESCRIBE" | "DESC", ..]
            | ["SHOW", "COLUMNS" | "TABLES" | "VIEWS" | "PARTITIONS" | "TBLPROPERTIES" | "SESSION" | "STATS", ..]
            | ["ALTER", "DATABASE", ..]
    )
}

/// Ref: measured: the input runs from the statement's start to the token that did not fit.
fn no_viable_alternative(text: &str, start: usize, end: usize) -> SyntaxError {
    let consumed = text.get(..end).unwrap_or(text);
    SyntaxError::at(location_of(text, start), format!("no viable alternative at input '{consumed}'"))
}

/// Line and UTF-16 column of a byte offset, both from 1.
fn location_of(text: &str, offset: usize) -> Location {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[line_start..].encode_utf16().count() + 1;
    Location { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
}

fn parse_trino(text: &str) -> Result<trino::ast::Statement, SyntaxError> {
    let statement = trino::parse_statement(text).map_err(|error| {
        // A query cut off after FROM is not reported as a syntax error. Ref: measured, `SELECT * FROM`, `SELECT FROM`.
        let is_cut_after_from = text.len() >= 4 && text.get(text.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case("FROM"));
        let is_long_number =
            error.text().strip_prefix("Invalid numeric literal: ").is_some_and(|digits| digits.len() >= REFUSED_DIGITS_MIN);
        if is_cut_after_from || is_long_number { SyntaxError::unlocated(UNSUPPORTED) } else { error }
    })?;
    if names_system_runtime(text) { Err(SyntaxError::unlocated(UNSUPPORTED)) } else { Ok(statement) }
}

/// From how many digits on an integer is no statement Athena takes. Ref: measured.
const REFUSED_DIGITS_MIN: usize = 36;

/// Whether a statement names a table of `system.runtime`. Ref: measured; such statements are refused whole.
fn names_system_runtime(text: &str) -> bool {
    const NAME: [&str; 4] = ["system", ".", "runtime", "."];
    if !text.to_ascii_lowercase().contains("runtime") {
        return false;
    }
    let tokens = lexer::tokenize(text);
    let is_name = |window: &[Token<'_>]| {
        window
            .iter()
            .zip(NAME)
            .all(|(token, part)| token.kind != TokenKind::String && token.text.trim_matches('"').eq_ignore_ascii_case(part))
    };
    let begins = |start: usize| start.checked_sub(1).and_then(|before| tokens.get(before)).is_none_or(|before| !before.is("."));
    tokens.windows(NAME.len()).enumerate().any(|(start, window)| begins(start) && is_name(window))
}

/// What Athena checks of a Hive statement before it accepts it. Ref: measured, CREATE TABLE without LOCATION or EXTERNAL.
fn check_hive(statement: &hive::ast::Statement) -> Result<(), SyntaxError> {
    let hive::ast::Statement::CreateTable(table) = statement else { return Ok(()) };
    let is_iceberg =
        table.properties.iter().any(|(key, value)| key.eq_ignore_ascii_case("table_type") && value.eq_ignore_ascii_case("ICEBERG"));
    let text = match (&table.location, table.is_external, is_iceberg) {
        (None, _, _) => "No location was specified for table. An S3 location must be specified",
        (Some(_), true, true) => "External keyword not supported for table type ICEBERG",
        (Some(_), false, false) => "External keyword required for table type HIVE",
        (Some(_), true, false) | (Some(_), false, true) => return Ok(()),
    };
    Err(SyntaxError::unlocated(text))
}

fn classify(statement: &Statement) -> Result<StatementKind, SyntaxError> {
    let (statement_type, substatement_type) = match statement {
        Statement::Hive(statement) => classify_hive(statement),
        Statement::Trino(statement) => classify_trino(&statement.kind)?,
    };
    Ok(StatementKind { statement_type, substatement_type })
}

fn classify_hive(statement: &hive::ast::Statement) -> (StatementType, &'static str) {
    use StatementType::{Ddl, Utility};
    use hive::ast::{AlterAction, Statement};
    match statement {
        Statement::CreateDatabase { .. } => (Ddl, "CREATE_DATABASE"),
        Statement::DropDatabase { .. } => (Ddl, "DROP_DATABASE"),
        Statement::AlterDatabaseProperties { .. } => (Ddl, "ALTER_DATABASE_SET_PROPERTIES"),
        Statement::CreateTable(_) => (Ddl, "CREATE_TABLE"),
        Statement::DropTable { .. } => (Ddl, "DROP_TABLE"),
        Statement::AlterTable { action, .. } => (
            Ddl,
            match action {
                AlterAction::AddPartitions { .. } => "ALTER_TABLE_ADD_PARTITION",
                AlterAction::DropPartitions { .. } => "ALTER_TABLE_DROP_PARTITION",
                AlterAction::RenamePartition { .. } => "ALTER_TABLE_RENAME_PARTITION",
                AlterAction::AddColumns { .. } => "ALTER_TABLE_ADD_COLUMN",
                AlterAction::ReplaceColumns { .. } => "ALTER_TABLE_REPLACE_COLUMN",
                AlterAction::ChangeColumn { .. } => "ALTER_TABLE_CHANGE_COLUMN",
                AlterAction::DropColumn { .. } => "ALTER_TABLE_DROP_COLUMN",
                AlterAction::SetLocation { .. } => "ALTER_TABLE_SET_LOCATION",
                AlterAction::SetProperties(_) | AlterAction::UnsetProperties { .. } => "ALTER_TABLE_PROPERTIES",
                AlterAction::Rename { .. } => "ALTER_TABLE_RENAME",
            },
        ),
        Statement::RepairTable { .. } => (Ddl, "MSCK_REPAIR"),
        Statement::ShowDatabases { .. } => (Utility, "SHOW_DATABASES"),
        Statement::ShowTables { .. } => (Utility, "SHOW_TABLES"),
        Statement::ShowViews { .. } => (Utility, "SHOW_VIEWS"),
        Statement::ShowColumns { .. } => (Utility, "SHOW_COLUMNS"),
        Statement::ShowPartitions { .. } => (Utility, "SHOW_PARTITIONS"),
        Statement::ShowTableProperties { .. } => (Utility, "SHOW_TABLE_PROPERTIES"),
        Statement::ShowCreateTable { .. } => (Utility, "SHOW_CREATE_TABLE"),
        Statement::Describe { .. } => (Utility, "DESCRIBE_TABLE"),
    }
}

fn classify_trino(statement: &TrinoKind) -> Result<(StatementType, &'static str), SyntaxError> {
    use StatementType::{Ddl, Dml, Utility};
    Ok(match statement {
        TrinoKind::Query(_) | TrinoKind::UsingExternalFunction { .. } => (Dml, "SELECT"),
        TrinoKind::Explain(_) => (Dml, "EXPLAIN"),
        TrinoKind::CreateTableAsSelect(_) | TrinoKind::Optimize(_) => (Ddl, "CREATE_TABLE_AS_SELECT"),
        TrinoKind::Insert(_) => (Dml, "INSERT"),
        TrinoKind::Unload(_) => (Dml, "UNLOAD"),
        TrinoKind::Delete(_) => (Dml, "DELETE"),
        TrinoKind::Update(_) => (Dml, "UPDATE"),
        TrinoKind::Merge(_) => (Dml, "MERGE"),
        TrinoKind::CreateView(_) => (Ddl, "CREATE_VIEW"),
        TrinoKind::DropView { .. } => (Ddl, "DROP_VIEW"),
        TrinoKind::ShowCreateView(_) => (Utility, "SHOW_CREATE_VIEW"),
        TrinoKind::ShowFunctions { .. } => (Utility, "SHOW_FUNCTIONS"),
        TrinoKind::Prepare { .. } => (Utility, "PREPARE"),
        TrinoKind::Execute { .. } => (Dml, "EXECUTE"),
        TrinoKind::Deallocate(_) => (Utility, "DEALLOCATE"),
        TrinoKind::Vacuum(_) => (Dml, "VACUUM_TABLE"),
        TrinoKind::Other { .. } => return Err(SyntaxError::unlocated(UNSUPPORTED)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn kind(text: &str) -> (&'static str, &'static str) {
        let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (parsed.kind.statement_type.as_str(), parsed.kind.substatement_type)
    }

    fn refusal(text: &str) -> String {
        parse(text).map(|parsed| panic!("accepted as {:?}", parsed.kind)).unwrap_err().message
    }

    // basis: measured Athena behaviour, StartQueryExecution.
    #[test]
    fn what_athena_does_not_take_is_refused_in_its_words() {
        let long_number = format!("SELECT {}", "9".repeat(36));
        for text in [
            "SELECT * FROM",
            "SELECT FROM",
            "USE d",
            "START TRANSACTION",
            "CREATE INDEX i ON t (a)",
            "SELECT * FROM system.runtime.queries",
            "SELECT * FROM \"system\".runtime.nodes n",
            "SHOW CREATE TABLE \"t\"",
            &long_number,
        ] {
            assert_eq!(refusal(text), UNSUPPORTED, "{text}");
        }
        assert_eq!(kind("SELECT 'system.runtime.x', s.system.runtime.x FROM s"), ("DML", "SELECT"));
        assert_eq!(refusal("DESCRIBE a.b.c.d"), "Invalid table name a.b.c.d");
        assert_eq!(refusal("DROP TABLE a.b.c.d"), "Invalid table name a.b.c.d");
    }

    // basis: measured Athena behaviour, classification table.
    #[test]
    fn hive_statements_are_classified_as_athena_does() {
        assert_eq!(kind("CREATE DATABASE d"), ("DDL", "CREATE_DATABASE"));
        assert_eq!(kind("create external table t (a int) location 's3://b/t/'"), ("DDL", "CREATE_TABLE"));
        assert_eq!(kind("-- c\nMSCK REPAIR TABLE t;"), ("DDL", "MSCK_REPAIR"));
        assert_eq!(
            kind("ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt='x') LOCATION 's3://b/x' PARTITION (dt='y')"),
            ("DDL", "ALTER_TABLE_ADD_PARTITION")
        );
        assert_eq!(kind("ALTER TABLE t DROP PARTITION (dt='x'), PARTITION (dt='y')"), ("DDL", "ALTER_TABLE_DROP_PARTITION"));
        assert_eq!(kind("SHOW DATABASES LIKE 'x.*'"), ("UTILITY", "SHOW_DATABASES"));
        assert_eq!(kind("SHOW TABLES IN d 'a*|b*'"), ("UTILITY", "SHOW_TABLES"));
        assert_eq!(kind("SHOW PARTITIONS d.t"), ("UTILITY", "SHOW_PARTITIONS"));
        assert_eq!(kind("DESC `d`.`t`"), ("UTILITY", "DESCRIBE_TABLE"));
    }

    // basis: measured Athena behaviour, the one-statement rule.
    #[test]
    fn one_statement_only() {
        assert_eq!(refusal("SHOW TABLES; SHOW DATABASES"), "Only one sql statement is allowed. Got: SHOW TABLES; SHOW DATABASES");
        assert_eq!(refusal(";"), "Empty sql statement: ;");
        assert_eq!(refusal("  -- nothing\n"), "Empty sql statement:   -- nothing\n");
        assert_eq!(parse("  SHOW TABLES ;  ").unwrap().text, "SHOW TABLES");
        assert_eq!(kind("SHOW TABLES 'a;b'"), ("UTILITY", "SHOW_TABLES"));
    }

    // basis: measured Athena behaviour, quoting rules and start-time refusals.
    #[test]
    fn hive_refusals_have_their_texts() {
        assert_eq!(refusal("DESCRIBE \"t\""), "line 1:10: no viable alternative at input 'DESCRIBE \"t\"'");
        assert_eq!(refusal("CREATE TABLE x (n int)"), "No location was specified for table. An S3 location must be specified");
        assert_eq!(refusal("CREATE TABLE x (n int) LOCATION 's3://b/x/'"), "External keyword required for table type HIVE");
        assert!(refusal("SHOW SESSION").contains("no viable alternative at input 'SHOW SESSION'"));
    }

    // basis: documented, Athena user guide CREATE TABLE, with every clause.
    #[test]
    fn create_external_table_keeps_every_clause() {
        let text = "CREATE EXTERNAL TABLE IF NOT EXISTS `d`.`t` (`a` int COMMENT 'it''s', b array<struct<x:decimal(10, 2),y:map<string,int>>>) \
                    COMMENT 'c' PARTITIONED BY (dt string, h int) CLUSTERED BY (a) INTO 4 BUCKETS \
                    ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' NULL DEFINED AS 'n' \
                    STORED AS TEXTFILE LOCATION 's3://b/t/' TBLPROPERTIES ('k'='v', 'n'=1)";
        let Statement::Hive(statement) = parse(text).unwrap().statement else { panic!("not Hive's") };
        let hive::ast::Statement::CreateTable(table) = *statement else { panic!("not a table") };
        assert_eq!(table.columns[0].comment.as_deref(), Some("it's"));
        assert_eq!(table.columns[1].type_text, "array<struct<x:decimal(10,2),y:map<string,int>>>");
        assert_eq!(table.partitioned_by.len(), 2);
        assert_eq!(table.properties, vec![("k".to_string(), "v".to_string()), ("n".to_string(), "1".to_string())]);
        let Some(hive::ast::RowFormat::Delimited { field, escape, line, null, .. }) = table.row_format else { panic!("no delimiters") };
        assert_eq!(
            (field.as_deref(), escape.as_deref(), line.as_deref(), null.as_deref()),
            (Some("\t"), Some("\\"), Some("\n"), Some("n"))
        );
    }
}
