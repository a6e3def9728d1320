//! What is an operand? Literals, names, calls, and what hangs on them with `.` and `[`.
//!
//! Ref: Trino 401 grammar rule `primaryExpression`.

use super::cursor::{Parsed, Parser};
use super::name::is_string;
use crate::lexer::TokenKind;
use crate::trino::ast::{CurrentTime, Expression, ExpressionKind, Operand, WhenClause};

impl Parser<'_> {
    /// Reads an operand with the fields and subscripts after it.
    pub fn primary_expression(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let mut base = self.atom()?;
        loop {
            if self.is(".") && !self.ahead(1).is("*") {
                self.advance();
                let field = self.identifier()?;
                let kind = ExpressionKind::Dereference { base: Operand::new(base), field };
                base = self.finish(kind, location, start);
            } else if self.accept("[") {
                let index = Box::new(self.nested(Self::value_expression)?);
                self.expect("]")?;
                let kind = ExpressionKind::Subscript { base: Operand::new(base), index };
                base = self.finish(kind, location, start);
            } else {
                return Ok(base);
            }
        }
    }

    /// Reads an operand without what follows it.
    fn atom(&mut self) -> Parsed<Expression> {
        let token = self.token();
        match token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Double => self.number(),
            TokenKind::String | TokenKind::UnicodeString => {
                let value = self.string()?;
                Ok(self.finish(ExpressionKind::StringLiteral(value), token.location, token.span.start))
            }
            TokenKind::BinaryLiteral => self.binary_literal(),
            TokenKind::Symbol => match token.word {
                "(" => self.parenthesis(),
                "-" => self.number(),
                "?" => {
                    self.advance();
                    let kind = ExpressionKind::Parameter(self.parameter_count);
                    self.parameter_count += 1;
                    Ok(self.finish(kind, token.location, token.span.start))
                }
                _ => self.unexpected(),
            },
            TokenKind::ReservedKeyword => self.reserved_atom(),
            TokenKind::Identifier
            | TokenKind::NonReservedKeyword
            | TokenKind::QuotedIdentifier
            | TokenKind::BackquotedIdentifier
            | TokenKind::DigitIdentifier => self.named_atom(),
            TokenKind::Unrecognized | TokenKind::End => self.unexpected(),
        }
    }

    /// Reads an operand that begins with a reserved word.
    fn reserved_atom(&mut self) -> Parsed<Expression> {
        let token = self.token();
        let kind = match token.word {
            "NULL" => ExpressionKind::NullLiteral,
            "TRUE" => ExpressionKind::BooleanLiteral(true),
            "FALSE" => ExpressionKind::BooleanLiteral(false),
            "CURRENT_DATE" => ExpressionKind::CurrentTime { function: CurrentTime::Date, precision: None },
            "CURRENT_USER" => ExpressionKind::CurrentUser,
            "CURRENT_CATALOG" => ExpressionKind::CurrentCatalog,
            "CURRENT_SCHEMA" => ExpressionKind::CurrentSchema,
            "CURRENT_PATH" => ExpressionKind::CurrentPath,
            "CURRENT_TIME" => return self.current_time(CurrentTime::Time),
            "CURRENT_TIMESTAMP" => return self.current_time(CurrentTime::Timestamp),
            "LOCALTIME" => return self.current_time(CurrentTime::LocalTime),
            "LOCALTIMESTAMP" => return self.current_time(CurrentTime::LocalTimestamp),
            "CASE" => return self.case(),
            "CAST" => return self.cast(),
            "EXISTS" => return self.exists(),
            "EXTRACT" => return self.extract(),
            "NORMALIZE" => return self.normalize(),
            "TRIM" => return self.trim(),
            "GROUPING" => return self.grouping(),
            "LISTAGG" => return self.listagg(),
            "JSON_EXISTS" => return self.json_exists(),
            "JSON_VALUE" => return self.json_value(),
            "JSON_QUERY" => return self.json_query(),
            "JSON_OBJECT" => return self.json_object(),
            "JSON_ARRAY" => return self.json_array(),
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(self.finish(kind, token.location, token.span.start))
    }

    /// Reads an operand that begins with a name.
    fn named_atom(&mut self) -> Parsed<Expression> {
        let (token, next) = (self.token(), self.ahead(1));
        if next.is("->") {
            return self.lambda();
        }
        if is_string(&next) || (token.is("INTERVAL") && matches!(next.word, "+" | "-") && is_string(&self.ahead(2))) {
            return self.typed_literal();
        }
        match (token.word, next.word) {
            ("DOUBLE", "PRECISION") if is_string(&self.ahead(2)) => return self.typed_literal(),
            ("ARRAY", "[") => return self.array(),
            ("ROW", "(") => return self.row(),
            ("TRY_CAST", "(") => return self.cast(),
            ("POSITION", "(") if self.is_position_form() => return self.position(),
            ("SUBSTRING", "(") if self.is_substring_form() => return self.substring(),
            ("RUNNING" | "FINAL", _) if self.is_processing_mode() => return self.function_call(),
            (_, "OVER") if self.is_over_at(self.at + 1) => return self.measure(),
            _ => {}
        }
        if self.is_call() {
            return self.function_call();
        }
        let name = self.identifier()?;
        Ok(self.finish(ExpressionKind::Identifier(name), token.location, token.span.start))
    }

    /// Reads `CASE … END`.
    fn case(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect("CASE")?;
        let operand = if self.is("WHEN") { None } else { Some(Box::new(self.expression()?)) };
        let mut when_clauses = Vec::new();
        loop {
            let place = self.location();
            self.expect("WHEN")?;
            let condition = self.expression()?;
            self.expect("THEN")?;
            let result = self.expression()?;
            when_clauses.push(WhenClause { operand: condition, result, location: place });
            if !self.is("WHEN") {
                break;
            }
        }
        let default = if self.accept("ELSE") { Some(Box::new(self.expression()?)) } else { None };
        self.expect("END")?;
        let kind = match operand {
            Some(operand) => ExpressionKind::SimpleCase { operand, when_clauses, default },
            None => ExpressionKind::SearchedCase { when_clauses, default },
        };
        Ok(self.finish(kind, location, start))
    }

    /// Reads `CAST(value AS type)` or `TRY_CAST(…)`.
    fn cast(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let is_safe = self.advance().is("TRY_CAST");
        self.expect("(")?;
        let value = Box::new(self.expression()?);
        self.expect("AS")?;
        let data_type = Box::new(self.data_type()?);
        self.expect(")")?;
        Ok(self.finish(ExpressionKind::Cast { value, data_type, is_safe }, location, start))
    }

    /// Reads `EXISTS (query)`.
    fn exists(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["EXISTS", "("])?;
        let begin = self.start();
        let query = self.query()?;
        let subquery = self.finish(ExpressionKind::Subquery(Box::new(query)), location, begin);
        self.expect(")")?;
        Ok(self.finish(ExpressionKind::Exists(Box::new(subquery)), location, start))
    }

    /// Reads `ARRAY[a, b]`.
    fn array(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["ARRAY", "["])?;
        let items = if self.is("]") { Vec::new() } else { self.comma_separated(Self::expression)? };
        self.expect("]")?;
        Ok(self.finish(ExpressionKind::Array(items), location, start))
    }

    /// Reads `ROW(a, b)`.
    fn row(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect("ROW")?;
        let items = self.parenthesized(Self::expression)?;
        Ok(self.finish(ExpressionKind::Row(items), location, start))
    }

    fn current_time(&mut self, function: CurrentTime) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.advance();
        let precision = if self.accept("(") {
            let digits = self.integer()?;
            self.expect(")")?;
            // A number too large for the field is as invalid as any above 12, which the engine checks later.
            Some(digits.parse().unwrap_or(u32::MAX))
        } else {
            None
        };
        Ok(self.finish(ExpressionKind::CurrentTime { function, precision }, location, start))
    }
}
