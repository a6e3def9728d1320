//! Which statements does the query engine's parser know? Queries, writes, views, prepared statements.
//!
//! Ref: Trino 401 grammar rule `statement`; Athena user guide for `UNLOAD`, `OPTIMIZE`, `VACUUM` and
//! `USING EXTERNAL FUNCTION`.

use super::expression::Expression;
use super::identifier::{Identifier, QualifiedName};
use super::query::Query;
use crate::location::{Location, Span};

/// A statement with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it begins.
    pub location: Location,
    /// Its text.
    pub span: Span,
    /// How many `?` it holds.
    pub parameter_count: usize,
}

/// The statements.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// A query.
    Query(Box<Query>),
    /// `EXPLAIN`.
    Explain(Explain),
    /// `CREATE TABLE … AS`.
    CreateTableAsSelect(Box<CreateTableAsSelect>),
    /// `INSERT INTO`.
    Insert(Box<Insert>),
    /// `UNLOAD`.
    Unload(Box<Unload>),
    /// `DELETE FROM`.
    Delete(Delete),
    /// `UPDATE`.
    Update(Update),
    /// `MERGE INTO`.
    Merge(Box<Merge>),
    /// `CREATE [OR REPLACE] VIEW`.
    CreateView(Box<CreateView>),
    /// `DROP VIEW [IF EXISTS] name`.
    DropView {
        /// The view.
        name: QualifiedName,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `SHOW CREATE VIEW name`.
    ShowCreateView(QualifiedName),
    /// `SHOW FUNCTIONS [LIKE 'pattern' [ESCAPE 'c']]`.
    ShowFunctions {
        /// `LIKE`.
        pattern: Option<String>,
        /// `ESCAPE`.
        escape: Option<String>,
    },
    /// `PREPARE name FROM statement`.
    Prepare {
        /// The name.
        name: Identifier,
        /// The statement.
        statement: Box<Statement>,
    },
    /// `EXECUTE name [USING …]`.
    Execute {
        /// The name.
        name: Identifier,
        /// Parameter values.
        parameters: Vec<Expression>,
    },
    /// `DEALLOCATE PREPARE name`.
    Deallocate(Identifier),
    /// `OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE …]`.
    Optimize(Optimize),
    /// `VACUUM table`.
    Vacuum(QualifiedName),
    /// `USING EXTERNAL FUNCTION name(…) RETURNS type LAMBDA '…' [, …] query`; the functions' names.
    UsingExternalFunction {
        /// Declared functions, in order.
        functions: Vec<Identifier>,
        /// The query using them.
        query: Box<Query>,
    },
    /// Any other statement of Trino's grammar; Athena refuses it.
    Other {
        /// The statement's leading keywords, for example `CREATE SCHEMA`.
        kind: &'static str,
    },
}

/// `EXPLAIN [ANALYZE [VERBOSE]] [(options)] statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// `ANALYZE`.
    pub is_analyze: bool,
    /// `VERBOSE`.
    pub is_verbose: bool,
    /// Options, in order.
    pub options: Vec<ExplainOption>,
    /// The explained statement.
    pub statement: Box<Statement>,
}

/// One option of `EXPLAIN`, value in upper case.
#[derive(Debug, Clone, PartialEq)]
pub enum ExplainOption {
    /// `FORMAT TEXT|GRAPHVIZ|JSON`.
    Format(&'static str, Location),
    /// `TYPE LOGICAL|DISTRIBUTED|VALIDATE|IO`.
    Type(&'static str, Location),
}

/// `name = value` or `name = DEFAULT`.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The name.
    pub name: Identifier,
    /// The value; `None` for `DEFAULT`.
    pub value: Option<Expression>,
    /// Where it begins.
    pub location: Location,
}

/// `CREATE TABLE [IF NOT EXISTS] name [(columns)] [COMMENT …] [WITH (…)] AS query [WITH [NO] DATA]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableAsSelect {
    /// The new table.
    pub name: QualifiedName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Column aliases, when written.
    pub column_names: Option<Vec<Identifier>>,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `WITH (…)`.
    pub properties: Vec<Property>,
    /// The query.
    pub query: Query,
    /// False for `WITH NO DATA`.
    pub with_data: bool,
}

/// `INSERT INTO table [(columns)] query`.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The table.
    pub target: QualifiedName,
    /// The columns, when written.
    pub columns: Option<Vec<Identifier>>,
    /// The rows.
    pub query: Query,
}

/// `UNLOAD (query) TO 'location' WITH (…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Unload {
    /// The rows.
    pub query: Query,
    /// Where to write.
    pub location: String,
    /// `WITH (…)`.
    pub properties: Vec<Property>,
}

/// `DELETE FROM table [WHERE …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: QualifiedName,
    /// `WHERE`.
    pub where_clause: Option<Expression>,
}

/// `UPDATE table SET … [WHERE …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The table.
    pub table: QualifiedName,
    /// At least one assignment.
    pub assignments: Vec<UpdateAssignment>,
    /// `WHERE`.
    pub where_clause: Option<Expression>,
}

/// `column = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateAssignment {
    /// The column.
    pub column: Identifier,
    /// The value.
    pub value: Expression,
    /// Where it begins.
    pub location: Location,
}

/// `MERGE INTO target [AS alias] USING source ON condition WHEN …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The table.
    pub target: QualifiedName,
    /// Its alias.
    pub target_alias: Option<Identifier>,
    /// The source rows.
    pub source: super::relation::Relation,
    /// The match condition.
    pub condition: Expression,
    /// At least one case.
    pub cases: Vec<MergeCase>,
}

/// `WHEN [NOT] MATCHED [AND condition] THEN action`.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeCase {
    /// False for `NOT MATCHED`.
    pub is_matched: bool,
    /// `AND`.
    pub condition: Option<Expression>,
    /// What to do.
    pub action: MergeAction,
    /// Where `WHEN` stands.
    pub location: Location,
}

/// What a merge does with a row.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// `UPDATE SET …`.
    Update(Vec<UpdateAssignment>),
    /// `DELETE`.
    Delete,
    /// `INSERT [(columns)] VALUES (…)`.
    Insert {
        /// The columns; empty when not written.
        columns: Vec<Identifier>,
        /// The values.
        values: Vec<Expression>,
    },
}

/// `CREATE [OR REPLACE] VIEW name [COMMENT …] [SECURITY …] AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// The view.
    pub name: QualifiedName,
    /// `OR REPLACE`.
    pub is_replace: bool,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `SECURITY`.
    pub security: Option<ViewSecurity>,
    /// The query; its span is the view's text.
    pub query: Query,
}

/// Whose rights a view runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewSecurity {
    /// `SECURITY DEFINER`.
    Definer,
    /// `SECURITY INVOKER`.
    Invoker,
}

/// `OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimize {
    /// The table.
    pub table: QualifiedName,
    /// `WHERE`.
    pub where_clause: Option<Expression>,
}
