//! Which nodes does a Trino statement consist of? The syntax tree of Trino 401, one file a topic.
//!
//! Positions are those Trino's `AstBuilder` gives: an infix operator stands at its operator, a predicate at
//! its keyword, everything else where its text begins.

mod data_type;
mod expression;
mod identifier;
mod json;
mod pattern;
mod query;
mod relation;
mod statement;

pub use data_type::{DataType, DataTypeKind, IntervalField, RowField, TypeParameter};
pub use expression::{
    ArithmeticOperator, ComparisonOperator, CurrentTime, Expression, ExpressionKind, ExtractField, FrameBound, FrameUnit, FunctionCall,
    IntervalLiteral, IntervalUnit, LogicalOperator, NullTreatment, Operand, ProcessingMode, Quantifier, Sign, TrimSpecification,
    WhenClause, Window, WindowFrame, WindowSpecification,
};
pub use identifier::{Identifier, QualifiedName};
pub use json::{
    EmptyOrErrorBehavior, JsonArray, JsonArrayElement, JsonExists, JsonExistsErrorBehavior, JsonFormat, JsonObject, JsonObjectMember,
    JsonPathInvocation, JsonPathParameter, JsonQuery, JsonQuotesBehavior, JsonValue, JsonValueBehavior, JsonWrapper,
};
pub use pattern::{
    AfterMatchSkip, MeasureDefinition, PatternQuantifier, PatternQuantifierKind, PatternSearchMode, RowPattern, RowPatternKind,
    RowsPerMatch, SubsetDefinition, VariableDefinition,
};
pub use query::{
    GroupBy, GroupingElement, Limit, NamedQuery, NullOrdering, Offset, OrderBy, Query, QueryBody, QueryBodyKind, QuerySpecification,
    RowCount, SelectItem, SetOperator, SetQuantifier, SortItem, WindowDefinition, With,
};
pub use relation::{
    AliasedRelation, Join, JoinCriteria, JoinKind, PatternRecognition, QueryPeriod, QueryPeriodKind, Relation, RelationKind, SampleKind,
    SampledRelation, Unnest,
};
pub use statement::{
    CreateTableAsSelect, CreateView, Delete, Explain, ExplainOption, Insert, Merge, MergeAction, MergeCase, Optimize, Property, Statement,
    StatementKind, Unload, Update, UpdateAssignment, ViewSecurity,
};
