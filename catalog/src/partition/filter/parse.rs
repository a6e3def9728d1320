//! What does a partition expression ask for? Read by sqlparser as a plain SQL predicate, then bound to the partition keys.
//!
//! Ref: AWS Glue API, `GetPartitions`, `Expression`. Anything but `key op literal`, IN, BETWEEN, LIKE, IS NULL and their
//! combinations is refused with Glue's texts.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::literal::{KeyType, Literal};
use super::{Comparison, PartitionFilter, Predicate};
use crate::error::{CatalogError, Result};
use crate::limits::{NESTING_DEPTH_MAX, PARTITION_EXPRESSION_CHARS_MAX};
use crate::model::Column;

impl PartitionFilter {
    /// Reads an expression over these partition keys; a blank one selects everything. Errors: `InvalidInput`.
    pub fn parse(expression: &str, keys: &[Column]) -> Result<PartitionFilter> {
        if expression.trim().is_empty() {
            return Ok(PartitionFilter { predicate: None });
        }
        if expression.chars().count() > PARTITION_EXPRESSION_CHARS_MAX {
            let message = format!("partition expression is longer than {PARTITION_EXPRESSION_CHARS_MAX} characters");
            return Err(CatalogError::InvalidInput { message });
        }
        let tree = read(expression).ok_or_else(|| unsupported(&expression))?;
        Ok(PartitionFilter { predicate: Some(bind(&tree, keys)?) })
    }
}

fn read(expression: &str) -> Option<Expr> {
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).with_recursion_limit(NESTING_DEPTH_MAX).try_with_sql(expression).ok()?;
    let tree = parser.parse_expr().ok()?;
    (parser.peek_token().token == Token::EOF).then_some(tree)
}

fn bind(tree: &Expr, keys: &[Column]) -> Result<Predicate> {
    match tree {
        Expr::Nested(inner) => bind(inner, keys),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Ok(Predicate::Not(Box::new(bind(expr, keys)?))),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            Ok(Predicate::And(Box::new(bind(left, keys)?), Box::new(bind(right, keys)?)))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            Ok(Predicate::Or(Box::new(bind(left, keys)?), Box::new(bind(right, keys)?)))
        }
        Expr::BinaryOp { left, op, right } => {
            let comparison = comparison_of(op).ok_or_else(|| unsupported(tree))?;
            let key = Key::bind(left, keys)?;
            Ok(Predicate::Compare { key_index: key.index, comparison, literal: key.literal(right)? })
        }
        Expr::InList { expr, list, negated } => {
            let key = Key::bind(expr, keys)?;
            let literals = list.iter().map(|item| key.literal(item)).collect::<Result<Vec<_>>>()?;
            Ok(negate(Predicate::In { key_index: key.index, literals }, *negated))
        }
        Expr::Between { expr, negated, low, high } => {
            let key = Key::bind(expr, keys)?;
            let between = Predicate::Between { key_index: key.index, low: key.literal(low)?, high: key.literal(high)? };
            Ok(negate(between, *negated))
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
            let key = Key::bind(expr, keys)?;
            if key.key_type != KeyType::Text {
                let message = format!("{} data type doesn't support operation 'LIKE'", key.key_type.name());
                return Err(CatalogError::InvalidInput { message });
            }
            let Some(LiteralText { text, is_quoted: true }) = literal_text(pattern) else { return Err(unsupported(pattern)) };
            Ok(negate(Predicate::Like { key_index: key.index, pattern: text.chars().collect() }, *negated))
        }
        Expr::IsNull(expr) => Ok(Predicate::IsNull { key_index: Key::bind(expr, keys)?.index }),
        Expr::IsNotNull(expr) => Ok(negate(Predicate::IsNull { key_index: Key::bind(expr, keys)?.index }, true)),
        other => Err(unsupported(other)),
    }
}

/// A partition key an expression names.
struct Key {
    index: usize,
    key_type: KeyType,
}

impl Key {
    fn bind(tree: &Expr, keys: &[Column]) -> Result<Key> {
        let name = match tree {
            Expr::Identifier(identifier) => &identifier.value,
            Expr::Nested(inner) => return Key::bind(inner, keys),
            other => return Err(unsupported(other)),
        };
        let index = keys.iter().position(|key| key.name.to_lowercase() == name.to_lowercase());
        let index = index.ok_or_else(|| CatalogError::invalid_input("Invalid partition expression!"))?;
        Ok(Key { index, key_type: KeyType::of(keys[index].type_text.as_deref().unwrap_or_default())? })
    }

    fn literal(&self, tree: &Expr) -> Result<Literal> {
        let literal = literal_text(tree).ok_or_else(|| unsupported(tree))?;
        let must_be_quoted = matches!(self.key_type, KeyType::Date | KeyType::Timestamp);
        if must_be_quoted && !literal.is_quoted {
            let noun = if self.key_type == KeyType::Date { "a date" } else { "a timestamp" };
            return Err(CatalogError::invalid_input(format!("\"{}\" is not {noun}.", literal.text)));
        }
        self.key_type.read(&literal.text).map_err(CatalogError::invalid_input)
    }
}

struct LiteralText {
    text: String,
    is_quoted: bool,
}

fn literal_text(tree: &Expr) -> Option<LiteralText> {
    match tree {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(LiteralText { text: text.clone(), is_quoted: true }),
            Value::Number(digits, false) => Some(LiteralText { text: digits.to_string(), is_quoted: false }),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal_text(expr) {
            Some(LiteralText { text, is_quoted: false }) if !text.starts_with('-') => {
                Some(LiteralText { text: format!("-{text}"), is_quoted: false })
            }
            _ => None,
        },
        Expr::Nested(inner) => literal_text(inner),
        _ => None,
    }
}

fn comparison_of(operator: &BinaryOperator) -> Option<Comparison> {
    match operator {
        BinaryOperator::Eq => Some(Comparison::Equal),
        BinaryOperator::NotEq => Some(Comparison::NotEqual),
        BinaryOperator::Lt => Some(Comparison::Less),
        BinaryOperator::LtEq => Some(Comparison::LessOrEqual),
        BinaryOperator::Gt => Some(Comparison::Greater),
        BinaryOperator::GtEq => Some(Comparison::GreaterOrEqual),
        _ => None,
    }
}

fn negate(predicate: Predicate, is_negated: bool) -> Predicate {
    if is_negated { Predicate::Not(Box::new(predicate)) } else { predicate }
}

fn unsupported(what: &dyn std::fmt::Display) -> CatalogError {
    CatalogError::invalid_input(format!("Unsupported expression '{what}'"))
}
