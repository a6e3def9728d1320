//! What does the lowering of one query carry along? Session, scans, fresh symbols and open recursions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Column as DfColumn, DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, Projection};
use owlake_functions::registry::SessionInfo;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use crate::error::EngineError;
use crate::ir::{Column, Query, Symbol};
use crate::scan::source::ScanContext;

/// Symbols made by the lowering start here; the analyzer's stay far below.
pub(super) const FIRST_FRESH_SYMBOL: u32 = 1 << 30;

/// The state of lowering one query.
pub struct Lowerer {
    pub session: Arc<SessionInfo>,
    pub scans: Arc<ScanContext>,
    /// Set when a plan holds something whose outcome differs from run to run.
    next_symbol: u32,
    next_scan: u32,
    /// Working tables of the recursions being lowered, by their id.
    pub(super) recursions: HashMap<u32, super::recursive::WorkTable>,
    /// Symbols that belong to an outer query where a subquery is being lowered; none may be left when it is.
    pub(super) outer: HashSet<Symbol>,
    /// How many levels the operand lowered last has, see [`super::expr`].
    pub(super) levels: usize,
}

impl Lowerer {
    pub fn new(session: Arc<SessionInfo>, scans: Arc<ScanContext>) -> Self {
        Lowerer {
            session,
            scans,
            next_symbol: FIRST_FRESH_SYMBOL,
            next_scan: 0,
            recursions: HashMap::new(),
            outer: HashSet::new(),
            levels: 0,
        }
    }

    /// The whole query: its relation, then a projection to the result's columns in order, named `c0`, `c1`, ….
    /// Errors: NOT_SUPPORTED for correlated subqueries that the reference refuses, and for what is not lowered yet.
    pub fn query(&mut self, query: &Query) -> Result<LogicalPlan, EngineError> {
        super::correlation::check(&query.relation)?;
        let plan = self.relation(&query.relation)?;
        let columns = query.columns.iter().enumerate().map(|(position, column)| column_of(column.symbol).alias(format!("c{position}")));
        project(plan, columns.collect())
    }

    pub(super) fn fresh_symbol(&mut self) -> Symbol {
        self.next_symbol += 1;
        Symbol(self.next_symbol)
    }

    pub(super) fn fresh_column(&mut self, data_type: TrinoType) -> Column {
        Column { symbol: self.fresh_symbol(), data_type }
    }

    /// A table name no other scan of the query has.
    pub(super) fn fresh_table_name(&mut self) -> String {
        self.next_scan += 1;
        format!("t{}", self.next_scan)
    }
}

/// The name of a symbol in a plan.
pub fn name_of(symbol: Symbol) -> String {
    symbol.to_string()
}

/// A reference to a symbol's column.
pub fn column_of(symbol: Symbol) -> DfExpr {
    DfExpr::Column(DfColumn::from_name(name_of(symbol)))
}

/// A constant.
pub fn constant(value: ScalarValue) -> DfExpr {
    DfExpr::Literal(value, None)
}

/// NULL of a physical type.
pub fn null_of(data_type: &DataType) -> Result<DfExpr, EngineError> {
    Ok(constant(ScalarValue::try_from(data_type)?))
}

/// A projection; expressions that already carry the right name stay as they are.
pub fn project(input: LogicalPlan, expressions: Vec<DfExpr>) -> Result<LogicalPlan, EngineError> {
    Ok(LogicalPlan::Projection(Projection::try_new(expressions, Arc::new(input))?))
}

/// `expr AS #n`, without the alias where the expression is that column.
pub fn named(expr: DfExpr, symbol: Symbol) -> DfExpr {
    match &expr {
        DfExpr::Column(column) if column.relation.is_none() && column.name == name_of(symbol) => expr,
        _ => expr.alias(name_of(symbol)),
    }
}

/// The schema of columns, all nullable.
pub fn schema_of(columns: &[Column]) -> Result<Arc<DFSchema>, EngineError> {
    let fields = columns.iter().map(|column| (None, Arc::new(Field::new(name_of(column.symbol), arrow_type(&column.data_type), true))));
    Ok(Arc::new(DFSchema::new_with_metadata(fields.collect(), std::collections::HashMap::new())?))
}
