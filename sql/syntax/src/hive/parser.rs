//! How does Hive-style text become a tree? Recursive descent over its own tokens. Ref: Athena user guide, "DDL statements".
//!
//! A statement this grammar does not take is handed to the Trino grammar, whose error is then the one reported, unless
//! the statement can only be Hive's: then it is `no viable alternative at input '…'`, as measured.

use super::ast::{
    AlterAction, Buckets, ColumnDefinition, ColumnPosition, CreateTable, DescribeStyle, Name, PartitionField, PartitionSpec, Properties,
    RowFormat, Statement, StoredAs,
};
use super::tokens::{Token, TokenKind, tokenize};

/// Why a text is not a Hive-style statement: where reading stopped, as byte offsets of the token that did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub start: usize,
    pub end: usize,
    /// The whole text of the refusal, where it is not for the other grammar to find one.
    pub refusal: Option<String>,
}

/// Nesting of a column's type past which the text is refused. Basis: inferred; Glue's own types stay far below.
const TYPE_DEPTH_MAX: usize = 200;

/// Parses one statement. `Err` tells where the text left the grammar.
pub fn parse(text: &str) -> Result<Statement, Mismatch> {
    let tokens = tokenize(text).map_err(|start| Mismatch { start, end: text.len(), refusal: None })?;
    let mut parser = Parser { tokens: &tokens, text, position: 0 };
    let statement = parser.statement()?;
    parser.end()?;
    Ok(statement)
}

type Parse<T> = Result<T, Mismatch>;

struct Parser<'a> {
    tokens: &'a [Token],
    text: &'a str,
    position: usize,
}

impl Parser<'_> {
    fn statement(&mut self) -> Parse<Statement> {
        if self.eat("CREATE") {
            if self.eat_any(&["DATABASE", "SCHEMA"]) {
                return self.create_database();
            }
            let is_external = self.eat("EXTERNAL");
            self.expect("TABLE")?;
            return self.create_table(is_external);
        }
        if self.eat("DROP") {
            return if self.eat_any(&["DATABASE", "SCHEMA"]) { self.drop_database() } else { self.drop_table() };
        }
        if self.eat("ALTER") {
            return if self.eat_any(&["DATABASE", "SCHEMA"]) { self.alter_database() } else { self.alter_table() };
        }
        if self.eat("MSCK") {
            self.expect("REPAIR")?;
            self.expect("TABLE")?;
            return Ok(Statement::RepairTable { name: self.name()? });
        }
        if self.eat("SHOW") {
            return self.show();
        }
        if self.eat_any(&["DESCRIBE", "DESC"]) {
            return self.describe();
        }
        Err(self.mismatch())
    }

    fn create_database(&mut self) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.identifier()?;
        let (mut comment, mut location, mut properties) = (None, None, Vec::new());
        loop {
            if self.eat("COMMENT") {
                comment = Some(self.string()?);
            } else if self.eat("LOCATION") {
                location = Some(self.string()?);
            } else if self.eat("WITH") {
                self.expect("DBPROPERTIES")?;
                properties = self.properties()?;
            } else {
                return Ok(Statement::CreateDatabase { name, if_not_exists, comment, location, properties });
            }
        }
    }

    fn drop_database(&mut self) -> Parse<Statement> {
        let if_exists = self.if_exists()?;
        let name = self.identifier()?;
        let is_cascade = self.eat("CASCADE");
        if !is_cascade {
            self.eat("RESTRICT");
        }
        Ok(Statement::DropDatabase { name, if_exists, is_cascade })
    }

    fn alter_database(&mut self) -> Parse<Statement> {
        let name = self.identifier()?;
        self.expect("SET")?;
        self.expect("DBPROPERTIES")?;
        Ok(Statement::AlterDatabaseProperties { name, properties: self.properties()? })
    }

    fn drop_table(&mut self) -> Parse<Statement> {
        self.expect("TABLE")?;
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        self.eat("PURGE");
        Ok(Statement::DropTable { name, if_exists })
    }

    fn create_table(&mut self, is_external: bool) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let mut table = CreateTable {
            name: self.name()?,
            is_external,
            if_not_exists,
            columns: Vec::new(),
            comment: None,
            partitioned_by: Vec::new(),
            bucketed_by: None,
            row_format: None,
            stored_as: None,
            location: None,
            properties: Vec::new(),
        };
        if self.symbol("(") {
            table.columns = self.comma_separated(Self::column_definition)?;
            self.expect_symbol(")")?;
        }
        loop {
            if self.eat("COMMENT") {
                table.comment = Some(self.string()?);
            } else if self.eat("PARTITIONED") {
                self.expect("BY")?;
                self.expect_symbol("(")?;
                table.partitioned_by = self.comma_separated(Self::partition_field)?;
                self.expect_symbol(")")?;
            } else if self.eat("CLUSTERED") {
                self.expect("BY")?;
                table.bucketed_by = Some(self.buckets()?);
            } else if self.eat("ROW") {
                self.expect("FORMAT")?;
                table.row_format = Some(self.row_format()?);
            } else if self.eat("STORED") {
                self.expect("AS")?;
                table.stored_as = Some(self.stored_as()?);
            } else if self.eat("WITH") {
                // Hive takes SERDEPROPERTIES after STORED AS too.
                self.expect("SERDEPROPERTIES")?;
                let more = self.properties()?;
                match &mut table.row_format {
                    Some(RowFormat::SerDe { properties, .. }) => properties.extend(more),
                    Some(RowFormat::Delimited { .. }) | None => return Err(self.mismatch()),
                }
            } else if self.eat("LOCATION") {
                table.location = Some(self.string()?);
            } else if self.eat("TBLPROPERTIES") {
                table.properties = self.properties()?;
            } else {
                return Ok(Statement::CreateTable(Box::new(table)));
            }
        }
    }

    fn column_definition(&mut self) -> Parse<ColumnDefinition> {
        let name = self.identifier()?;
        let type_text = self.data_type(0)?;
        let comment = if self.eat("COMMENT") { Some(self.string()?) } else { None };
        Ok(ColumnDefinition { name, type_text, comment })
    }

    fn partition_field(&mut self) -> Parse<PartitionField> {
        let is_bare_end = |token: &Token| token.kind == TokenKind::Symbol && (token.text == "," || token.text == ")");
        let next = self.tokens.get(self.position + 1);
        if next.is_some_and(is_bare_end) {
            return Ok(PartitionField::Column(self.identifier()?));
        }
        if self.peek().kind == TokenKind::Word && next.is_some_and(|token| token.kind == TokenKind::Symbol && token.text == "(") {
            let function = self.identifier()?;
            self.expect_symbol("(")?;
            let argument = if self.peek().kind == TokenKind::Number {
                let number = self.number()?;
                self.expect_symbol(",")?;
                Some(number)
            } else {
                None
            };
            let column = self.identifier()?;
            self.expect_symbol(")")?;
            return Ok(PartitionField::Transform { function, argument, column });
        }
        Ok(PartitionField::Key(self.column_definition()?))
    }

    fn buckets(&mut self) -> Parse<Buckets> {
        self.expect_symbol("(")?;
        let columns = self.comma_separated(Self::identifier)?;
        self.expect_symbol(")")?;
        self.expect("INTO")?;
        let count = self.number()?;
        self.expect("BUCKETS")?;
        Ok(Buckets { columns, count })
    }

    fn row_format(&mut self) -> Parse<RowFormat> {
        if self.eat("SERDE") {
            let class = self.string()?;
            let properties = if self.eat("WITH") {
                self.expect("SERDEPROPERTIES")?;
                self.properties()?
            } else {
                Vec::new()
            };
            return Ok(RowFormat::SerDe { class, properties });
        }
        self.expect("DELIMITED")?;
        let (mut field, mut escape, mut collection_item, mut map_key, mut line, mut null) = (None, None, None, None, None, None);
        loop {
            if self.eat("FIELDS") {
                field = Some(self.terminated_by()?);
                if self.eat("ESCAPED") {
                    self.expect("BY")?;
                    escape = Some(self.string()?);
                }
            } else if self.eat("ESCAPED") {
                self.expect("BY")?;
                escape = Some(self.string()?);
            } else if self.eat("COLLECTION") {
                self.expect("ITEMS")?;
                collection_item = Some(self.terminated_by()?);
            } else if self.eat("MAP") {
                self.expect("KEYS")?;
                map_key = Some(self.terminated_by()?);
            } else if self.eat("LINES") {
                line = Some(self.terminated_by()?);
            } else if self.eat("NULL") {
                self.expect("DEFINED")?;
                self.expect("AS")?;
                null = Some(self.string()?);
            } else {
                return Ok(RowFormat::Delimited { field, escape, collection_item, map_key, line, null });
            }
        }
    }

    fn terminated_by(&mut self) -> Parse<String> {
        self.expect("TERMINATED")?;
        self.expect("BY")?;
        self.string()
    }

    fn stored_as(&mut self) -> Parse<StoredAs> {
        if self.eat("INPUTFORMAT") {
            let input_format = self.string()?;
            self.expect("OUTPUTFORMAT")?;
            return Ok(StoredAs::Classes { input_format, output_format: self.string()? });
        }
        Ok(StoredAs::Format(self.identifier()?.to_uppercase()))
    }

    fn alter_table(&mut self) -> Parse<Statement> {
        self.expect("TABLE")?;
        let name = self.name()?;
        let action = self.alter_action()?;
        Ok(Statement::AlterTable { name, action })
    }

    fn alter_action(&mut self) -> Parse<AlterAction> {
        if self.eat("ADD") {
            return if self.peek_is("COLUMNS") { self.add_columns(None) } else { self.add_partitions() };
        }
        if self.eat("DROP") {
            if self.eat("COLUMN") {
                return Ok(AlterAction::DropColumn { column: self.identifier()? });
            }
            let if_exists = self.if_exists()?;
            let partitions = self.comma_separated(Self::partition_spec)?;
            return Ok(AlterAction::DropPartitions { if_exists, partitions });
        }
        if self.eat("RENAME") {
            self.expect("TO")?;
            return Ok(AlterAction::Rename { to: self.name()? });
        }
        if self.eat("SET") {
            if self.eat("LOCATION") {
                return Ok(AlterAction::SetLocation { partition: None, location: self.string()? });
            }
            self.expect("TBLPROPERTIES")?;
            return Ok(AlterAction::SetProperties(self.properties()?));
        }
        if self.eat("UNSET") {
            self.expect("TBLPROPERTIES")?;
            let if_exists = self.if_exists()?;
            self.expect_symbol("(")?;
            let keys = self.comma_separated(Self::string)?;
            self.expect_symbol(")")?;
            return Ok(AlterAction::UnsetProperties { if_exists, keys });
        }
        if self.eat("REPLACE") {
            return self.replace_columns(None);
        }
        if self.eat("CHANGE") {
            self.eat("COLUMN");
            let from = self.identifier()?;
            let to = self.column_definition()?;
            let position = if self.eat("FIRST") {
                Some(ColumnPosition::First)
            } else if self.eat("AFTER") {
                Some(ColumnPosition::After(self.identifier()?))
            } else {
                None
            };
            return Ok(AlterAction::ChangeColumn { from, to, position });
        }
        let spec = self.partition_spec()?;
        if self.eat("RENAME") {
            self.expect("TO")?;
            return Ok(AlterAction::RenamePartition { from: spec, to: self.partition_spec()? });
        }
        if self.eat("SET") {
            self.expect("LOCATION")?;
            return Ok(AlterAction::SetLocation { partition: Some(spec), location: self.string()? });
        }
        if self.eat("ADD") {
            return self.add_columns(Some(spec));
        }
        self.expect("REPLACE")?;
        self.replace_columns(Some(spec))
    }

    fn add_columns(&mut self, partition: Option<PartitionSpec>) -> Parse<AlterAction> {
        Ok(AlterAction::AddColumns { partition, columns: self.column_list()? })
    }

    fn replace_columns(&mut self, partition: Option<PartitionSpec>) -> Parse<AlterAction> {
        Ok(AlterAction::ReplaceColumns { partition, columns: self.column_list()? })
    }

    fn column_list(&mut self) -> Parse<Vec<ColumnDefinition>> {
        self.expect("COLUMNS")?;
        self.expect_symbol("(")?;
        let columns = self.comma_separated(Self::column_definition)?;
        self.expect_symbol(")")?;
        Ok(columns)
    }

    fn add_partitions(&mut self) -> Parse<AlterAction> {
        let if_not_exists = self.if_not_exists()?;
        let mut partitions = Vec::new();
        while self.peek_is("PARTITION") || partitions.is_empty() {
            let spec = self.partition_spec()?;
            let location = if self.eat("LOCATION") { Some(self.string()?) } else { None };
            partitions.push((spec, location));
        }
        Ok(AlterAction::AddPartitions { if_not_exists, partitions })
    }

    fn partition_spec(&mut self) -> Parse<PartitionSpec> {
        self.expect("PARTITION")?;
        self.expect_symbol("(")?;
        let spec = self.comma_separated(|parser| {
            let key = parser.identifier()?;
            parser.expect_symbol("=")?;
            Ok((key, parser.partition_value()?))
        })?;
        self.expect_symbol(")")?;
        Ok(spec)
    }

    /// A quoted string or a bare number, its sign included; `DATE '…'` gives the text.
    fn partition_value(&mut self) -> Parse<String> {
        self.eat("DATE");
        let is_negative = self.symbol("-");
        if self.peek().kind == TokenKind::Number {
            let text = self.advance();
            return Ok(if is_negative { format!("-{text}") } else { text });
        }
        self.string()
    }

    fn show(&mut self) -> Parse<Statement> {
        if self.eat_any(&["DATABASES", "SCHEMAS"]) {
            let pattern = if self.eat("LIKE") { Some(self.string()?) } else { None };
            return Ok(Statement::ShowDatabases { pattern });
        }
        if self.eat("TABLES") {
            let (database, pattern) = self.in_database_like()?;
            return Ok(Statement::ShowTables { database, pattern });
        }
        if self.eat("VIEWS") {
            let (database, pattern) = self.in_database_like()?;
            return Ok(Statement::ShowViews { database, pattern });
        }
        if self.eat("COLUMNS") {
            if !self.eat_any(&["FROM", "IN"]) {
                return Err(self.mismatch());
            }
            let mut name = self.name()?;
            if self.eat_any(&["FROM", "IN"]) {
                name.database = Some(self.identifier()?);
            }
            return Ok(Statement::ShowColumns { name });
        }
        if self.eat("PARTITIONS") {
            let name = self.name()?;
            let partition = if self.peek_is("PARTITION") { Some(self.partition_spec()?) } else { None };
            return Ok(Statement::ShowPartitions { name, partition });
        }
        if self.eat("TBLPROPERTIES") {
            let name = self.name()?;
            let property = if self.symbol("(") {
                let property = self.string()?;
                self.expect_symbol(")")?;
                Some(property)
            } else {
                None
            };
            return Ok(Statement::ShowTableProperties { name, property });
        }
        self.expect("CREATE")?;
        self.expect("TABLE")?;
        Ok(Statement::ShowCreateTable { name: self.name()? })
    }

    fn in_database_like(&mut self) -> Parse<(Option<String>, Option<String>)> {
        let database = if self.eat_any(&["IN", "FROM"]) { Some(self.identifier()?) } else { None };
        let has_like = self.eat("LIKE");
        let is_string = matches!(self.peek().kind, TokenKind::SingleQuoted | TokenKind::DoubleQuoted);
        let pattern = if has_like || is_string { Some(self.string()?) } else { None };
        Ok((database, pattern))
    }

    fn describe(&mut self) -> Parse<Statement> {
        let next_ends = self.tokens.get(self.position + 1).is_none_or(|token| token.kind == TokenKind::End);
        let style = if next_ends {
            DescribeStyle::Plain
        } else if self.eat("EXTENDED") {
            DescribeStyle::Extended
        } else if self.eat("FORMATTED") {
            DescribeStyle::Formatted
        } else {
            DescribeStyle::Plain
        };
        let is_of_prepared = style == DescribeStyle::Plain && (self.peek_is("INPUT") || self.peek_is("OUTPUT"));
        let name = self.name()?;
        // Trino's DESCRIBE INPUT and OUTPUT of a prepared statement. Ref: measured, refused at start.
        if is_of_prepared && name.database.is_none() && self.peek().kind == TokenKind::Word && !self.peek_is("PARTITION") {
            return Err(self.mismatch());
        }
        let partition = if self.peek_is("PARTITION") { Some(self.partition_spec()?) } else { None };
        let column = if self.peek().kind == TokenKind::End { None } else { Some(self.identifier()?) };
        Ok(Statement::Describe { name, style, partition, column })
    }

    /// A Hive type as text: `array<struct<a:int,b:string>>`, `decimal(10,2)`.
    fn data_type(&mut self, depth: usize) -> Parse<String> {
        if depth > TYPE_DEPTH_MAX || self.peek().kind != TokenKind::Word {
            return Err(self.mismatch());
        }
        let mut text = self.advance().to_lowercase();
        if text == "double" {
            self.eat("PRECISION");
        }
        // Athena's DDL spells it `int`; the other spelling belongs to queries.
        if text == "integer" {
            self.position -= 1;
            return Err(self.mismatch());
        }
        if self.symbol("(") {
            let arguments = self.comma_separated(|parser| parser.number())?;
            self.expect_symbol(")")?;
            text.push('(');
            text.push_str(&arguments.iter().map(u32::to_string).collect::<Vec<_>>().join(","));
            text.push(')');
        } else if self.symbol("<") {
            let is_struct = text == "struct";
            let inner = self.comma_separated(|parser| {
                if !is_struct {
                    return parser.data_type(depth + 1);
                }
                let field = parser.identifier()?;
                parser.expect_symbol(":")?;
                let field_type = parser.data_type(depth + 1)?;
                if parser.eat("COMMENT") {
                    parser.string()?;
                }
                Ok(format!("{field}:{field_type}"))
            })?;
            self.expect_symbol(">")?;
            text.push('<');
            text.push_str(&inner.join(","));
            text.push('>');
        }
        Ok(text)
    }

    /// `t`, `db.t`, `catalog.db.t`.
    fn name(&mut self) -> Parse<Name> {
        let mut parts = vec![self.identifier()?];
        while self.symbol(".") {
            parts.push(self.identifier()?);
        }
        if parts.len() > 3 {
            // Ref: measured, a name of four parts.
            return Err(Mismatch { refusal: Some(format!("Invalid table name {}", parts.join("."))), ..self.mismatch() });
        }
        let table = parts.pop().ok_or_else(|| self.mismatch())?;
        let database = parts.pop();
        Ok(Name { catalog: parts.pop(), database, table })
    }

    /// A bare or backticked name, folded to lower case.
    fn identifier(&mut self) -> Parse<String> {
        match self.peek().kind {
            TokenKind::Word | TokenKind::Backticked if !self.peek().text.is_empty() => Ok(self.advance().to_lowercase()),
            _ => Err(self.mismatch()),
        }
    }

    fn string(&mut self) -> Parse<String> {
        match self.peek().kind {
            TokenKind::SingleQuoted | TokenKind::DoubleQuoted => Ok(self.advance()),
            _ => Err(self.mismatch()),
        }
    }

    fn number(&mut self) -> Parse<u32> {
        let token = self.peek();
        let value = if token.kind == TokenKind::Number { token.text.parse().ok() } else { None };
        let value = value.ok_or_else(|| self.mismatch())?;
        self.position += 1;
        Ok(value)
    }

    /// `('k' = 'v', …)`; a value may also be a bare number or word.
    fn properties(&mut self) -> Parse<Properties> {
        self.expect_symbol("(")?;
        let properties = self.comma_separated(|parser| {
            let key = match parser.peek().kind {
                TokenKind::Word => parser.advance(),
                _ => parser.string()?,
            };
            parser.expect_symbol("=")?;
            let value = match parser.peek().kind {
                TokenKind::Number | TokenKind::Word => parser.advance(),
                _ => parser.string()?,
            };
            Ok((key, value))
        })?;
        self.expect_symbol(")")?;
        Ok(properties)
    }

    fn comma_separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn if_not_exists(&mut self) -> Parse<bool> {
        let found = self.eat("IF");
        if found {
            self.expect("NOT")?;
            self.expect("EXISTS")?;
        }
        Ok(found)
    }

    fn if_exists(&mut self) -> Parse<bool> {
        let found = self.eat("IF");
        if found {
            self.expect("EXISTS")?;
        }
        Ok(found)
    }

    fn end(&mut self) -> Parse<()> {
        if self.peek().kind == TokenKind::End { Ok(()) } else { Err(self.mismatch()) }
    }

    fn peek(&self) -> &Token {
        // The last token is `End`, and nothing moves past it.
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    fn peek_is(&self, keyword: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(keyword)
    }

    fn eat(&mut self, keyword: &str) -> bool {
        let found = self.peek_is(keyword);
        if found {
            self.position += 1;
        }
        found
    }

    fn eat_any(&mut self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.eat(keyword))
    }

    fn expect(&mut self, keyword: &str) -> Parse<()> {
        if self.eat(keyword) { Ok(()) } else { Err(self.mismatch()) }
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let token = self.peek();
        let found = token.kind == TokenKind::Symbol && token.text == symbol;
        if found {
            self.position += 1;
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Parse<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.mismatch()) }
    }

    /// Moves past the token and gives what it says.
    fn advance(&mut self) -> String {
        let text = self.peek().text.clone();
        if self.peek().kind != TokenKind::End {
            self.position += 1;
        }
        text
    }

    fn mismatch(&self) -> Mismatch {
        let token = self.peek();
        Mismatch { start: token.start, end: token.end.min(self.text.len()), refusal: None }
    }
}
