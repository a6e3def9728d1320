//! Which functions have a syntax of their own? `POSITION`, `SUBSTRING`, `EXTRACT`, `NORMALIZE`, `GROUPING`, `LISTAGG`.
//!
//! Ref: Trino 401 `AstBuilder`: most become calls of plain functions.

use super::call::plain_call;
use super::cursor::{Parsed, Parser};
use crate::error::SyntaxError;
use crate::trino::ast::{Expression, ExpressionKind, ExtractField};

impl Parser<'_> {
    /// Whether the call here is `POSITION(a IN b)`.
    pub fn is_position_form(&self) -> bool {
        self.has_word_in_call("IN")
    }

    /// Whether the call here is `SUBSTRING(a FROM b)`.
    pub fn is_substring_form(&self) -> bool {
        self.has_word_in_call("FROM")
    }

    /// Whether `word` stands in the first argument of the call here, outside inner parentheses.
    pub fn has_word_in_call(&self, word: &str) -> bool {
        let mut index = self.at + 2;
        let end = self.partner(self.at + 1).unwrap_or(self.tokens.len());
        while index < end {
            let token = self.token_at(index);
            if token.is(word) {
                return true;
            }
            if token.is(",") {
                return false;
            }
            index = self.partner(index).unwrap_or(index) + 1;
        }
        false
    }

    /// Reads `POSITION(a IN b)`, which is `strpos(b, a)`.
    pub fn position(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["POSITION", "("])?;
        let sought = self.value_expression()?;
        self.expect("IN")?;
        let text = self.value_expression()?;
        self.expect(")")?;
        let call = plain_call("strpos", vec![text, sought], location);
        Ok(self.finish(ExpressionKind::FunctionCall(Box::new(call)), location, start))
    }

    /// Reads `SUBSTRING(a FROM b [FOR c])`, which is `substr(a, b, c)`.
    pub fn substring(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["SUBSTRING", "("])?;
        let mut arguments = vec![self.value_expression()?];
        self.expect("FROM")?;
        arguments.push(self.value_expression()?);
        if self.accept("FOR") {
            arguments.push(self.value_expression()?);
        }
        self.expect(")")?;
        let call = plain_call("substr", arguments, location);
        Ok(self.finish(ExpressionKind::FunctionCall(Box::new(call)), location, start))
    }

    /// Reads `EXTRACT(field FROM value)`.
    pub fn extract(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["EXTRACT", "("])?;
        let name = self.identifier()?;
        self.expect("FROM")?;
        let value = Box::new(self.value_expression()?);
        self.expect(")")?;
        let upper = name.value.to_uppercase();
        let field = ExtractField::ALL.into_iter().find(|field| field.keyword() == upper);
        if field.is_none() {
            self.defer(SyntaxError::at(location, format!("Invalid EXTRACT field: {}", name.value)));
        }
        let kind = ExpressionKind::Extract { field: field.unwrap_or(ExtractField::Year), value };
        Ok(self.finish(kind, location, start))
    }

    /// Reads `NORMALIZE(text [, form])`; the form is a string argument, `NFC` when not written.
    pub fn normalize(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["NORMALIZE", "("])?;
        let text = self.value_expression()?;
        let begin = self.start();
        let form = if self.accept(",") {
            match self.token().word {
                "NFD" | "NFC" | "NFKD" | "NFKC" => self.advance().word,
                _ => return self.unexpected(),
            }
        } else {
            "NFC"
        };
        let form = self.finish(ExpressionKind::StringLiteral(form.to_owned()), location, begin);
        self.expect(")")?;
        let call = plain_call("normalize", vec![text, form], location);
        Ok(self.finish(ExpressionKind::FunctionCall(Box::new(call)), location, start))
    }

    /// Reads `GROUPING(a, b.c)`.
    pub fn grouping(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["GROUPING", "("])?;
        let columns = if self.is(")") { Vec::new() } else { self.comma_separated(Self::qualified_name)? };
        self.expect(")")?;
        Ok(self.finish(ExpressionKind::Grouping(columns), location, start))
    }

    /// Reads `LISTAGG(value [, separator] [ON OVERFLOW …]) WITHIN GROUP (ORDER BY …)`.
    ///
    /// Its further arguments are: separator, whether overflow is an error, the filler, whether the count is shown.
    pub fn listagg(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["LISTAGG", "("])?;
        let is_distinct = self.set_quantifier_of_arguments();
        let value = self.expression()?;
        let begin = self.start();
        let separator = if self.accept(",") { self.string()? } else { String::new() };
        let (mut is_error, mut filler, mut has_count) = (true, "...".to_owned(), false);
        if self.accept("ON") {
            self.expect("OVERFLOW")?;
            if !self.accept("ERROR") {
                self.expect("TRUNCATE")?;
                is_error = false;
                if self.is_string() {
                    filler = self.string()?;
                }
                has_count = if self.accept("WITHOUT") {
                    false
                } else {
                    self.expect("WITH")?;
                    true
                };
                self.expect("COUNT")?;
            }
        }
        let mut arguments = vec![value];
        for kind in [
            ExpressionKind::StringLiteral(separator),
            ExpressionKind::BooleanLiteral(is_error),
            ExpressionKind::StringLiteral(filler),
            ExpressionKind::BooleanLiteral(has_count),
        ] {
            arguments.push(self.finish(kind, location, begin));
        }
        self.expect(")")?;
        self.expect_sequence(&["WITHIN", "GROUP", "("])?;
        let mut call = plain_call("listagg", arguments, location);
        call.is_distinct = is_distinct;
        call.order_by = self.order_by()?;
        if call.order_by.is_none() {
            return self.unexpected();
        }
        self.expect(")")?;
        Ok(self.finish(ExpressionKind::FunctionCall(Box::new(call)), location, start))
    }
}
