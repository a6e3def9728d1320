//! How is a type read?
//!
//! Ref: Trino 401 grammar rules `type`, `rowField`, `typeParameter`.

use super::cursor::{Failure, Parsed, Parser};
use crate::lexer::TokenKind;
use crate::location::Location;
use crate::trino::ast::{DataType, DataTypeKind, Identifier, RowField, TypeParameter};

impl Parser<'_> {
    /// Reads a type, with any `ARRAY` after it.
    pub fn data_type(&mut self) -> Parsed<DataType> {
        self.nested(|parser| {
            let (location, start) = (parser.location(), parser.start());
            let mut data_type = parser.base_type()?;
            while parser.is("ARRAY") {
                let name = parser.builtin_name("array");
                parser.advance();
                if parser.accept("[") {
                    parser.integer()?;
                    parser.expect("]")?;
                }
                let kind = DataTypeKind::Generic { name, parameters: vec![TypeParameter::Type(data_type)] };
                data_type = DataType { kind, location, span: parser.span_from(start) };
            }
            Ok(data_type)
        })
    }

    fn builtin_name(&self, name: &str) -> Identifier {
        Identifier { value: name.to_owned(), is_delimited: false, location: self.location() }
    }

    fn base_type(&mut self) -> Parsed<DataType> {
        let (location, start) = (self.location(), self.start());
        let next = self.ahead(1);
        let kind = match self.token().word {
            "ROW" if next.is("(") => {
                self.advance();
                DataTypeKind::Row(self.parenthesized(Self::row_field)?)
            }
            "INTERVAL" if self.is_interval_type() => {
                self.advance();
                let from = self.interval_unit()?;
                let to = if self.accept("TO") { self.interval_unit()? } else { from };
                DataTypeKind::Interval { from, to }
            }
            "TIME" | "TIMESTAMP" => self.date_time_type()?,
            "DOUBLE" if next.is("PRECISION") => {
                let name = self.builtin_name("double");
                self.at += 2;
                DataTypeKind::Generic { name, parameters: Vec::new() }
            }
            "ARRAY" | "MAP" if next.is("<") => self.angle_bracket_type()?,
            _ => {
                let name = self.identifier()?;
                let parameters = if self.is("(") { self.parenthesized(Self::type_parameter)? } else { Vec::new() };
                DataTypeKind::Generic { name, parameters }
            }
        };
        Ok(DataType { kind, location, span: self.span_from(start) })
    }

    fn is_interval_type(&self) -> bool {
        matches!(self.ahead(1).word, "YEAR" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "SECOND")
    }

    /// Reads `TIME` or `TIMESTAMP` with precision and zone.
    fn date_time_type(&mut self) -> Parsed<DataTypeKind> {
        let is_time = self.advance().is("TIME");
        let precision = if self.accept("(") {
            let parameter = self.type_parameter()?;
            self.expect(")")?;
            Some(Box::new(parameter))
        } else {
            None
        };
        let with_time_zone =
            if self.accept_sequence(&["WITHOUT", "TIME", "ZONE"]) { false } else { self.accept_sequence(&["WITH", "TIME", "ZONE"]) };
        Ok(if is_time { DataTypeKind::Time { precision, with_time_zone } } else { DataTypeKind::Timestamp { precision, with_time_zone } })
    }

    /// Reads `ARRAY<t>` or `MAP<k, v>`.
    fn angle_bracket_type(&mut self) -> Parsed<DataTypeKind> {
        let is_array = self.is("ARRAY");
        let name = self.builtin_name(if is_array { "array" } else { "map" });
        self.advance();
        self.expect("<")?;
        let mut parameters = vec![TypeParameter::Type(self.data_type()?)];
        if !is_array {
            self.expect(",")?;
            parameters.push(TypeParameter::Type(self.data_type()?));
        }
        self.expect(">")?;
        Ok(DataTypeKind::Generic { name, parameters })
    }

    fn type_parameter(&mut self) -> Parsed<TypeParameter> {
        let location: Location = self.location();
        if self.token().kind == TokenKind::Integer {
            return Ok(TypeParameter::Number(self.integer()?, location));
        }
        Ok(TypeParameter::Type(self.data_type()?))
    }

    /// Reads `[name] type`. Where both readings fit, as in `x array`, the type alone wins.
    fn row_field(&mut self) -> Parsed<RowField> {
        let location = self.location();
        let (at, furthest) = (self.at, self.furthest);
        match self.data_type() {
            Ok(data_type) if matches!(self.token().word, "," | ")") => {
                return Ok(RowField { name: None, data_type, location });
            }
            Err(Failure::Refused(error)) => return Err(Failure::Refused(error)),
            Ok(_) | Err(Failure::Unexpected) => {}
        }
        self.at = at;
        self.furthest = furthest;
        let name = Some(self.identifier()?);
        let data_type = self.data_type()?;
        Ok(RowField { name, data_type, location })
    }
}
