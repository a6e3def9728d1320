//! What does a compiled path consist of? Ref: Trino 401 `io.trino.json.ir`.

use super::super::item::SqlValue;

/// A path, ready to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// `lax`: structural errors give nothing and arrays are unwrapped; `strict`: they are errors.
    pub is_lax: bool,
    pub root: Node,
}

/// An expression; gives a sequence of items.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `$`
    Context,
    /// `@`
    Current,
    /// `last`
    Last,
    /// `$name`, by its place among the parameters.
    Variable(usize),
    /// `null`
    Null,
    Literal(SqlValue<'static>),
    /// What steps, one after the other, make of a base.
    Steps(Box<Node>, Vec<Step>),
    Sign {
        is_minus: bool,
        base: Box<Node>,
    },
    Binary(Arithmetic, Box<Node>, Box<Node>),
}

/// An accessor, filter or method.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `.key`, or `.*` without a key.
    Member(Option<String>),
    /// `..key`
    Descendants(String),
    /// `[from to to, …]`; `[*]` without subscripts.
    Elements(Vec<(Node, Option<Node>)>),
    /// `?(…)`
    Filter(Box<Predicate>),
    Method(Method),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Abs,
    Ceiling,
    Double,
    Floor,
    KeyValue,
    Size,
    Type,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

/// A condition: true, false or unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    And(Box<Predicate>, Box<Predicate>),
    Or(Box<Predicate>, Box<Predicate>),
    Not(Box<Predicate>),
    IsUnknown(Box<Predicate>),
    Exists(Node),
    Compare(Comparison, Node, Node),
    StartsWith(Node, Node),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}
