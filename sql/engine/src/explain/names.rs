//! What is a column of the plan called? Trino's names for the symbols of the IR, one name each. Ref: Trino 401 `SymbolAllocator`.
//!
//! A table column keeps its name, a call is called after its function, anything else is `expr`; a name that is taken gets a number.

use std::collections::{HashMap, HashSet};

use arrow::datatypes::{DataType, TimeUnit};

use super::node::PlanSymbol;
use crate::ir::expr::Subquery;
use crate::ir::{Column, Expr, ExprKind, Query, Relation, Symbol};
use crate::lower::lowerer::name_of;
use crate::lower::rewrite::visit;
use crate::table::TableSource;

/// The names given so far, by the field names of DataFusion's plan.
#[derive(Debug, Default)]
pub(crate) struct Names {
    given: HashMap<String, PlanSymbol>,
    taken: HashSet<String>,
    next_number: usize,
    /// Tables whose rows are made up in memory: database, name and columns.
    memory_tables: Vec<(String, String, Vec<String>)>,
}

impl Names {
    /// Names for every symbol of an analysed query.
    pub(crate) fn of(query: &Query) -> Names {
        let mut names = Names::default();
        names.relation(&query.relation);
        names
    }

    /// The symbol of a column of DataFusion's plan.
    pub(crate) fn symbol(&mut self, field: &str, data_type: &DataType) -> PlanSymbol {
        if let Some(symbol) = self.given.get(field) {
            return symbol.clone();
        }
        let hint = match field.split_once('(') {
            Some((function, _)) if !function.is_empty() => function,
            _ => field,
        };
        let is_plain = hint.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && hint != "alias1";
        let hint = if is_plain { hint.to_owned() } else { "expr".to_owned() };
        self.give(field.to_owned(), &hint, type_name(data_type))
    }

    /// The table in memory that has these columns.
    pub(crate) fn memory_table(&self, columns: &[&str]) -> Option<(String, String)> {
        let has_all = |known: &[String]| !columns.is_empty() && columns.iter().all(|column| known.iter().any(|name| name == column));
        self.memory_tables.iter().find(|(_, _, known)| has_all(known)).map(|(database, name, _)| (database.clone(), name.clone()))
    }

    pub(crate) fn of_symbol(&self, symbol: Symbol) -> Option<PlanSymbol> {
        self.given.get(&name_of(symbol)).cloned()
    }

    fn give(&mut self, key: String, hint: &str, data_type: String) -> PlanSymbol {
        let mut name = hint.to_owned();
        while !self.taken.insert(name.clone()) {
            name = format!("{hint}_{}", self.next_number);
            self.next_number += 1;
        }
        let symbol = PlanSymbol { name, data_type };
        self.given.insert(key, symbol.clone());
        symbol
    }

    fn column(&mut self, column: &Column, hint: &str) {
        let key = name_of(column.symbol);
        if !self.given.contains_key(&key) {
            self.give(key, hint, column.data_type.to_string());
        }
    }

    fn assigned(&mut self, column: &Column, expr: &Expr) {
        self.subqueries(expr);
        if let ExprKind::Column(symbol) = &expr.kind
            && let Some(same) = self.of_symbol(*symbol)
        {
            // A column under another symbol stays what it is.
            self.given.entry(name_of(column.symbol)).or_insert(same);
            return;
        }
        let hint = match &expr.kind {
            ExprKind::Call { function, .. } if !function.name.starts_with('$') => function.name.to_string(),
            _ => "expr".to_owned(),
        };
        self.column(column, &hint);
    }

    fn subqueries(&mut self, expr: &Expr) {
        let mut found: Vec<Subquery> = Vec::new();
        visit(expr, &mut |node| {
            if let ExprKind::Subquery(subquery) = &node.kind {
                found.push(subquery.as_ref().clone());
            }
        });
        for subquery in &found {
            self.relation(&subquery.relation);
        }
    }

    fn relation(&mut self, relation: &Relation) {
        match relation {
            Relation::Values { columns, rows } => {
                rows.iter().flatten().for_each(|expr| self.subqueries(expr));
                columns.iter().for_each(|column| self.column(column, "field"));
            }
            Relation::Scan { table, columns } => {
                if !matches!(table.source, TableSource::Hive(_)) {
                    let known = table.columns.iter().map(|column| column.name.clone()).collect();
                    self.memory_tables.push((table.database.clone(), table.name.clone(), known));
                }
                for (column, index) in columns {
                    let hint = table.columns.get(*index).map_or("expr", |column| column.name.as_str());
                    self.column(column, hint);
                }
            }
            Relation::Filter { input, predicate } => {
                self.relation(input);
                self.subqueries(predicate);
            }
            Relation::Project { input, expressions } => {
                self.relation(input);
                expressions.iter().for_each(|(column, expr)| self.assigned(column, expr));
            }
            Relation::Join { left, right, condition, .. } | Relation::Lateral { left, right, condition, .. } => {
                self.relation(left);
                self.relation(right);
                condition.iter().for_each(|condition| self.subqueries(condition));
            }
            Relation::Unnest { input, items, ordinality, .. } => {
                self.relation(input);
                for item in items {
                    self.subqueries(&item.expr);
                    item.columns.iter().for_each(|column| self.column(column, "field"));
                }
                ordinality.iter().for_each(|column| self.column(column, "ordinality"));
            }
            Relation::Aggregate { input, groups, aggregates } => {
                self.relation(input);
                groups.keys.iter().for_each(|(column, expr)| self.assigned(column, expr));
                groups.grouping_id.iter().for_each(|column| self.column(column, "groupid"));
                for call in aggregates {
                    call.arguments.iter().for_each(|argument| self.subqueries(argument));
                    self.column(&call.output, call.function.name);
                }
            }
            Relation::Window { input, calls } => {
                self.relation(input);
                calls.iter().for_each(|call| self.column(&call.output, call.function.name));
            }
            Relation::Distinct { input }
            | Relation::Sort { input, .. }
            | Relation::Limit { input, .. }
            | Relation::Sample { input, .. } => {
                self.relation(input);
            }
            Relation::SetOperation { inputs, columns, .. } => {
                inputs.iter().for_each(|(input, _)| self.relation(input));
                let first = inputs.first().map(|(_, symbols)| symbols.clone()).unwrap_or_default();
                for (position, column) in columns.iter().enumerate() {
                    let hint = first.get(position).and_then(|symbol| self.of_symbol(*symbol));
                    self.column(column, &hint.map_or_else(|| "expr".to_owned(), |symbol| symbol.name));
                }
            }
            Relation::RecursiveUnion { columns, base, base_columns, step, .. } => {
                self.relation(base);
                for (column, symbol) in columns.iter().zip(base_columns) {
                    let hint = self.of_symbol(*symbol).map_or_else(|| "expr".to_owned(), |symbol| symbol.name);
                    self.column(column, &hint);
                }
                self.relation(step);
            }
            Relation::RecursiveReference { columns, .. } => columns.iter().for_each(|column| self.column(column, "expr")),
            Relation::PatternRecognition(recognition) => {
                self.relation(&recognition.input);
                recognition.columns.iter().for_each(|column| self.column(column, "expr"));
            }
        }
    }
}

/// The Trino type a physical form most likely holds, for columns the lowering made up.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "unknown".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 | DataType::UInt8 | DataType::UInt16 => "integer".to_owned(),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "bigint".to_owned(),
        DataType::Float16 | DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(TimeUnit::Second, _) => "timestamp(0)".to_owned(),
        DataType::Timestamp(TimeUnit::Millisecond, _) => "timestamp(3)".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => "timestamp(6)".to_owned(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => "timestamp(9)".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("array({})", type_name(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields.iter().map(|field| type_name(field.data_type())).collect();
            format!("row({})", fields.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                format!("map({}, {})", type_name(fields[0].data_type()), type_name(fields[1].data_type()))
            }
            _ => "map(unknown, unknown)".to_owned(),
        },
        DataType::Dictionary(_, value) => type_name(value),
        _ => "varbinary".to_owned(),
    }
}
