//! Which plan reads a table? A scan that gives only the columns the query names, under their symbols.

use std::sync::Arc;

use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, LogicalPlanBuilder};

use super::lowerer::{Lowerer, name_of, project};
use crate::error::EngineError;
use crate::ir::Column;
use crate::scan::source::table_provider;
use crate::table::TableHandle;

impl Lowerer {
    pub(super) fn scan(&mut self, table: &Arc<TableHandle>, columns: &[(Column, usize)]) -> Result<LogicalPlan, EngineError> {
        let mut indices: Vec<usize> = columns.iter().map(|(_, index)| *index).collect();
        indices.sort_unstable();
        indices.dedup();
        let provider = table_provider(&self.scans, table, &indices)?;
        let scan_name = self.fresh_table_name();
        let scan = LogicalPlanBuilder::scan(scan_name.as_str(), provider_as_source(provider), None)?.build()?;
        let mut expressions = Vec::with_capacity(columns.len());
        for (column, index) in columns {
            let position = indices.binary_search(index).map_err(|_| EngineError::internal("a scan misses one of its columns"))?;
            let (qualifier, field) = scan.schema().qualified_field(position);
            let source = datafusion::common::Column::new(qualifier.cloned(), field.name());
            expressions.push(DfExpr::Column(source).alias(name_of(column.symbol)));
        }
        if expressions.is_empty() {
            return Ok(scan);
        }
        project(scan, expressions)
    }
}
