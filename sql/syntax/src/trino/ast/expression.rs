//! What is a scalar expression made of? Literals, operators, calls, predicates and window specifications.
//!
//! Ref: Trino 401 `io.trino.sql.tree`. JSON functions and row patterns have files of their own.

use std::ops::Deref;

use super::data_type::DataType;
use super::identifier::{Identifier, QualifiedName};
use super::json::{JsonArray, JsonExists, JsonObject, JsonQuery, JsonValue};
use super::pattern::{AfterMatchSkip, MeasureDefinition, PatternSearchMode, RowPattern, SubsetDefinition, VariableDefinition};
use super::query::{OrderBy, Query};
use crate::location::{Location, Span};

/// An expression with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// The position error messages name: the operator of an infix expression, the keyword of a predicate.
    pub location: Location,
    /// The whole text, parentheses around it not included.
    pub span: Span,
}

/// The left operand of an operator that can be chained without end (`a + b + c …`).
///
/// It reads as an [`Expression`]; its own type lets a chain of any length be freed without recursion.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand(Box<Expression>);

impl Operand {
    /// Boxes an operand.
    #[must_use]
    pub fn new(expression: Expression) -> Self {
        Self(Box::new(expression))
    }
}

impl Deref for Operand {
    type Target = Expression;

    fn deref(&self) -> &Expression {
        &self.0
    }
}

impl Drop for Operand {
    fn drop(&mut self) {
        let mut kind = std::mem::replace(&mut self.0.kind, ExpressionKind::NullLiteral);
        loop {
            let next = match &mut kind {
                ExpressionKind::ArithmeticBinary { left, .. }
                | ExpressionKind::Concat { left, .. }
                | ExpressionKind::AtTimeZone { value: left, .. }
                | ExpressionKind::Dereference { base: left, .. }
                | ExpressionKind::Subscript { base: left, .. } => std::mem::replace(&mut left.0.kind, ExpressionKind::NullLiteral),
                _ => return,
            };
            kind = next;
        }
    }
}

/// Every form of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// `NULL`.
    NullLiteral,
    /// `TRUE` or `FALSE`.
    BooleanLiteral(bool),
    /// `'text'` or `U&'text'`, escapes undone.
    StringLiteral(String),
    /// `X'00FF'`.
    BinaryLiteral(Vec<u8>),
    /// Digits, a minus directly before them included: `-1` is one literal, `+1` is a sign over one.
    LongLiteral(i64),
    /// `1.5`, `-1.5` or `DECIMAL '1.5'`, the digits as written. Athena reads the unquoted form as a double.
    DecimalLiteral {
        /// Sign, digits and point.
        value: String,
        /// Written `DECIMAL '…'`, which is a decimal under every setting.
        is_typed: bool,
    },
    /// `1.5E0` or `-1.5E0`.
    DoubleLiteral(f64),
    /// `type 'text'` for any type without a literal of its own (`DATE`, `JSON`, `BIGINT`, …).
    GenericLiteral {
        /// The type's name as written.
        type_name: String,
        /// The text.
        value: String,
    },
    /// `CHAR 'text'`.
    CharLiteral(String),
    /// `TIME 'text'`.
    TimeLiteral(String),
    /// `TIMESTAMP 'text'`.
    TimestampLiteral(String),
    /// `INTERVAL '2' DAY`.
    IntervalLiteral(IntervalLiteral),
    /// A column name.
    Identifier(Identifier),
    /// `base.field`.
    Dereference {
        /// The row or qualifier.
        base: Operand,
        /// The field.
        field: Identifier,
    },
    /// `base[index]`.
    Subscript {
        /// The array, map or row.
        base: Operand,
        /// The index or key.
        index: Box<Expression>,
    },
    /// `name(…)` with all its clauses.
    FunctionCall(Box<FunctionCall>),
    /// `measure OVER w`: a row-pattern measure of a window.
    WindowOperation {
        /// The measure.
        name: Identifier,
        /// The window.
        window: Box<Window>,
    },
    /// `x -> body` or `(x, y) -> body`.
    Lambda {
        /// Argument names.
        arguments: Vec<Identifier>,
        /// The body.
        body: Box<Expression>,
    },
    /// `+x` or `-x`.
    ArithmeticUnary {
        /// The sign.
        sign: Sign,
        /// The operand.
        value: Box<Expression>,
    },
    /// `left op right`.
    ArithmeticBinary {
        /// The operator.
        operator: ArithmeticOperator,
        /// Left operand.
        left: Operand,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `left || right`; the engine resolves it as a call of `concat` with these two arguments.
    Concat {
        /// Left operand.
        left: Operand,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `left op right`, `IS [NOT] DISTINCT FROM` included.
    Comparison {
        /// The operator.
        operator: ComparisonOperator,
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `value op ALL|ANY|SOME (query)`.
    QuantifiedComparison {
        /// The operator.
        operator: ComparisonOperator,
        /// The quantifier.
        quantifier: Quantifier,
        /// Left operand.
        value: Box<Expression>,
        /// The parenthesised query, an [`ExpressionKind::Subquery`].
        subquery: Box<Expression>,
    },
    /// `value BETWEEN min AND max`; `NOT BETWEEN` is a [`ExpressionKind::Not`] over it.
    Between {
        /// Tested value.
        value: Box<Expression>,
        /// Lower bound.
        min: Box<Expression>,
        /// Upper bound.
        max: Box<Expression>,
    },
    /// `value IN (a, b)`; `NOT IN` is a [`ExpressionKind::Not`] over it.
    InList {
        /// Tested value.
        value: Box<Expression>,
        /// At least one item.
        items: Vec<Expression>,
    },
    /// `value IN (query)`.
    InSubquery {
        /// Tested value.
        value: Box<Expression>,
        /// The query, an [`ExpressionKind::Subquery`].
        subquery: Box<Expression>,
    },
    /// `value LIKE pattern [ESCAPE escape]`.
    Like {
        /// Tested value.
        value: Box<Expression>,
        /// The pattern.
        pattern: Box<Expression>,
        /// The escape character.
        escape: Option<Box<Expression>>,
    },
    /// `value IS NULL`.
    IsNull(Box<Expression>),
    /// `value IS NOT NULL`.
    IsNotNull(Box<Expression>),
    /// `a AND b AND c`: at least two terms; a chain of the same operator is one node, a
    /// parenthesised one a node of its own.
    Logical {
        /// `AND` or `OR`.
        operator: LogicalOperator,
        /// The terms.
        terms: Vec<Expression>,
    },
    /// `NOT x`.
    Not(Box<Expression>),
    /// `CASE operand WHEN … END`.
    SimpleCase {
        /// Compared with each `WHEN`.
        operand: Box<Expression>,
        /// At least one branch.
        when_clauses: Vec<WhenClause>,
        /// `ELSE`.
        default: Option<Box<Expression>>,
    },
    /// `CASE WHEN … END`.
    SearchedCase {
        /// At least one branch.
        when_clauses: Vec<WhenClause>,
        /// `ELSE`.
        default: Option<Box<Expression>>,
    },
    /// `CAST(value AS type)` or `TRY_CAST(…)`.
    Cast {
        /// The value.
        value: Box<Expression>,
        /// The target type.
        data_type: Box<DataType>,
        /// `TRY_CAST`.
        is_safe: bool,
    },
    /// `TRY(x)`.
    Try(Box<Expression>),
    /// `IF(condition, then [, else])`.
    If {
        /// The condition.
        condition: Box<Expression>,
        /// Value when true.
        then: Box<Expression>,
        /// Value otherwise; null when absent.
        otherwise: Option<Box<Expression>>,
    },
    /// `NULLIF(a, b)`.
    NullIf {
        /// First argument.
        first: Box<Expression>,
        /// Second argument.
        second: Box<Expression>,
    },
    /// `COALESCE(a, b, …)`, at least two.
    Coalesce(Vec<Expression>),
    /// `EXTRACT(field FROM value)`.
    Extract {
        /// The field.
        field: ExtractField,
        /// The value.
        value: Box<Expression>,
    },
    /// `value AT TIME ZONE zone`; the zone is a string or an interval.
    AtTimeZone {
        /// The value.
        value: Operand,
        /// The zone.
        zone: Box<Expression>,
    },
    /// `CURRENT_DATE`, `LOCALTIMESTAMP(3)` and their kin.
    CurrentTime {
        /// Which.
        function: CurrentTime,
        /// Digits of the fraction, when written.
        precision: Option<u32>,
    },
    /// `CURRENT_USER`.
    CurrentUser,
    /// `CURRENT_CATALOG`.
    CurrentCatalog,
    /// `CURRENT_SCHEMA`.
    CurrentSchema,
    /// `CURRENT_PATH`.
    CurrentPath,
    /// `FORMAT(pattern, …)`: at least two arguments.
    Format(Vec<Expression>),
    /// `TRIM([LEADING|TRAILING|BOTH] [characters] FROM source)` or `TRIM(source, characters)`.
    Trim {
        /// Which side; both when not written.
        specification: TrimSpecification,
        /// The text.
        source: Box<Expression>,
        /// Characters to remove; spaces when not written.
        characters: Option<Box<Expression>>,
    },
    /// `ROW(a, b)` or `(a, b)`.
    Row(Vec<Expression>),
    /// `ARRAY[a, b]`.
    Array(Vec<Expression>),
    /// `(query)` as a value.
    Subquery(Box<Query>),
    /// `EXISTS (query)`; holds an [`ExpressionKind::Subquery`].
    Exists(Box<Expression>),
    /// `?`, its index counted from 0 over the statement.
    Parameter(usize),
    /// `GROUPING(a, b.c)`.
    Grouping(Vec<QualifiedName>),
    /// `JSON_EXISTS(…)`.
    JsonExists(Box<JsonExists>),
    /// `JSON_VALUE(…)`.
    JsonValue(Box<JsonValue>),
    /// `JSON_QUERY(…)`.
    JsonQuery(Box<JsonQuery>),
    /// `JSON_OBJECT(…)`.
    JsonObject(Box<JsonObject>),
    /// `JSON_ARRAY(…)`.
    JsonArray(Box<JsonArray>),
}

/// A call `name([DISTINCT] args [ORDER BY …]) [FILTER …] [nulls] [OVER …]`.
///
/// `POSITION(a IN b)` is `strpos(b, a)`, `SUBSTRING(a FROM b FOR c)` is `substr`, `NORMALIZE(a, NFC)` is
/// `normalize(a, 'NFC')`, and `LISTAGG` carries its overflow clause as further arguments, as in Trino.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// The name.
    pub name: QualifiedName,
    /// Arguments; empty for `count(*)`.
    pub arguments: Vec<Expression>,
    /// Whether the argument list was `*`; the label before it (`count(t.*)` in patterns) is in `star_label`.
    pub is_star: bool,
    /// The pattern variable of `count(A.*)`.
    pub star_label: Option<Identifier>,
    /// `DISTINCT`.
    pub is_distinct: bool,
    /// `ORDER BY` inside the parentheses, or `WITHIN GROUP` of `LISTAGG`.
    pub order_by: Option<OrderBy>,
    /// `FILTER (WHERE …)`.
    pub filter: Option<Expression>,
    /// `IGNORE NULLS` or `RESPECT NULLS`.
    pub null_treatment: Option<NullTreatment>,
    /// `RUNNING` or `FINAL` before the name.
    pub processing_mode: Option<ProcessingMode>,
    /// `OVER …`.
    pub window: Option<Window>,
}

/// `INTERVAL [+|-] 'value' from [TO to]`.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalLiteral {
    /// The text, sign before the quotes not included.
    pub value: String,
    /// The sign before the quotes.
    pub sign: Sign,
    /// Leading unit.
    pub from: IntervalUnit,
    /// Trailing unit.
    pub to: Option<IntervalUnit>,
}

/// `WHEN operand THEN result`.
#[derive(Debug, Clone, PartialEq)]
pub struct WhenClause {
    /// Compared value or condition.
    pub operand: Expression,
    /// Result.
    pub result: Expression,
    /// Where `WHEN` stands.
    pub location: Location,
}

/// What follows `OVER`.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// A name of the `WINDOW` clause.
    Reference(Identifier),
    /// `(…)`.
    Specification(Box<WindowSpecification>),
}

/// `([existing] [PARTITION BY …] [ORDER BY …] [frame])`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpecification {
    /// Name of the window it refines.
    pub existing_window_name: Option<Identifier>,
    /// Partitioning expressions; empty without `PARTITION BY`.
    pub partition_by: Vec<Expression>,
    /// Ordering.
    pub order_by: Option<OrderBy>,
    /// Frame.
    pub frame: Option<WindowFrame>,
    /// Where it begins.
    pub location: Location,
}

/// A frame with the row-pattern clauses it may carry.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    /// `ROWS`, `RANGE` or `GROUPS`.
    pub unit: FrameUnit,
    /// Start of the frame.
    pub start: FrameBound,
    /// End of the frame; the current row when absent.
    pub end: Option<FrameBound>,
    /// `MEASURES`.
    pub measures: Vec<MeasureDefinition>,
    /// `AFTER MATCH SKIP`.
    pub after_match_skip: Option<AfterMatchSkip>,
    /// `INITIAL` or `SEEK`.
    pub search_mode: Option<PatternSearchMode>,
    /// `PATTERN (…)`.
    pub pattern: Option<RowPattern>,
    /// `SUBSET`.
    pub subsets: Vec<SubsetDefinition>,
    /// `DEFINE`.
    pub definitions: Vec<VariableDefinition>,
    /// Where it begins.
    pub location: Location,
}

/// Unit of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    /// `ROWS`.
    Rows,
    /// `RANGE`.
    Range,
    /// `GROUPS`.
    Groups,
}

/// One end of a frame, with the position Trino reports for it.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`.
    UnboundedPreceding(Location),
    /// `n PRECEDING`.
    Preceding(Box<Expression>, Location),
    /// `CURRENT ROW`.
    CurrentRow(Location),
    /// `n FOLLOWING`.
    Following(Box<Expression>, Location),
    /// `UNBOUNDED FOLLOWING`.
    UnboundedFollowing(Location),
}

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `+` or nothing.
    Plus,
    /// `-`.
    Minus,
}

/// Arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithmeticOperator {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulus,
}

impl ArithmeticOperator {
    /// The operator's text.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulus => "%",
        }
    }
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComparisonOperator {
    /// `=`.
    Equal,
    /// `<>` or `!=`.
    NotEqual,
    /// `<`.
    LessThan,
    /// `<=`.
    LessThanOrEqual,
    /// `>`.
    GreaterThan,
    /// `>=`.
    GreaterThanOrEqual,
    /// `IS DISTINCT FROM`; with `NOT` it is wrapped in [`ExpressionKind::Not`].
    IsDistinctFrom,
}

impl ComparisonOperator {
    /// The operator's text.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::LessThan => "<",
            Self::LessThanOrEqual => "<=",
            Self::GreaterThan => ">",
            Self::GreaterThanOrEqual => ">=",
            Self::IsDistinctFrom => "IS DISTINCT FROM",
        }
    }
}

/// `AND` or `OR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogicalOperator {
    /// `AND`.
    And,
    /// `OR`.
    Or,
}

/// Quantifier of a comparison with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ALL`.
    All,
    /// `ANY`.
    Any,
    /// `SOME`.
    Some,
}

/// Units of intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntervalUnit {
    /// `YEAR`.
    Year,
    /// `MONTH`.
    Month,
    /// `DAY`.
    Day,
    /// `HOUR`.
    Hour,
    /// `MINUTE`.
    Minute,
    /// `SECOND`.
    Second,
}

impl IntervalUnit {
    /// The unit's keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Month => "MONTH",
            Self::Day => "DAY",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Second => "SECOND",
        }
    }
}

/// Fields of `EXTRACT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExtractField {
    /// `YEAR`.
    Year,
    /// `QUARTER`.
    Quarter,
    /// `MONTH`.
    Month,
    /// `WEEK`.
    Week,
    /// `DAY`.
    Day,
    /// `DAY_OF_MONTH`.
    DayOfMonth,
    /// `DAY_OF_WEEK`.
    DayOfWeek,
    /// `DOW`.
    Dow,
    /// `DAY_OF_YEAR`.
    DayOfYear,
    /// `DOY`.
    Doy,
    /// `YEAR_OF_WEEK`.
    YearOfWeek,
    /// `YOW`.
    Yow,
    /// `HOUR`.
    Hour,
    /// `MINUTE`.
    Minute,
    /// `SECOND`.
    Second,
    /// `TIMEZONE_MINUTE`.
    TimezoneMinute,
    /// `TIMEZONE_HOUR`.
    TimezoneHour,
}

impl ExtractField {
    /// Every field.
    pub const ALL: [Self; 17] = [
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::DayOfMonth,
        Self::DayOfWeek,
        Self::Dow,
        Self::DayOfYear,
        Self::Doy,
        Self::YearOfWeek,
        Self::Yow,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::TimezoneMinute,
        Self::TimezoneHour,
    ];

    /// The field's keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Quarter => "QUARTER",
            Self::Month => "MONTH",
            Self::Week => "WEEK",
            Self::Day => "DAY",
            Self::DayOfMonth => "DAY_OF_MONTH",
            Self::DayOfWeek => "DAY_OF_WEEK",
            Self::Dow => "DOW",
            Self::DayOfYear => "DAY_OF_YEAR",
            Self::Doy => "DOY",
            Self::YearOfWeek => "YEAR_OF_WEEK",
            Self::Yow => "YOW",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Second => "SECOND",
            Self::TimezoneMinute => "TIMEZONE_MINUTE",
            Self::TimezoneHour => "TIMEZONE_HOUR",
        }
    }
}

/// Functions of the current time that are written without parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CurrentTime {
    /// `CURRENT_DATE`.
    Date,
    /// `CURRENT_TIME`.
    Time,
    /// `CURRENT_TIMESTAMP`.
    Timestamp,
    /// `LOCALTIME`.
    LocalTime,
    /// `LOCALTIMESTAMP`.
    LocalTimestamp,
}

impl CurrentTime {
    /// The function's keyword in lower case.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Date => "current_date",
            Self::Time => "current_time",
            Self::Timestamp => "current_timestamp",
            Self::LocalTime => "localtime",
            Self::LocalTimestamp => "localtimestamp",
        }
    }
}

/// Side of `TRIM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrimSpecification {
    /// Both ends.
    Both,
    /// The beginning.
    Leading,
    /// The end.
    Trailing,
}

/// How a call treats nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullTreatment {
    /// `IGNORE NULLS`.
    Ignore,
    /// `RESPECT NULLS`.
    Respect,
}

/// When a row-pattern function is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessingMode {
    /// `RUNNING`.
    Running,
    /// `FINAL`.
    Final,
}
