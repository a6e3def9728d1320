//! Which DataFusion expression computes an IR expression? Subqueries are taken out beforehand, see [`super::subquery`].

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::functions::core::{coalesce, get_field, named_struct};
use datafusion::logical_expr::expr::{HigherOrderFunction, InList, Lambda, LambdaVariable, ScalarFunction};
use datafusion::logical_expr::{Case, Cast, Expr as DfExpr, Operator as DfOperator};
use owlake_functions::cast;
use owlake_functions::registry::{BoundFunction, Operator, resolve_operator};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::lowerer::{Lowerer, column_of, constant, name_of, null_of};
use super::native::{binary, equals_natively, native_operator, pruning_double_comparison};
use crate::error::EngineError;
use crate::ir::{Expr, ExprKind, Symbol};
use crate::plan::chain::link;

/// The largest IN list that becomes a chain of comparisons when its type has no native equality.
const CHAINED_IN_LIST_MAX: usize = 10_000;

/// Chains of operators are cut where they get this deep, see [`crate::plan::chain`].
const LINK_LEVELS: usize = 48;

impl Lowerer {
    /// The expression over columns of the plan it will stand in. Its physical type is that of the IR's type.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<DfExpr, EngineError> {
        let beside = std::mem::take(&mut self.levels);
        // The left side of a chain is walked along, so that a long one takes no stack.
        let mut spine = Vec::new();
        let mut current = expr;
        loop {
            let next = match &current.kind {
                ExprKind::Call { arguments, .. } => arguments.first(),
                ExprKind::Cast { input, .. } => Some(input.as_ref()),
                _ => None,
            };
            let Some(next) = next else { break };
            spine.push(current);
            current = next;
        }
        let mut lowered = self.expr_of_kind(current)?;
        self.levels += 1;
        while let Some(node) = spine.pop() {
            match &node.kind {
                ExprKind::Call { function, arguments } => {
                    let levels = std::mem::take(&mut self.levels);
                    let mut operands = vec![lowered];
                    operands.extend(self.exprs(arguments.get(1..).unwrap_or_default())?);
                    lowered = self.call_lowered(function, operands)?;
                    self.levels = self.levels.max(levels);
                    if self.levels >= LINK_LEVELS
                        && let Some(link) = self.link(node, &lowered)?
                    {
                        lowered = link;
                        self.levels = 0;
                    }
                }
                ExprKind::Cast { input, is_safe } => lowered = self.cast_lowered(lowered, &input.data_type, &node.data_type, *is_safe)?,
                _ => return Err(EngineError::internal("a chain of something else")),
            }
            self.levels += 1;
        }
        self.levels = self.levels.max(beside);
        Ok(lowered)
    }

    /// The expression as a link of a chain. `None` where it can't be one.
    fn link(&self, expr: &Expr, lowered: &DfExpr) -> Result<Option<DfExpr>, EngineError> {
        let mut types: HashMap<String, DataType> = HashMap::new();
        super::rewrite::visit(expr, &mut |node| {
            if let ExprKind::Column(symbol) = node.kind {
                types.entry(name_of(symbol)).or_insert_with(|| arrow_type(&node.data_type));
            }
        });
        Ok(link(lowered, arrow_type(&expr.data_type), &|name| types.get(name).cloned())?)
    }

    fn expr_of_kind(&mut self, expr: &Expr) -> Result<DfExpr, EngineError> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(constant(value.clone())),
            ExprKind::Column(symbol) => self.column(*symbol),
            ExprKind::LambdaVariable(symbol) => {
                let field = Field::new(name_of(*symbol), arrow_type(&expr.data_type), true);
                Ok(DfExpr::LambdaVariable(LambdaVariable::new(name_of(*symbol), Some(Arc::new(field)))))
            }
            ExprKind::Call { function, arguments } => self.call(function, arguments),
            ExprKind::Lambda { parameters, body } => {
                let names = parameters.iter().map(|parameter| name_of(parameter.symbol)).collect();
                Ok(DfExpr::Lambda(Lambda::new(names, self.expr(body)?)))
            }
            ExprKind::Cast { input, is_safe } => self.cast(input, &expr.data_type, *is_safe),
            ExprKind::And(terms) => self.chain(terms, DfOperator::And, true),
            ExprKind::Or(terms) => self.chain(terms, DfOperator::Or, false),
            ExprKind::Not(input) => Ok(match self.expr(input)? {
                DfExpr::BinaryExpr(inner) if inner.op == DfOperator::IsDistinctFrom => {
                    DfExpr::BinaryExpr(datafusion::logical_expr::BinaryExpr { op: DfOperator::IsNotDistinctFrom, ..inner })
                }
                inner => DfExpr::Not(Box::new(inner)),
            }),
            ExprKind::IsNull(input) => Ok(DfExpr::IsNull(Box::new(self.expr(input)?))),
            ExprKind::Case { branches, otherwise } => {
                let branches = self.branches(branches)?;
                self.case(None, branches, otherwise.as_deref(), &expr.data_type)
            }
            ExprKind::SimpleCase { operand, branches, otherwise } => {
                self.simple_case(operand, branches, otherwise.as_deref(), &expr.data_type)
            }
            ExprKind::Coalesce(terms) => {
                let mut terms = self.exprs(terms)?;
                terms.retain(|term| !matches!(term, DfExpr::Literal(value, _) if value.is_null()));
                match terms.len() {
                    0 => null_of(&arrow_type(&expr.data_type)),
                    1 => Ok(terms.remove(0)),
                    _ => Ok(udf_call(coalesce(), terms)),
                }
            }
            ExprKind::NullIf { first, equal } => {
                let (first, equal) = (self.expr(first)?, self.expr(equal)?);
                let null = null_of(&arrow_type(&expr.data_type))?;
                Ok(DfExpr::Case(Case::new(None, vec![(Box::new(equal), Box::new(null))], Some(Box::new(first)))))
            }
            ExprKind::InList { value, list } => self.in_list(value, list),
            ExprKind::Row(fields) => self.row(fields),
            ExprKind::Field { input, index } => {
                let input = self.expr(input)?;
                Ok(udf_call(get_field(), vec![input, constant(ScalarValue::Utf8(Some(format!("c{index}"))))]))
            }
            ExprKind::Array(elements) => self.array(elements, &expr.data_type),
            // What made the column has failed or not by then.
            ExprKind::Try(input) if matches!(input.kind, ExprKind::Column(_)) => self.expr(input),
            ExprKind::Try(input) => {
                let input = self.expr(input)?;
                Ok(udf_call(crate::plan::try_marker::try_marker(), vec![input]))
            }
            ExprKind::Subquery(_) => Err(EngineError::engine("NOT_SUPPORTED", "A subquery is not supported in this place")),
        }
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) -> Result<Vec<DfExpr>, EngineError> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn column(&self, symbol: Symbol) -> Result<DfExpr, EngineError> {
        if self.outer.contains(&symbol) {
            tracing::error!(%symbol, "a correlated column was not decorrelated");
            return Err(EngineError::engine("NOT_SUPPORTED", "Given correlated subquery is not supported"));
        }
        Ok(column_of(symbol))
    }

    fn call(&mut self, function: &Arc<BoundFunction>, arguments: &[Expr]) -> Result<DfExpr, EngineError> {
        let lowered = self.exprs(arguments)?;
        self.call_lowered(function, lowered)
    }

    /// The call over arguments that are lowered already.
    pub(super) fn call_lowered(&mut self, function: &BoundFunction, arguments: Vec<DfExpr>) -> Result<DfExpr, EngineError> {
        // A null among the arguments decides, even where another one would fail. Ref: Trino 401 `ExpressionInterpreter.visitFunctionCall`.
        if function.is_null_on_null() && arguments.iter().any(|argument| matches!(argument, DfExpr::Literal(value, _) if value.is_null())) {
            return null_of(&arrow_type(&function.return_type));
        }
        if function.takes_lambda() {
            let udf = function.higher_order_udf(&self.session)?;
            return Ok(DfExpr::HigherOrderFunction(HigherOrderFunction::new(udf, arguments)));
        }
        if let (Some(operator), [left, right]) = (native_operator(function), arguments.as_slice()) {
            return Ok(binary(left.clone(), operator, right.clone()));
        }
        let pruning = match arguments.as_slice() {
            [left, right] => pruning_double_comparison(function, left, right),
            _ => None,
        };
        let exact = udf_call(function.scalar_udf(&self.session)?, arguments);
        Ok(match pruning {
            Some(pruning) => binary(pruning, DfOperator::And, exact),
            None => exact,
        })
    }

    /// `left = right` for two values of one type.
    pub(super) fn equality(&mut self, left: DfExpr, right: DfExpr, data_type: &TrinoType) -> Result<DfExpr, EngineError> {
        self.comparison_of(Operator::Equal, left, right, data_type)
    }

    /// `left op right` for two values of one type.
    pub(super) fn comparison_of(
        &mut self,
        operator: Operator,
        left: DfExpr,
        right: DfExpr,
        data_type: &TrinoType,
    ) -> Result<DfExpr, EngineError> {
        let function = resolve_operator(operator, &[data_type.clone(), data_type.clone()])?;
        self.call_lowered(&function, vec![left, right])
    }

    fn cast(&mut self, input: &Expr, target: &TrinoType, is_safe: bool) -> Result<DfExpr, EngineError> {
        let lowered = self.expr(input)?;
        self.cast_lowered(lowered, &input.data_type, target, is_safe)
    }

    pub(super) fn cast_lowered(
        &mut self,
        input: DfExpr,
        from: &TrinoType,
        target: &TrinoType,
        is_safe: bool,
    ) -> Result<DfExpr, EngineError> {
        if cast::is_no_op(from, target) {
            return Ok(input);
        }
        if matches!(&input, DfExpr::Literal(value, _) if value.is_null()) {
            return null_of(&arrow_type(target));
        }
        if matches!(from, TrinoType::Unknown) {
            return Ok(match &input {
                DfExpr::Literal(..) => null_of(&arrow_type(target))?,
                // All null, whatever it is computed from.
                _ => DfExpr::Case(Case::new(
                    None,
                    vec![(Box::new(input), Box::new(null_of(&arrow_type(target))?))],
                    Some(Box::new(null_of(&arrow_type(target))?)),
                )),
            });
        }
        if cast::is_native(from, target) {
            return Ok(DfExpr::Cast(Cast::new(Box::new(input), arrow_type(target))));
        }
        let udf = cast::cast_udf(from, target, is_safe, &self.session)?;
        Ok(udf_call(udf, vec![input]))
    }

    /// AND and OR; an empty one is its neutral element.
    fn chain(&mut self, terms: &[Expr], operator: DfOperator, neutral: bool) -> Result<DfExpr, EngineError> {
        let terms = self.exprs(terms)?;
        Ok(balanced(terms, operator).unwrap_or_else(|| constant(ScalarValue::Boolean(Some(neutral)))))
    }

    fn branches(&mut self, branches: &[(Expr, Expr)]) -> Result<Vec<(DfExpr, DfExpr)>, EngineError> {
        branches.iter().map(|(when, then)| Ok((self.expr(when)?, self.expr(then)?))).collect()
    }

    fn case(
        &mut self,
        operand: Option<DfExpr>,
        branches: Vec<(DfExpr, DfExpr)>,
        otherwise: Option<&Expr>,
        data_type: &TrinoType,
    ) -> Result<DfExpr, EngineError> {
        let otherwise = match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => null_of(&arrow_type(data_type))?,
        };
        let branches = branches.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
        Ok(DfExpr::Case(Case::new(operand.map(Box::new), branches, Some(Box::new(otherwise)))))
    }

    fn simple_case(
        &mut self,
        operand: &Expr,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        data_type: &TrinoType,
    ) -> Result<DfExpr, EngineError> {
        let lowered_operand = self.expr(operand)?;
        let lowered = self.branches(branches)?;
        if equals_natively(&operand.data_type) {
            return self.case(Some(lowered_operand), lowered, otherwise, data_type);
        }
        let mut searched = Vec::with_capacity(lowered.len());
        for (label, result) in lowered {
            searched.push((self.equality(lowered_operand.clone(), label, &operand.data_type)?, result));
        }
        self.case(None, searched, otherwise, data_type)
    }

    fn in_list(&mut self, value: &Expr, list: &[Expr]) -> Result<DfExpr, EngineError> {
        let lowered = self.expr(value)?;
        let labels = self.exprs(list)?;
        if equals_natively(&value.data_type) {
            return Ok(DfExpr::InList(InList::new(Box::new(lowered), labels, false)));
        }
        if labels.len() > CHAINED_IN_LIST_MAX {
            return Err(EngineError::engine(
                "NOT_SUPPORTED",
                format!("An IN list of more than {CHAINED_IN_LIST_MAX} values of type {} is not supported", value.data_type),
            ));
        }
        let mut equalities = Vec::with_capacity(labels.len());
        for label in labels {
            equalities.push(self.equality(lowered.clone(), label, &value.data_type)?);
        }
        Ok(balanced(equalities, DfOperator::Or).unwrap_or_else(|| constant(ScalarValue::Boolean(Some(false)))))
    }

    fn row(&mut self, fields: &[Expr]) -> Result<DfExpr, EngineError> {
        let fields = self.exprs(fields)?;
        Ok(row_of(fields))
    }

    fn array(&mut self, elements: &[Expr], data_type: &TrinoType) -> Result<DfExpr, EngineError> {
        if elements.is_empty() {
            let empty = arrow::array::new_empty_array(&element_arrow(data_type));
            let list = arrow::array::ListArray::try_new(list_item(data_type), arrow::buffer::OffsetBuffer::from_lengths([0]), empty, None);
            let list = list.map_err(|error| EngineError::from(datafusion::error::DataFusionError::from(error)))?;
            return Ok(constant(ScalarValue::List(Arc::new(list))));
        }
        let elements = self.exprs(elements)?;
        Ok(udf_call(datafusion::functions_nested::make_array::make_array_udf(), elements))
    }

    /// What to sort by: the physical value, or a form of it that orders as Trino does.
    pub(super) fn sort_key(&mut self, expr: &Expr) -> Result<DfExpr, EngineError> {
        let lowered = self.expr(expr)?;
        Ok(match &expr.data_type {
            // The zone in the low bits must not decide.
            TrinoType::TimestampWithTimeZone(0..=3) => {
                binary(lowered, DfOperator::BitwiseShiftRight, constant(ScalarValue::Int64(Some(12))))
            }
            _ => lowered,
        })
    }
}

/// Does a column of the type sort by its physical value as it is?
pub(super) fn sorts_natively(data_type: &TrinoType) -> bool {
    !matches!(data_type, TrinoType::TimestampWithTimeZone(_))
}

/// A row value of these fields.
pub(super) fn row_of(fields: Vec<DfExpr>) -> DfExpr {
    let named =
        fields.into_iter().enumerate().flat_map(|(position, field)| [constant(ScalarValue::Utf8(Some(format!("c{position}")))), field]);
    udf_call(named_struct(), named.collect())
}

/// A call of a scalar function.
pub(super) fn udf_call(udf: Arc<datafusion::logical_expr::ScalarUDF>, arguments: Vec<DfExpr>) -> DfExpr {
    DfExpr::ScalarFunction(ScalarFunction::new_udf(udf, arguments))
}

/// Terms joined by one operator in a tree of logarithmic depth, in order.
pub(super) fn balanced(mut terms: Vec<DfExpr>, operator: DfOperator) -> Option<DfExpr> {
    while terms.len() > 1 {
        let mut joined = Vec::with_capacity(terms.len().div_ceil(2));
        let mut rest = terms.into_iter();
        while let Some(left) = rest.next() {
            joined.push(match rest.next() {
                Some(right) => binary(left, operator, right),
                None => left,
            });
        }
        terms = joined;
    }
    terms.pop()
}

/// Is there a subquery anywhere in the expression?
pub(super) fn has_subquery(expr: &Expr) -> bool {
    let mut found = false;
    super::rewrite::visit(expr, &mut |node| found |= matches!(node.kind, ExprKind::Subquery(_)));
    found
}

fn list_item(data_type: &TrinoType) -> Arc<Field> {
    match data_type {
        TrinoType::Array(element) => owlake_functions::types::arrow_form::item_field(element),
        _ => Arc::new(Field::new("item", DataType::Boolean, true)),
    }
}

fn element_arrow(data_type: &TrinoType) -> DataType {
    list_item(data_type).data_type().clone()
}
