//! How is a long chain of operators kept from the optimizer? A part of it is one function of the columns it reads.
//!
//! DataFusion spells out the name and the type of every operand at every level, so that planning `a + b + …` takes time with the
//! cube of its length (measured: 18 s for 2,000 terms). A chain is therefore cut into links of bounded depth: each is planned
//! by itself, and what stands above it sees one call.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use super::lazy_errors::lazy_expression;

/// `expr` as one call over its columns and the links in it. `None` where it stands on more than these, as within a lambda.
/// `type_of` gives the type of a column.
pub fn link(expr: &Expr, return_type: DataType, type_of: &dyn Fn(&str) -> Option<DataType>) -> Result<Option<Expr>> {
    let mut arguments: Vec<Expr> = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    let (mut is_closed, mut is_stable) = (true, true);
    let body = expr.clone().transform_down(|node| {
        let data_type = match &node {
            Expr::Column(column) => type_of(&column.name),
            Expr::ScalarFunction(call) => match call.func.inner().downcast_ref::<Link>() {
                Some(link) => Some(link.return_type.clone()),
                None => {
                    is_stable &= call.func.signature().volatility == Volatility::Immutable;
                    return Ok(Transformed::no(node));
                }
            },
            Expr::LambdaVariable(_) | Expr::HigherOrderFunction(_) | Expr::Lambda(_) => None,
            _ => return Ok(Transformed::no(node)),
        };
        let Some(data_type) = data_type else {
            is_closed = false;
            return Ok(Transformed::new(node, false, TreeNodeRecursion::Stop));
        };
        let number = arguments.iter().position(|argument| *argument == node).unwrap_or_else(|| {
            fields.push(Field::new(format!("${}", arguments.len()), data_type, true));
            arguments.push(node);
            arguments.len() - 1
        });
        let operand = Expr::Column(datafusion::common::Column::from_name(format!("${number}")));
        Ok(Transformed::new(operand, true, TreeNodeRecursion::Jump))
    })?;
    if !is_closed {
        return Ok(None);
    }
    let schema = Arc::new(Schema::new(fields));
    let names = DFSchema::try_from(Arc::clone(&schema))?;
    let body = body.data;
    let physical = create_physical_expr(&body, &names, &ExecutionProps::new(), &PhysicalPlanningContext::default())?;
    let volatility = if is_stable { Volatility::Immutable } else { Volatility::Volatile };
    let signature = if arguments.is_empty() { Signature::nullary(volatility) } else { Signature::any(arguments.len(), volatility) };
    let link = Link { physical: lazy_expression(physical, &schema)?, body, schema, return_type, signature };
    Ok(Some(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(link)), arguments))))
}

/// A link: what it computes of its arguments, which `body` calls `$0`, `$1` and so on.
struct Link {
    body: Expr,
    physical: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
    return_type: DataType,
    signature: Signature,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("return_type", &self.return_type).finish_non_exhaustive()
    }
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body && self.schema == other.schema
    }
}

impl Eq for Link {}

impl Hash for Link {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.body.hash(state);
    }
}

impl ScalarUDFImpl for Link {
    fn name(&self) -> &str {
        "$link"
    }

    /// Links differ in their bodies, which the default would leave out.
    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        let mut hasher = std::hash::DefaultHasher::new();
        self.hash(&mut hasher);
        arguments.hash(&mut hasher);
        Ok(format!("$link_{:016x}", hasher.finish()))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.return_type.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|argument| argument.into_array(rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        self.physical.evaluate(&batch)
    }
}
