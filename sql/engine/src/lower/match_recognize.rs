//! Which plan recognises row patterns? A projection of what is read, and the node over it. Ref: Trino 401 `PatternRecognitionNode`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr as DfExpr, Extension, LogicalPlan};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::aggregate::AggregateExprBuilder;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use owlake_functions::registry::FunctionKind;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::lowerer::{Lowerer, column_of, constant, named, project, schema_of};
use super::rewrite::{references, visit};
use crate::error::EngineError;
use crate::ir::pattern::{Navigation, PatternExpr, PatternFunction, PatternWindow, Pointer, PointerValue};
use crate::ir::{Column, Expr, ExprKind, FrameBound, PatternRecognition, SubqueryKind, Symbol};
use crate::plan::lazy_errors::lazy_expression;
use crate::plan::match_recognize::node::PatternNode;
use crate::plan::match_recognize::program::Program;
use crate::plan::match_recognize::spec::{
    Compiled, CompiledAggregate, CompiledFunction, Computation, OutputColumn, SearchEnd, SortKey, Spec, Value, WindowSpec,
};

/// The input of the node as it grows.
struct Input {
    plan: LogicalPlan,
    columns: Vec<Column>,
    expressions: Vec<DfExpr>,
    positions: HashMap<Symbol, usize>,
}

impl Lowerer {
    pub(super) fn pattern_recognition(&mut self, recognition: &PatternRecognition) -> Result<LogicalPlan, EngineError> {
        let mut input =
            Input { plan: self.relation(&recognition.input)?, columns: Vec::new(), expressions: Vec::new(), positions: HashMap::new() };
        let available = recognition.input.columns();
        for column in &recognition.columns {
            if available.iter().any(|own| own.symbol == column.symbol) {
                input.add(column.clone(), column_of(column.symbol));
            }
        }
        let mut partition_by = Vec::with_capacity(recognition.partition_by.len());
        for (column, expr) in &recognition.matching.computed {
            let expr = self.pattern_value(&mut input, expr)?;
            let lowered = self.expr(&expr)?;
            input.add(column.clone(), lowered);
        }
        for column in &recognition.partition_by {
            partition_by.push(self.pattern_key(&mut input, column)?);
        }
        let mut order_by = Vec::with_capacity(recognition.order_by.len());
        for ordering in &recognition.order_by {
            let column = self.pattern_key(&mut input, &ordering.expr)?;
            order_by.push(SortKey { column, is_descending: ordering.is_descending, nulls_first: ordering.nulls_first });
        }
        let types: HashMap<Symbol, TrinoType> = available.into_iter().map(|column| (column.symbol, column.data_type)).collect();
        let mut aggregates = Vec::new();
        let mut conditions = Vec::with_capacity(recognition.matching.definitions.len());
        for (label, definition) in recognition.matching.definitions.iter().enumerate() {
            let compiled =
                definition.as_ref().map(|definition| self.pattern_expr(&mut input, definition, &types, Some(label), &mut aggregates));
            conditions.push(compiled.transpose()?);
        }
        let mut measures = Vec::with_capacity(recognition.measures.len());
        for (_, measure) in &recognition.measures {
            measures.push(self.pattern_expr(&mut input, measure, &types, None, &mut aggregates)?);
        }
        let window = recognition.window.as_ref().map(|window| self.pattern_window(&mut input, window)).transpose()?;
        let functions = recognition.window.as_ref().map(|window| window.functions.as_slice()).unwrap_or_default();
        let mut output = Vec::with_capacity(recognition.columns.len());
        for column in &recognition.columns {
            let measure = recognition.measures.iter().position(|(own, _)| own.symbol == column.symbol);
            let function = functions.iter().position(|call| call.output.symbol == column.symbol);
            output.push(match (measure, function, input.positions.get(&column.symbol)) {
                (Some(measure), ..) => OutputColumn::Measure(measure),
                (None, Some(function), _) => OutputColumn::Function(function),
                (None, None, Some(position)) => OutputColumn::Input(*position),
                (None, None, None) => return Err(EngineError::internal("a row pattern puts out a column it does not have")),
            });
        }
        let schema = schema_of(&recognition.columns)?;
        let is_memoryless =
            |label: usize, definition: &PatternExpr| definition.pointers.iter().all(|pointer| is_memoryless(pointer, label));
        let definitions = recognition.matching.definitions.iter().enumerate();
        let spec = Spec {
            program: Program::new(&recognition.matching.pattern)?,
            label_names: label_names(&recognition.matching.labels)?,
            is_memoryless: definitions
                .filter_map(|(label, definition)| Some((label, definition.as_ref()?)))
                .all(|(label, definition)| is_memoryless(label, definition)),
            conditions,
            measures,
            aggregates,
            skip: recognition.matching.skip.clone(),
            rows: recognition.rows,
            window,
            partition_by,
            order_by,
            output,
            output_schema: Arc::clone(schema.inner()),
        };
        if input.expressions.is_empty() {
            let marker = self.fresh_column(TrinoType::Boolean);
            input.add(marker, constant(datafusion::common::ScalarValue::Boolean(Some(true))));
        }
        let plan = project(input.plan, input.expressions)?;
        Ok(LogicalPlan::Extension(Extension { node: Arc::new(PatternNode { input: plan, schema, spec: Arc::new(spec) }) }))
    }

    /// The expression over the input once its subqueries are part of that.
    fn pattern_value(&mut self, input: &mut Input, expr: &Expr) -> Result<Expr, EngineError> {
        let (plan, expr) = self.apply_subqueries(std::mem::take(&mut input.plan), expr)?;
        input.plan = plan;
        Ok(expr)
    }

    /// What a pattern in a window has beyond one in FROM.
    fn pattern_window(&mut self, input: &mut Input, window: &PatternWindow) -> Result<WindowSpec, EngineError> {
        let end = match &window.end {
            FrameBound::CurrentRow => SearchEnd::CurrentRow,
            FrameBound::Following(offset) => {
                let offset = self.pattern_value(input, offset)?;
                let lowered = self.expr(&offset)?;
                let lowered = self.cast_lowered(lowered, &offset.data_type, &TrinoType::Bigint, false)?;
                SearchEnd::Following(input.add(self.fresh_column(TrinoType::Bigint), lowered))
            }
            FrameBound::UnboundedFollowing => SearchEnd::Partition,
            FrameBound::UnboundedPreceding | FrameBound::Preceding(_) => {
                return Err(EngineError::internal("a pattern's frame ends before it starts"));
            }
        };
        let mut functions = Vec::with_capacity(window.functions.len());
        for call in &window.functions {
            functions.push(self.pattern_function(input, call)?);
        }
        Ok(WindowSpec { end, is_seek: window.is_seek, functions })
    }

    /// A function over matched rows. Its arguments are columns of the input, but for constants.
    fn pattern_function(&mut self, input: &mut Input, call: &PatternFunction) -> Result<CompiledFunction, EngineError> {
        let mut columns: Vec<Column> = Vec::with_capacity(call.arguments.len());
        let mut columns_read = Vec::with_capacity(call.arguments.len());
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let argument = self.pattern_value(input, argument)?;
            let column = match argument.kind {
                ExprKind::Column(symbol) => Column { symbol, data_type: argument.data_type.clone() },
                _ => self.fresh_column(argument.data_type.clone()),
            };
            if let ExprKind::Literal(_) = argument.kind {
                arguments.push(argument);
                continue;
            }
            let lowered = self.expr(&argument)?;
            columns_read.push(input.add(column.clone(), lowered));
            arguments.push(Expr { kind: ExprKind::Column(column.symbol), data_type: argument.data_type });
            if !columns.iter().any(|known| known.symbol == column.symbol) {
                columns.push(column);
            } else {
                columns_read.pop();
            }
        }
        let schema = Arc::clone(schema_of(&columns)?.inner());
        let mut compiled = Vec::with_capacity(arguments.len());
        for argument in &arguments {
            compiled.push(self.physical(argument, &columns)?.0);
        }
        let computation = match call.function.kind {
            FunctionKind::Aggregate => {
                if compiled.is_empty() {
                    compiled.push(datafusion::physical_expr::expressions::lit(1i64));
                }
                let udf = call.function.aggregate_udf(&self.session)?;
                let builder = AggregateExprBuilder::new(udf, compiled.clone()).schema(Arc::clone(&schema));
                Computation::Aggregate(Box::new(builder.alias(call.function.name.to_string()).build()?))
            }
            FunctionKind::Window | FunctionKind::Scalar => Computation::Value(call.function.window_udf(&self.session)?),
        };
        Ok(CompiledFunction { computation, arguments: compiled, schema, columns_read, ignores_nulls: call.ignore_nulls })
    }

    /// The column to partition or sort by: itself, or a form of it that compares as Trino does.
    fn pattern_key(&mut self, input: &mut Input, key: &Expr) -> Result<usize, EngineError> {
        let key = &self.pattern_value(input, key)?;
        let lowered = self.sort_key(key)?;
        let column = match (&key.kind, super::expr::sorts_natively(&key.data_type)) {
            (ExprKind::Column(symbol), true) => Column { symbol: *symbol, data_type: key.data_type.clone() },
            _ => self.fresh_column(key.data_type.clone()),
        };
        Ok(input.add(column, lowered))
    }

    /// An expression of DEFINE (of the label) or MEASURES over a batch with a column for each pointer.
    fn pattern_expr(
        &mut self,
        input: &mut Input,
        written: &PatternExpr,
        types: &HashMap<Symbol, TrinoType>,
        label: Option<usize>,
        aggregates: &mut Vec<CompiledAggregate>,
    ) -> Result<Compiled, EngineError> {
        let mut pointers = written.pointers.clone();
        let mut expr = written.expr.clone();
        if super::expr::has_subquery(&expr) {
            refuse_dependent_subqueries(&expr, &pointers.iter().map(|pointer| pointer.column.symbol).collect())?;
            let (plan, without) = self.apply_subqueries(std::mem::take(&mut input.plan), &expr)?;
            input.plan = plan;
            expr = without;
            let mut found: Vec<Column> = Vec::new();
            visit(&expr, &mut |node| {
                if let ExprKind::Column(symbol) = node.kind
                    && !pointers.iter().any(|pointer| pointer.column.symbol == symbol)
                    && !found.iter().any(|column| column.symbol == symbol)
                {
                    found.push(Column { symbol, data_type: node.data_type.clone() });
                }
            });
            pointers.extend(found.into_iter().map(|column| Pointer { value: PointerValue::Constant { source: column.symbol }, column }));
        }
        let mut values = Vec::with_capacity(pointers.len());
        let mut is_vectorised = true;
        for pointer in &pointers {
            is_vectorised &=
                label.is_some_and(|label| is_memoryless(pointer, label)) && !matches!(pointer.value, PointerValue::MatchNumber);
            values.push(match &pointer.value {
                PointerValue::Column { source, at } => {
                    Value::Column { column: input.read(*source, &pointer.column.data_type), at: at.clone() }
                }
                PointerValue::Classifier { at } => Value::Classifier { at: at.clone() },
                PointerValue::MatchNumber => Value::MatchNumber,
                PointerValue::Constant { source } => Value::Constant { column: input.read(*source, &pointer.column.data_type) },
                PointerValue::Aggregate { .. } => {
                    aggregates.push(self.pattern_aggregate(input, &pointer.value, types)?);
                    Value::Aggregate(aggregates.len() - 1)
                }
            });
        }
        let columns: Vec<Column> = pointers.into_iter().map(|pointer| pointer.column).collect();
        let (expr, schema) = self.physical(&expr, &columns)?;
        let offsets = values.iter().map(|value| match value {
            Value::Column { at, .. } => at.physical_offset,
            _ => 0,
        });
        let reach = offsets.fold((0, 0), |(back, on): (usize, usize), offset| {
            let distance = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            if offset < 0 { (back.max(distance), on) } else { (back, on.max(distance)) }
        });
        Ok(Compiled { expr, schema, values, is_vectorised, reach })
    }

    fn pattern_aggregate(
        &mut self,
        input: &mut Input,
        value: &PointerValue,
        types: &HashMap<Symbol, TrinoType>,
    ) -> Result<CompiledAggregate, EngineError> {
        let PointerValue::Aggregate { function, arguments, classifier, match_number, labels, is_running } = value else {
            return Err(EngineError::internal("not an aggregate"));
        };
        let mut types = types.clone();
        let own = [classifier, match_number].map(|column| column.symbol).into_iter().collect();
        let mut without_subqueries = Vec::with_capacity(arguments.len());
        for argument in arguments {
            refuse_dependent_subqueries(argument, &own)?;
            let (plan, argument) = self.apply_subqueries(std::mem::take(&mut input.plan), argument)?;
            input.plan = plan;
            visit(&argument, &mut |node| {
                if let ExprKind::Column(symbol) = node.kind
                    && symbol != classifier.symbol
                    && symbol != match_number.symbol
                {
                    types.entry(symbol).or_insert_with(|| node.data_type.clone());
                }
            });
            without_subqueries.push(argument);
        }
        let arguments = without_subqueries.as_slice();
        let mut read: Vec<Symbol> = arguments.iter().flat_map(references).collect();
        read.sort_unstable();
        read.dedup();
        let reads_match = read.contains(&classifier.symbol) || read.contains(&match_number.symbol);
        let mut columns: Vec<Column> = Vec::with_capacity(read.len() + 2);
        let mut columns_read = Vec::with_capacity(read.len());
        for symbol in read {
            if let Some(data_type) = types.get(&symbol) {
                columns_read.push(input.read(symbol, data_type));
                columns.push(Column { symbol, data_type: data_type.clone() });
            }
        }
        columns.extend([classifier.clone(), match_number.clone()]);
        let schema = Arc::clone(schema_of(&columns)?.inner());
        let mut compiled = Vec::with_capacity(arguments.len());
        for argument in arguments {
            compiled.push(self.physical(argument, &columns)?.0);
        }
        if compiled.is_empty() {
            compiled.push(datafusion::physical_expr::expressions::lit(1i64));
        }
        let udf = function.aggregate_udf(&self.session)?;
        let function =
            AggregateExprBuilder::new(udf, compiled.clone()).schema(Arc::clone(&schema)).alias(function.name.to_string()).build()?;
        Ok(CompiledAggregate {
            function,
            arguments: compiled,
            schema,
            columns_read,
            labels: labels.clone(),
            is_running: *is_running,
            reads_match,
        })
    }

    fn physical(&mut self, expr: &Expr, columns: &[Column]) -> Result<(Arc<dyn PhysicalExpr>, SchemaRef), EngineError> {
        let schema = schema_of(columns)?;
        let lowered = self.expr(expr)?;
        // The optimizer does not see these expressions. What fails to fold stays and fails at run time, if ever.
        let simplifier = ExprSimplifier::new(SimplifyContext::builder().with_schema(Arc::clone(&schema)).build());
        let lowered = simplifier.simplify(lowered.clone()).unwrap_or(lowered);
        let physical = create_physical_expr(&lowered, &schema, &ExecutionProps::new(), &PhysicalPlanningContext::default())?;
        let schema: &Arc<Schema> = schema.inner();
        Ok((lazy_expression(physical, schema)?, Arc::clone(schema)))
    }
}

impl Input {
    fn add(&mut self, column: Column, expr: DfExpr) -> usize {
        if let Some(position) = self.positions.get(&column.symbol) {
            return *position;
        }
        let position = self.expressions.len();
        self.expressions.push(named(expr, column.symbol));
        self.positions.insert(column.symbol, position);
        self.columns.push(column);
        position
    }

    fn read(&mut self, symbol: Symbol, data_type: &TrinoType) -> usize {
        self.add(Column { symbol, data_type: data_type.clone() }, column_of(symbol))
    }
}

/// Does the value depend on nothing but the row and its label (which is the label being tested)?
fn is_memoryless(pointer: &Pointer, label: usize) -> bool {
    let is_current =
        |at: &Navigation| at.is_last && at.logical_offset == 0 && at.labels.as_ref().is_none_or(|labels| labels.contains(&label));
    match &pointer.value {
        PointerValue::Column { at, .. } => is_current(at),
        PointerValue::Classifier { at } => is_current(at) && at.physical_offset == 0,
        PointerValue::MatchNumber | PointerValue::Constant { .. } => true,
        PointerValue::Aggregate { .. } => false,
    }
}

/// A subquery is computed once, below the pattern, so it can't compare with values of a match.
fn refuse_dependent_subqueries(expr: &Expr, symbols: &HashSet<Symbol>) -> Result<(), EngineError> {
    let mut is_dependent = false;
    visit(expr, &mut |node| {
        if let ExprKind::Subquery(subquery) = &node.kind {
            is_dependent |= match &subquery.kind {
                SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => super::rewrite::refers_to(value, symbols),
                SubqueryKind::Scalar | SubqueryKind::Exists => false,
            };
        }
    });
    if is_dependent {
        return Err(EngineError::engine("NOT_SUPPORTED", "A subquery compared with a value of a row pattern match is not supported"));
    }
    Ok(())
}

fn label_names(labels: &[String]) -> Result<ArrayRef, EngineError> {
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(labels));
    Ok(arrow::compute::cast(&names, &arrow_type(&TrinoType::VARCHAR)).map_err(DataFusionError::from)?)
}
