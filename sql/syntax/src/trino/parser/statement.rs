//! How is a statement read? The statements with a tree; the rest are recognised from the grammar table alone.
//!
//! Ref: Trino 401 grammar rule `statement`; Athena user guide for `UNLOAD`, `OPTIMIZE`, `VACUUM`,
//! `USING EXTERNAL FUNCTION`.

use super::cursor::{Parsed, Parser};
use super::expected::{self, StartRule};
use crate::lexer::TokenKind;
use crate::trino::ast::{
    CreateTableAsSelect, CreateView, Delete, Explain, ExplainOption, Insert, Merge, MergeAction, MergeCase, Optimize, Statement,
    StatementKind, Unload, Update, ViewSecurity,
};

/// Statements without a tree: their first words, longer prefixes first, and the name they are refused by.
#[rustfmt::skip]
const OTHER_STATEMENTS: &[(&[&str], &str)] = &[
    (&["CREATE", "OR", "REPLACE", "MATERIALIZED", "VIEW"], "CREATE MATERIALIZED VIEW"),
    (&["CREATE", "MATERIALIZED", "VIEW"], "CREATE MATERIALIZED VIEW"),
    (&["CREATE", "PROTECTED"], "CREATE PROTECTED MULTI DIALECT VIEW"),
    (&["CREATE", "MULTI"], "CREATE PROTECTED MULTI DIALECT VIEW"),
    (&["CREATE", "OR", "REPLACE", "PROTECTED"], "CREATE PROTECTED MULTI DIALECT VIEW"),
    (&["CREATE", "OR", "REPLACE", "MULTI"], "CREATE PROTECTED MULTI DIALECT VIEW"),
    (&["CREATE", "SCHEMA"], "CREATE SCHEMA"),
    (&["CREATE", "TABLE"], "CREATE TABLE"),
    (&["CREATE", "ROLE"], "CREATE ROLE"),
    (&["CREATE"], "CREATE"),
    (&["DROP", "MATERIALIZED", "VIEW"], "DROP MATERIALIZED VIEW"),
    (&["DROP", "SCHEMA"], "DROP SCHEMA"),
    (&["DROP", "TABLE"], "DROP TABLE"),
    (&["DROP", "ROLE"], "DROP ROLE"),
    (&["DROP"], "DROP"),
    (&["ALTER", "MATERIALIZED", "VIEW"], "ALTER MATERIALIZED VIEW"),
    (&["ALTER", "SCHEMA"], "ALTER SCHEMA"),
    (&["ALTER", "TABLE"], "ALTER TABLE"),
    (&["ALTER", "VIEW"], "ALTER VIEW"),
    (&["ALTER"], "ALTER"),
    (&["SHOW", "CREATE", "MATERIALIZED", "VIEW"], "SHOW CREATE MATERIALIZED VIEW"),
    (&["SHOW", "CREATE", "SCHEMA"], "SHOW CREATE SCHEMA"),
    (&["SHOW", "CREATE", "TABLE"], "SHOW CREATE TABLE"),
    (&["SHOW", "CATALOGS"], "SHOW CATALOGS"),
    (&["SHOW", "COLUMNS"], "SHOW COLUMNS"),
    (&["SHOW", "CURRENT", "ROLES"], "SHOW CURRENT ROLES"),
    (&["SHOW", "GRANTS"], "SHOW GRANTS"),
    (&["SHOW", "ROLE", "GRANTS"], "SHOW ROLE GRANTS"),
    (&["SHOW", "ROLES"], "SHOW ROLES"),
    (&["SHOW", "SCHEMAS"], "SHOW SCHEMAS"),
    (&["SHOW", "SESSION"], "SHOW SESSION"),
    (&["SHOW", "STATS"], "SHOW STATS"),
    (&["SHOW", "TABLES"], "SHOW TABLES"),
    (&["SHOW"], "SHOW"),
    (&["DESCRIBE", "INPUT"], "DESCRIBE INPUT"),
    (&["DESCRIBE", "OUTPUT"], "DESCRIBE OUTPUT"),
    (&["DESCRIBE"], "DESCRIBE"),
    (&["DESC"], "DESC"),
    (&["SET", "PATH"], "SET PATH"),
    (&["SET", "ROLE"], "SET ROLE"),
    (&["SET", "SESSION"], "SET SESSION"),
    (&["SET", "TIME", "ZONE"], "SET TIME ZONE"),
    (&["SET"], "SET"),
    (&["RESET", "SESSION"], "RESET SESSION"),
    (&["REFRESH", "MATERIALIZED", "VIEW"], "REFRESH MATERIALIZED VIEW"),
    (&["START", "TRANSACTION"], "START TRANSACTION"),
    (&["TRUNCATE", "TABLE"], "TRUNCATE TABLE"),
    (&["ANALYZE"], "ANALYZE"),
    (&["CALL"], "CALL"),
    (&["COMMENT"], "COMMENT"),
    (&["COMMIT"], "COMMIT"),
    (&["DENY"], "DENY"),
    (&["GRANT"], "GRANT"),
    (&["REVOKE"], "REVOKE"),
    (&["ROLLBACK"], "ROLLBACK"),
    (&["USE"], "USE"),
];

impl Parser<'_> {
    /// Reads a statement.
    pub fn statement(&mut self) -> Parsed<Statement> {
        self.nested(|parser| {
            let (location, start) = (parser.location(), parser.start());
            let before = parser.parameter_count;
            let kind = parser.statement_kind()?;
            Ok(Statement { kind, location, span: parser.span_from(start), parameter_count: parser.parameter_count - before })
        })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        match (self.token().word, self.ahead(1).word) {
            ("SELECT" | "WITH" | "VALUES" | "TABLE" | "(", _) => Ok(StatementKind::Query(Box::new(self.query()?))),
            ("EXPLAIN", _) => self.explain(),
            ("CREATE", "TABLE") if self.is_create_table_as() => self.create_table_as(),
            ("CREATE", "VIEW") => self.create_view(),
            ("CREATE", "OR") if self.is_sequence(&["CREATE", "OR", "REPLACE", "VIEW"]) => self.create_view(),
            ("INSERT", _) => self.insert(),
            ("UNLOAD", _) => self.unload(),
            ("DELETE", _) => self.delete(),
            ("UPDATE", _) => self.update(),
            ("MERGE", _) => self.merge(),
            ("DROP", "VIEW") => self.drop_view(),
            ("SHOW", "FUNCTIONS") => {
                self.at += 2;
                let (pattern, escape) = self.like_pattern()?;
                Ok(StatementKind::ShowFunctions { pattern, escape })
            }
            ("SHOW", "CREATE") if self.ahead(2).is("VIEW") => {
                self.at += 3;
                Ok(StatementKind::ShowCreateView(self.qualified_name()?))
            }
            ("PREPARE", _) => self.prepare(),
            ("EXECUTE", _) => self.execute(),
            ("DEALLOCATE", _) => {
                self.expect_sequence(&["DEALLOCATE", "PREPARE"])?;
                Ok(StatementKind::Deallocate(self.identifier()?))
            }
            ("OPTIMIZE", _) => self.optimize(),
            ("VACUUM", _) => {
                self.advance();
                Ok(StatementKind::Vacuum(self.qualified_name()?))
            }
            ("USING", "EXTERNAL") => self.using_external_function(),
            ("ALTER", "VIEW") if self.is_dialect_change() => self.alter_view_dialect(),
            _ => self.other_statement(),
        }
    }

    /// Whether the `ALTER VIEW` here is about a dialect: what follows the view's name tells.
    fn is_dialect_change(&self) -> bool {
        let mut distance = 2;
        while self.ahead(distance).is_identifier() && self.ahead(distance + 1).is(".") {
            distance += 2;
        }
        let (first, second) = (self.ahead(distance + 1), self.ahead(distance + 2));
        match first.word {
            "DIALECT" | "FORCE" => true,
            "ADD" | "UPDATE" | "DROP" => second.is("DIALECT"),
            _ => false,
        }
    }

    /// Reads `ALTER VIEW v [FORCE] [ADD | UPDATE] DIALECT AS query` or `ALTER VIEW v DROP DIALECT`. Ref: Athena user guide, "ALTER VIEW DIALECT".
    fn alter_view_dialect(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["ALTER", "VIEW"])?;
        self.qualified_name()?;
        if self.accept("DROP") {
            self.expect("DIALECT")?;
        } else {
            self.accept("FORCE");
            if !self.accept("ADD") {
                self.accept("UPDATE");
            }
            self.expect("DIALECT")?;
            self.expect("AS")?;
            self.query()?;
        }
        Ok(StatementKind::Other { kind: "ALTER VIEW DIALECT" })
    }

    /// Recognises any other statement of the grammar up to the end of the text.
    fn other_statement(&mut self) -> Parsed<StatementKind> {
        let Some((_, kind)) = OTHER_STATEMENTS.iter().find(|(words, _)| self.is_sequence(words)) else {
            return self.unexpected();
        };
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        if let Err(offset) = expected::recognize(rest, StartRule::Statement) {
            self.check_names(self.at + offset)?;
            self.at += offset;
            return self.unexpected();
        }
        self.check_names(self.tokens.len())?;
        self.at = self.tokens.len() - 1;
        Ok(StatementKind::Other { kind })
    }

    /// Refuses the first name before token `end` that is read only to be refused.
    fn check_names(&mut self, end: usize) -> Parsed<()> {
        let start = self.at;
        while self.at < end {
            if self.token().is_identifier() {
                self.identifier()?;
            } else {
                self.at += 1;
            }
        }
        self.at = start;
        Ok(())
    }

    fn explain(&mut self) -> Parsed<StatementKind> {
        self.expect("EXPLAIN")?;
        let is_analyze = self.is("ANALYZE") && !(self.ahead(1).is_identifier() && self.is_analyze_statement());
        if is_analyze {
            self.advance();
        }
        let is_verbose = is_analyze && self.accept("VERBOSE");
        // Athena takes a FORMAT after ANALYZE, Trino 401 does not. Ref: Athena user guide, "EXPLAIN ANALYZE syntax".
        let has_options = self.is("(") && matches!((self.ahead(1).word, is_analyze), ("FORMAT", _) | ("TYPE", false));
        let options = if has_options { self.parenthesized(Self::explain_option)? } else { Vec::new() };
        let statement = Box::new(self.statement()?);
        Ok(StatementKind::Explain(Explain { is_analyze, is_verbose, options, statement }))
    }

    /// Whether `ANALYZE` here is the statement of that name: a name follows that begins no statement.
    fn is_analyze_statement(&self) -> bool {
        let next = self.ahead(1);
        if next.is("VERBOSE") {
            // A table may have that name; what is explained then follows.
            let after = self.ahead(2);
            return after.kind == TokenKind::End || after.is(".") || (after.is("WITH") && self.ahead(3).is("("));
        }
        let begins_statement = OTHER_STATEMENTS.iter().any(|(words, _)| words.first().is_some_and(|word| next.is(word)))
            || matches!(next.word, "EXPLAIN" | "MERGE" | "UPDATE" | "UNLOAD");
        !begins_statement
    }

    fn explain_option(&mut self) -> Parsed<ExplainOption> {
        let location = self.location();
        let is_format = self.accept("FORMAT");
        if !is_format {
            self.expect("TYPE")?;
        }
        let value = self.token().word;
        let is_known = if is_format {
            matches!(value, "TEXT" | "GRAPHVIZ" | "JSON")
        } else {
            matches!(value, "LOGICAL" | "DISTRIBUTED" | "VALIDATE" | "IO")
        };
        if !is_known {
            return self.unexpected();
        }
        self.advance();
        Ok(if is_format { ExplainOption::Format(value, location) } else { ExplainOption::Type(value, location) })
    }

    /// Whether the `CREATE TABLE` here has no column types: names alone, or no parenthesis before `AS`.
    fn is_create_table_as(&self) -> bool {
        let mut index = self.at + 2;
        if self.token_at(index).is("IF") && self.token_at(index + 1).is("NOT") {
            index += 3;
        }
        while self.token_at(index).is_identifier() && self.token_at(index + 1).is(".") {
            index += 2;
        }
        index += 1;
        if !self.token_at(index).is("(") {
            return matches!(self.token_at(index).word, "AS" | "WITH" | "COMMENT");
        }
        loop {
            index += 1;
            if !self.token_at(index).is_identifier() {
                return false;
            }
            index += 1;
            if !self.token_at(index).is(",") {
                break;
            }
        }
        self.token_at(index).is(")") && matches!(self.token_at(index + 1).word, "AS" | "WITH" | "COMMENT")
    }

    fn create_table_as(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["CREATE", "TABLE"])?;
        let if_not_exists = self.accept_sequence(&["IF", "NOT", "EXISTS"]);
        let name = self.qualified_name()?;
        let column_names = if self.is("(") { Some(self.column_aliases()?) } else { None };
        let comment = self.comment()?;
        let properties = self.with_properties()?;
        self.expect("AS")?;
        let query = if self.is_sequence(&["(", "WITH"]) {
            self.advance();
            let query = self.query()?;
            self.expect(")")?;
            query
        } else {
            self.query()?
        };
        let with_data = if self.accept("WITH") {
            let is_no = self.accept("NO");
            self.expect("DATA")?;
            !is_no
        } else {
            true
        };
        Ok(StatementKind::CreateTableAsSelect(Box::new(CreateTableAsSelect {
            name,
            if_not_exists,
            column_names,
            comment,
            properties,
            query,
            with_data,
        })))
    }

    fn create_view(&mut self) -> Parsed<StatementKind> {
        self.expect("CREATE")?;
        let is_replace = self.accept_sequence(&["OR", "REPLACE"]);
        self.expect("VIEW")?;
        let name = self.qualified_name()?;
        let comment = self.comment()?;
        let security = if !self.accept("SECURITY") {
            None
        } else if self.accept("DEFINER") {
            Some(ViewSecurity::Definer)
        } else {
            self.expect("INVOKER")?;
            Some(ViewSecurity::Invoker)
        };
        self.expect("AS")?;
        let query = self.query()?;
        Ok(StatementKind::CreateView(Box::new(CreateView { name, is_replace, comment, security, query })))
    }

    fn drop_view(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["DROP", "VIEW"])?;
        let if_exists = self.accept_sequence(&["IF", "EXISTS"]);
        Ok(StatementKind::DropView { name: self.qualified_name()?, if_exists })
    }

    fn insert(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["INSERT", "INTO"])?;
        let target = self.qualified_name()?;
        let columns = if self.is("(") && self.ahead(1).is_identifier() { Some(self.column_aliases()?) } else { None };
        let query = self.query()?;
        Ok(StatementKind::Insert(Box::new(Insert { target, columns, query })))
    }

    fn unload(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["UNLOAD", "("])?;
        let query = self.query()?;
        self.expect_sequence(&[")", "TO"])?;
        let location = self.string()?;
        let properties = self.with_properties()?;
        Ok(StatementKind::Unload(Box::new(Unload { query, location, properties })))
    }

    fn delete(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["DELETE", "FROM"])?;
        let table = self.qualified_name()?;
        let where_clause = if self.accept("WHERE") { Some(self.expression()?) } else { None };
        Ok(StatementKind::Delete(Delete { table, where_clause }))
    }

    fn update(&mut self) -> Parsed<StatementKind> {
        self.expect("UPDATE")?;
        let table = self.qualified_name()?;
        self.expect("SET")?;
        let assignments = self.comma_separated(Self::update_assignment)?;
        let where_clause = if self.accept("WHERE") { Some(self.expression()?) } else { None };
        Ok(StatementKind::Update(Update { table, assignments, where_clause }))
    }

    fn merge(&mut self) -> Parsed<StatementKind> {
        self.expect_sequence(&["MERGE", "INTO"])?;
        let target = self.qualified_name()?;
        let target_alias = self.alias()?;
        self.expect("USING")?;
        let source = self.relation()?;
        self.expect("ON")?;
        let condition = self.expression()?;
        let mut cases = vec![self.merge_case()?];
        while self.is("WHEN") {
            cases.push(self.merge_case()?);
        }
        Ok(StatementKind::Merge(Box::new(Merge { target, target_alias, source, condition, cases })))
    }

    fn merge_case(&mut self) -> Parsed<MergeCase> {
        let location = self.location();
        self.expect("WHEN")?;
        let is_matched = !self.accept("NOT");
        self.expect("MATCHED")?;
        let condition = if self.accept("AND") { Some(self.expression()?) } else { None };
        self.expect("THEN")?;
        let action = if !is_matched {
            self.expect("INSERT")?;
            let columns = if self.is("(") { self.column_aliases()? } else { Vec::new() };
            self.expect("VALUES")?;
            MergeAction::Insert { columns, values: self.parenthesized(Self::expression)? }
        } else if self.accept("DELETE") {
            MergeAction::Delete
        } else {
            self.expect_sequence(&["UPDATE", "SET"])?;
            MergeAction::Update(self.comma_separated(Self::update_assignment)?)
        };
        Ok(MergeCase { is_matched, condition, action, location })
    }

    fn prepare(&mut self) -> Parsed<StatementKind> {
        self.expect("PREPARE")?;
        let name = self.identifier()?;
        self.expect("FROM")?;
        let statement = Box::new(self.statement()?);
        Ok(StatementKind::Prepare { name, statement })
    }

    fn execute(&mut self) -> Parsed<StatementKind> {
        self.expect("EXECUTE")?;
        let name = self.identifier()?;
        let parameters = if self.accept("USING") { self.comma_separated(Self::expression)? } else { Vec::new() };
        Ok(StatementKind::Execute { name, parameters })
    }

    fn optimize(&mut self) -> Parsed<StatementKind> {
        self.expect("OPTIMIZE")?;
        let table = self.qualified_name()?;
        self.expect_sequence(&["REWRITE", "DATA", "USING", "BIN_PACK"])?;
        let where_clause = if self.accept("WHERE") { Some(self.expression()?) } else { None };
        Ok(StatementKind::Optimize(Optimize { table, where_clause }))
    }

    fn using_external_function(&mut self) -> Parsed<StatementKind> {
        self.expect("USING")?;
        let functions = self.comma_separated(|parser| {
            parser.expect_sequence(&["EXTERNAL", "FUNCTION"])?;
            let name = parser.identifier()?;
            parser.expect("(")?;
            if !parser.is(")") {
                parser.comma_separated(|parser| {
                    parser.identifier()?;
                    parser.data_type()
                })?;
            }
            parser.expect_sequence(&[")", "RETURNS"])?;
            parser.data_type()?;
            parser.expect("LAMBDA")?;
            parser.string()?;
            Ok(name)
        })?;
        let query = Box::new(self.query()?);
        Ok(StatementKind::UsingExternalFunction { functions, query })
    }
}
