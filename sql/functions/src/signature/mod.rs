//! How is a function's signature written, and when does it fit a call? Ref: Trino 401 `Signature`, `SignatureBinder`.
//!
//! ```text
//! (varchar, varchar) -> bigint                          plain types; `varchar` is unbounded
//! <T: comparable>(array(T), T) -> boolean               type variables, upper case, constrained by
//!                                                       comparable, orderable, row, castable(json), castable_from(json)
//! <E!>(array(E), E) -> array(E)                         `!`: printed as written, where texts print others in lower case
//! (varchar(x), varchar(y)) -> varchar(x + y)            literal variables, lower case, and their calculus:
//! (decimal(p,s)) -> decimal(min(38, p + 1), s)          + - * / min(a, b) max(a, b)
//! <T>(T, T...) -> array(T)                              `...`: the last argument, any number of times (also none)
//! <T, U>(array(T), function(T, U)) -> array(U)          a lambda: its parameters, then its result
//! (timestamp(p) with time zone) -> date                 precisions are literals too
//! (varchar, any...) -> varchar                          `any`: an argument of any type, never coerced
//! ```
//! A `varchar(n)` past 2147483646 is unbounded.

pub mod bind;
pub mod parse;

use crate::types::TrinoType;

/// A parsed signature.
#[derive(Debug, Clone)]
pub struct Signature {
    pub variables: Vec<Variable>,
    /// Names of the literal variables, in order of appearance.
    pub literals: Vec<String>,
    pub arguments: Vec<Pattern>,
    pub is_variadic: bool,
    pub result: Pattern,
    /// The arguments and constraints as error texts print them: `(array(t), t) T:comparable`.
    pub printed: String,
}

/// A type variable and what it demands.
#[derive(Debug, Clone, Default)]
pub struct Variable {
    pub name: String,
    /// Error texts print it as it is written here: in capitals. Trino does so where a function's signature is made in code.
    pub is_printed_as_written: bool,
    pub is_comparable: bool,
    pub is_orderable: bool,
    pub is_row: bool,
    pub castable_to: Option<TrinoType>,
    pub castable_from: Option<TrinoType>,
}

/// The shape of a type in a signature. Literal positions hold [`Calculus`].
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Index into [`Signature::variables`].
    Variable(usize),
    /// Any type at all, left as it is.
    Any,
    Exact(TrinoType),
    Varchar(Calculus),
    Char(Calculus),
    Decimal(Calculus, Calculus),
    Time(Calculus),
    TimeWithTimeZone(Calculus),
    Timestamp(Calculus),
    TimestampWithTimeZone(Calculus),
    Array(Box<Pattern>),
    Map(Box<Pattern>, Box<Pattern>),
    Row(Vec<Pattern>),
    Qdigest(Box<Pattern>),
    Function(Vec<Pattern>, Box<Pattern>),
}

/// Arithmetic over literal variables.
#[derive(Debug, Clone)]
pub enum Calculus {
    Number(i64),
    /// Index into [`Signature::literals`].
    Literal(usize),
    Add(Box<Calculus>, Box<Calculus>),
    Subtract(Box<Calculus>, Box<Calculus>),
    Multiply(Box<Calculus>, Box<Calculus>),
    Divide(Box<Calculus>, Box<Calculus>),
    Min(Box<Calculus>, Box<Calculus>),
    Max(Box<Calculus>, Box<Calculus>),
}

impl Calculus {
    /// The value, given the literal variables'; none when one is not bound or the arithmetic fails.
    pub fn evaluate(&self, literals: &[Option<i64>]) -> Option<i64> {
        let both = |left: &Calculus, right: &Calculus| Some((left.evaluate(literals)?, right.evaluate(literals)?));
        match self {
            Calculus::Number(number) => Some(*number),
            Calculus::Literal(index) => literals.get(*index).copied().flatten(),
            Calculus::Add(left, right) => both(left, right).and_then(|(a, b)| a.checked_add(b)),
            Calculus::Subtract(left, right) => both(left, right).and_then(|(a, b)| a.checked_sub(b)),
            Calculus::Multiply(left, right) => both(left, right).and_then(|(a, b)| a.checked_mul(b)),
            Calculus::Divide(left, right) => both(left, right).and_then(|(a, b)| a.checked_div(b)),
            Calculus::Min(left, right) => both(left, right).map(|(a, b)| a.min(b)),
            Calculus::Max(left, right) => both(left, right).map(|(a, b)| a.max(b)),
        }
    }
}
