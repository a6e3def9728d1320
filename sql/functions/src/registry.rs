//! Which function does a call mean? Signatures in Trino notation, resolved by Trino's rules. Ref: Trino 401 `FunctionResolver`, `SignatureBinder`.
//!
//! DataFusion's own registry is never searched by name: a function exists here or it does not exist.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};

use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Kernel, Nulls};
use crate::signature::Signature;
use crate::signature::bind::{Bound, bind};
use crate::signature::parse::parse;
use crate::types::TrinoType;
use crate::udf::higher_order::LambdaKernelUdf;
use crate::udf::scalar::KernelUdf;

/// What an expression may know about its query. Fixed for the whole of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionInfo {
    /// Zone name, such as `UTC` or `America/Los_Angeles`, or an offset such as `+02:00`.
    pub zone: Arc<str>,
    /// The instant of the query's start, in microseconds since the epoch: what `now()` answers.
    pub start_micros: i64,
    pub user: Arc<str>,
    pub catalog: Arc<str>,
    pub schema: Option<Arc<str>>,
}

/// What a call passes at one position, before coercion.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Value(TrinoType),
    /// A lambda with this many parameters; its body is typed once the parameters' types are known.
    Lambda {
        parameters: usize,
    },
}

/// Types a lambda's body: `(argument position, parameter types) -> body type`. The analyzer implements it.
pub type LambdaTyper<'a> = dyn FnMut(usize, &[TrinoType]) -> Result<TrinoType, FunctionError> + 'a;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    Scalar,
    Aggregate,
    Window,
}

/// An operator of the language; each is resolved like a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    Negate,
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    IsDistinctFrom,
    Subscript,
}

/// A function or operator resolved for given argument types.
#[derive(Debug, Clone)]
pub struct BoundFunction {
    pub name: &'static str,
    pub kind: FunctionKind,
    /// What each argument must be cast to before the call; `TrinoType::Function` where a lambda stands.
    pub argument_types: Vec<TrinoType>,
    pub return_type: TrinoType,
    /// False for `random()` and the like: never folded, never moved.
    pub is_deterministic: bool,
    pub(crate) function: &'static Function,
    pub(crate) kernel: Kernel,
}

impl BoundFunction {
    /// Does a null among the arguments make the result null, whatever the others are?
    pub fn is_null_on_null(&self) -> bool {
        matches!(self.kernel, Kernel::Scalar(_)) && self.function.nulls != Nulls::Seen
    }

    fn new(function: &'static Function, kernel: Kernel, bound: Bound) -> Result<BoundFunction, FunctionError> {
        if matches!(kernel, Kernel::Unsupported) {
            let arguments: Vec<String> = bound.argument_types.iter().map(ToString::to_string).collect();
            return Err(FunctionError::not_supported(format!("Function {}({}) is not supported yet", function.name, arguments.join(", "))));
        }
        Ok(BoundFunction {
            name: function.name,
            kind: function.kind,
            argument_types: bound.argument_types,
            return_type: bound.return_type,
            is_deterministic: function.is_deterministic,
            function,
            kernel,
        })
    }

    fn binding(&self, session: &Arc<SessionInfo>) -> Binding {
        Binding::new(self.name, self.argument_types.clone(), self.return_type.clone(), session)
    }

    /// Does the call take a lambda? Then [`BoundFunction::higher_order_udf`] computes it, else [`BoundFunction::scalar_udf`].
    pub fn takes_lambda(&self) -> bool {
        matches!(self.kernel, Kernel::Lambda(_))
    }

    /// The DataFusion scalar function that computes this call; arguments in physical form, in order.
    pub fn scalar_udf(&self, session: &Arc<SessionInfo>) -> Result<Arc<ScalarUDF>, FunctionError> {
        match self.kernel {
            Kernel::Scalar(kernel) => Ok(KernelUdf::build(self.binding(session), self.function, kernel)),
            _ => Err(FunctionError::internal(format!("{} is not a scalar function", self.name))),
        }
    }

    /// The DataFusion higher-order function that computes this call; lambdas stand where `argument_types` has functions.
    pub fn higher_order_udf(&self, session: &Arc<SessionInfo>) -> Result<Arc<HigherOrderUDF>, FunctionError> {
        match self.kernel {
            Kernel::Lambda(kernel) => Ok(LambdaKernelUdf::build(self.binding(session), self.function, kernel)),
            _ => Err(FunctionError::internal(format!("{} takes no lambda", self.name))),
        }
    }

    /// The DataFusion aggregate that computes this call, also over a window frame.
    pub fn aggregate_udf(&self, session: &Arc<SessionInfo>) -> Result<Arc<AggregateUDF>, FunctionError> {
        match self.kernel {
            Kernel::Aggregate(kernel) => kernel(&Arc::new(self.binding(session))),
            _ => Err(FunctionError::internal(format!("{} is not an aggregate function", self.name))),
        }
    }

    /// The DataFusion window function that computes this call.
    pub fn window_udf(&self, session: &Arc<SessionInfo>) -> Result<Arc<WindowUDF>, FunctionError> {
        match self.kernel {
            Kernel::Window(kernel) => kernel(&Arc::new(self.binding(session))),
            _ => Err(FunctionError::internal(format!("{} is not a window function", self.name))),
        }
    }
}

/// Every section of the library. Resolution tries overloads in this order.
pub const SECTIONS: &[(&str, &[&Function])] = &[
    ("operator", crate::operator::FUNCTIONS),
    ("aggregate", crate::aggregate::FUNCTIONS),
    ("window", crate::window::FUNCTIONS),
    ("sketch", crate::sketch::FUNCTIONS),
    ("array", crate::array::FUNCTIONS),
    ("map", crate::map::FUNCTIONS),
    ("lambda", crate::lambda::FUNCTIONS),
    ("json", crate::json::FUNCTIONS),
    ("conditional", crate::conditional::FUNCTIONS),
    ("session", crate::session::FUNCTIONS),
    ("uuid", crate::uuid::FUNCTIONS),
    ("format", crate::format::FUNCTIONS),
    ("datetime", crate::datetime::FUNCTIONS),
    ("string", crate::string::FUNCTIONS),
    ("regexp", crate::regexp::FUNCTIONS),
    ("url", crate::url::FUNCTIONS),
    ("binary", crate::binary::FUNCTIONS),
    ("bitwise", crate::bitwise::FUNCTIONS),
    ("math", crate::math::FUNCTIONS),
    ("color", crate::color::FUNCTIONS),
];

/// An overload with its signature parsed.
#[derive(Debug)]
struct Candidate {
    function: &'static Function,
    kernel: Kernel,
    signature: Signature,
}

static CANDIDATES: LazyLock<HashMap<&'static str, Vec<Candidate>>> = LazyLock::new(|| {
    let mut candidates: HashMap<&'static str, Vec<Candidate>> = HashMap::new();
    for function in SECTIONS.iter().flat_map(|(_, functions)| functions.iter()) {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            for overload in function.overloads {
                // A signature that does not parse fails the registry's test; here it is left out.
                if let Ok(signature) = parse(overload.signature) {
                    candidates.entry(name).or_default().push(Candidate { function, kernel: overload.kernel, signature });
                }
            }
        }
    }
    candidates
});

fn candidates(name: &str) -> &'static [Candidate] {
    let lowered;
    let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        lowered = name.to_ascii_lowercase();
        lowered.as_str()
    } else {
        name
    };
    CANDIDATES.get(name).map_or(&[], Vec::as_slice)
}

/// Is there any function of this name (case-insensitive)? Tells FUNCTION_NOT_FOUND's two texts apart.
pub fn find_kind(name: &str) -> Option<FunctionKind> {
    candidates(name).first().map(|candidate| candidate.function.kind)
}

/// Resolves a call. Errors: FUNCTION_NOT_FOUND with Trino's text (`Function 'f' not registered`,
/// `Unexpected parameters (varchar) for function f. Expected: …`), AMBIGUOUS_FUNCTION_CALL, TYPE_MISMATCH from a lambda's
/// body, NOT_SUPPORTED for what Athena has and owlake has not.
pub fn resolve_function(name: &str, arguments: &[Argument], type_lambda: &mut LambdaTyper<'_>) -> Result<BoundFunction, FunctionError> {
    let candidates = candidates(name);
    if candidates.is_empty() {
        return Err(FunctionError::new("FUNCTION_NOT_FOUND", format!("Function '{}' not registered", name.to_lowercase())));
    }
    if let Some(found) = resolve(candidates, arguments, type_lambda)? {
        check_char_length(&found)?;
        return Ok(found);
    }
    let name = name.to_lowercase();
    let given: Vec<String> = arguments
        .iter()
        .map(|argument| match argument {
            Argument::Value(data_type) => data_type.signature_text(),
            Argument::Lambda { .. } => "<function>".to_string(),
        })
        .collect();
    let expected: Vec<String> = candidates.iter().map(|candidate| format!("{name}{}", candidate.signature.printed)).collect();
    let message = format!("Unexpected parameters ({}) for function {name}. Expected: {}", given.join(", "), expected.join(", "));
    Err(FunctionError::new("FUNCTION_NOT_FOUND", message))
}

/// Trino's order: exact without type variables, exact with them, then by coercion the most specific.
fn resolve(
    candidates: &'static [Candidate],
    arguments: &[Argument],
    type_lambda: &mut LambdaTyper<'_>,
) -> Result<Option<BoundFunction>, FunctionError> {
    for is_generic in [false, true] {
        let mut found: Option<(&'static Candidate, Bound)> = None;
        for candidate in candidates.iter().filter(|candidate| candidate.signature.variables.is_empty() != is_generic) {
            if let Some(bound) = bind(&candidate.signature, arguments, false, type_lambda)? {
                if let Some(found) = &found {
                    return Err(ambiguous(&[(found.0, &found.1), (candidate, &bound)]));
                }
                found = Some((candidate, bound));
            }
        }
        if let Some((candidate, bound)) = found {
            return BoundFunction::new(candidate.function, candidate.kernel, bound).map(Some);
        }
    }
    let mut applicable = vec![];
    for candidate in candidates {
        if let Some(bound) = bind(&candidate.signature, arguments, true, type_lambda)? {
            applicable.push((candidate, bound));
        }
    }
    let mut best = most_specific(&applicable, arguments, type_lambda)?;
    if best.len() > 1 {
        best = prefer_unknown_casts(best, &applicable, arguments);
    }
    match best.as_slice() {
        [] => Ok(None),
        [index] => {
            let (candidate, bound) = applicable.swap_remove(*index);
            BoundFunction::new(candidate.function, candidate.kernel, bound).map(Some)
        }
        several => Err(ambiguous(&several.iter().map(|index| (applicable[*index].0, &applicable[*index].1)).collect::<Vec<_>>())),
    }
}

/// Indices of the applicable functions that no other one is more specific than. Ref: Trino 401 `selectMostSpecificFunctions`.
fn most_specific(
    applicable: &[(&'static Candidate, Bound)],
    arguments: &[Argument],
    type_lambda: &mut LambdaTyper<'_>,
) -> Result<Vec<usize>, FunctionError> {
    let mut representatives: Vec<usize> = vec![];
    for current in 0..applicable.len() {
        let mut is_represented = false;
        for representative in &mut representatives {
            if is_more_specific(&applicable[current].1, applicable[*representative].0, arguments, type_lambda)? {
                *representative = current;
                is_represented = true;
                break;
            }
            if is_more_specific(&applicable[*representative].1, applicable[current].0, arguments, type_lambda)? {
                is_represented = true;
                break;
            }
        }
        if !is_represented {
            representatives.push(current);
        }
    }
    Ok(representatives)
}

fn is_more_specific(
    left: &Bound,
    right: &Candidate,
    arguments: &[Argument],
    type_lambda: &mut LambdaTyper<'_>,
) -> Result<bool, FunctionError> {
    let resolved: Vec<Argument> = left
        .argument_types
        .iter()
        .zip(arguments)
        .map(|(bound, argument)| match argument {
            Argument::Value(_) => Argument::Value(bound.clone()),
            Argument::Lambda { parameters } => Argument::Lambda { parameters: *parameters },
        })
        .collect();
    Ok(bind(&right.signature, &resolved, true, type_lambda)?.is_some())
}

/// Among equally specific functions: those that only cast the NULLs, else any one when all give the same type.
fn prefer_unknown_casts(best: Vec<usize>, applicable: &[(&'static Candidate, Bound)], arguments: &[Argument]) -> Vec<usize> {
    let is_unknown = |argument: &Argument| matches!(argument, Argument::Value(TrinoType::Unknown));
    if !arguments.iter().any(is_unknown) {
        return best;
    }
    let only_unknown_cast: Vec<usize> = (0..applicable.len())
        .filter(|index| {
            arguments.iter().zip(&applicable[*index].1.argument_types).all(|(argument, bound)| match argument {
                Argument::Value(TrinoType::Unknown) | Argument::Lambda { .. } => true,
                Argument::Value(actual) => actual == bound,
            })
        })
        .collect();
    let best = if only_unknown_cast.is_empty() { best } else { only_unknown_cast };
    let returns_same = best.windows(2).all(|pair| applicable[pair[0]].1.return_type == applicable[pair[1]].1.return_type);
    let all_strict = best.iter().all(|index| applicable[*index].0.function.nulls != Nulls::Seen);
    if best.len() > 1 && returns_same && all_strict { best[..1].to_vec() } else { best }
}

/// Ref: Trino 401 `FunctionResolver.matchFunction`: each candidate with its types bound, in the order of registration.
fn ambiguous(candidates: &[(&'static Candidate, &Bound)]) -> FunctionError {
    let printed: Vec<String> = candidates
        .iter()
        .map(|(candidate, bound)| {
            let arguments: Vec<String> = bound.argument_types.iter().map(TrinoType::signature_text).collect();
            let name = OPERATORS.iter().find(|(operator, _)| operator.function_name() == candidate.function.name);
            let name = name.map_or_else(|| candidate.function.name.to_owned(), |(_, name)| format!("$operator${name}"));
            format!("\t * {name}({}):{}\n", arguments.join(","), bound.return_type.signature_text())
        })
        .collect();
    FunctionError::new(
        "AMBIGUOUS_FUNCTION_CALL",
        format!("Could not choose a best candidate operator. Explicit type casts must be added.\nCandidates are:\n{}", printed.concat()),
    )
}

/// The longest char.
const CHAR_LENGTH_MAX: u32 = 65_536;

/// Operators that several overloads may fit, under Trino's names. Ref: Trino 401 `OperatorType`.
const OPERATORS: &[(Operator, &str)] = &[
    (Operator::Add, "ADD"),
    (Operator::Subtract, "SUBTRACT"),
    (Operator::Multiply, "MULTIPLY"),
    (Operator::Divide, "DIVIDE"),
    (Operator::Modulus, "MODULUS"),
    (Operator::Negate, "NEGATION"),
    (Operator::Equal, "EQUAL"),
    (Operator::LessThan, "LESS_THAN"),
    (Operator::LessThanOrEqual, "LESS_THAN_OR_EQUAL"),
    (Operator::Subscript, "SUBSCRIPT"),
];

impl Operator {
    /// The name of the operator's descriptor.
    pub fn function_name(self) -> &'static str {
        match self {
            Operator::Add => "$add",
            Operator::Subtract => "$subtract",
            Operator::Multiply => "$multiply",
            Operator::Divide => "$divide",
            Operator::Modulus => "$modulus",
            Operator::Negate => "$negate",
            Operator::Equal => "$equal",
            Operator::NotEqual => "$not_equal",
            Operator::LessThan => "$less_than",
            Operator::LessThanOrEqual => "$less_than_or_equal",
            Operator::GreaterThan => "$greater_than",
            Operator::GreaterThanOrEqual => "$greater_than_or_equal",
            Operator::IsDistinctFrom => "$is_distinct_from",
            Operator::Subscript => "$subscript",
        }
    }

    /// The sign error texts print; Trino knows `>` only as `<` and says so.
    fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract | Operator::Negate => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Modulus => "%",
            Operator::Equal => "=",
            Operator::NotEqual => "<>",
            Operator::LessThan | Operator::GreaterThan => "<",
            Operator::LessThanOrEqual | Operator::GreaterThanOrEqual => "<=",
            Operator::IsDistinctFrom => "IS DISTINCT FROM",
            Operator::Subscript => "[]",
        }
    }
}

/// Two chars make one as long as both; past 65536 there is no such type.
fn check_char_length(function: &BoundFunction) -> Result<(), FunctionError> {
    if let ("concat", [TrinoType::Char(left), TrinoType::Char(right)]) = (function.name, &function.argument_types[..])
        && left + right > CHAR_LENGTH_MAX
    {
        let length = left + right;
        return Err(FunctionError::argument(format!("CHAR length must be in range [0, {CHAR_LENGTH_MAX}], got {length}")));
    }
    Ok(())
}

/// The scale of a product of decimals is the sum of theirs; past 38 there is no such type.
fn check_product_scale(operator: Operator, arguments: &[TrinoType]) -> Result<(), FunctionError> {
    if let (Operator::Multiply, [TrinoType::Decimal { scale: left, .. }, TrinoType::Decimal { scale: right, .. }]) = (operator, arguments)
        && left + right > 38
    {
        return Err(FunctionError::argument(format!("DECIMAL scale must be in range [0, precision (38)]: {}", left + right)));
    }
    Ok(())
}

/// Resolves an operator. Errors: TYPE_MISMATCH with Trino's text (`Cannot apply operator: varchar(1) = integer`).
pub fn resolve_operator(operator: Operator, arguments: &[TrinoType]) -> Result<BoundFunction, FunctionError> {
    let values: Vec<Argument> = arguments.iter().cloned().map(Argument::Value).collect();
    let mut no_lambda = |_: usize, _: &[TrinoType]| Err(FunctionError::internal("an operator takes no lambda"));
    check_product_scale(operator, arguments)?;
    if let Some(found) = resolve(candidates(operator.function_name()), &values, &mut no_lambda)? {
        return Ok(found);
    }
    let text = match (operator, arguments) {
        (Operator::Negate, [operand]) => format!("Cannot negate {}", operand.display_name()),
        (Operator::Subscript, [base, index]) => format!("Cannot use {} for subscript of {}", index.display_name(), base.display_name()),
        (_, [left, right]) => format!("Cannot apply operator: {} {} {}", left.display_name(), operator.sign(), right.display_name()),
        _ => format!("Cannot apply operator: {}", operator.sign()),
    };
    Err(FunctionError::new("TYPE_MISMATCH", text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_parses_and_fits_its_kind() {
        for (section, functions) in SECTIONS {
            for function in *functions {
                assert!(!function.overloads.is_empty(), "{section}: {} has no overload", function.name);
                for overload in function.overloads {
                    parse(overload.signature).unwrap_or_else(|message| panic!("{section}: {}: {message}", function.name));
                    let fits = match overload.kernel {
                        Kernel::Scalar(_) | Kernel::Lambda(_) => function.kind == FunctionKind::Scalar,
                        Kernel::Aggregate(_) => function.kind == FunctionKind::Aggregate,
                        Kernel::Window(_) => function.kind == FunctionKind::Window,
                        Kernel::Unsupported => true,
                    };
                    assert!(fits, "{section}: {} is a {:?}", function.name, function.kind);
                }
            }
        }
    }

    #[test]
    fn unknown_name_is_told_apart() {
        let mut no_lambda = |_: usize, _: &[TrinoType]| Ok(TrinoType::Unknown);
        let error = resolve_function("No_Such", &[], &mut no_lambda).unwrap_err();
        assert_eq!((error.name, error.message.as_str()), ("FUNCTION_NOT_FOUND", "Function 'no_such' not registered"));
    }
}
