//! How do Hive and the Glue catalog spell a type, and how Iceberg? Ref: Athena user guide "Data types in Amazon Athena".

use std::fmt::Write;

use super::build;
use super::{RowField, TrinoType};
use crate::error::FunctionError;

/// Digits of a Hive timestamp's fraction, as Athena reads it.
const TIMESTAMP_PRECISION: u8 = 3;
const DEPTH_MAX: usize = 100;

/// Which Trino type reads a column of a Hive type: `string` is `varchar`, `float` is `real`, `binary` is `varbinary`,
/// `struct<a:int>` is `row(a integer)`, `timestamp` is `timestamp(3)`. Any case. Errors: TYPE_NOT_FOUND.
pub fn parse(text: &str) -> Result<TrinoType, FunctionError> {
    let mut parser = Parser { text, rest: text };
    let data_type = parser.data_type(0)?;
    if parser.rest.trim().is_empty() { Ok(data_type) } else { Err(parser.unknown()) }
}

/// The Hive spelling, as DESCRIBE and Glue have it: `int`, `string`, `array<struct<a:int>>`. None for a type Hive can't hold.
pub fn print(data_type: &TrinoType) -> Option<String> {
    let mut out = String::new();
    push(data_type, Style::Hive, &mut out).then_some(out)
}

/// The spelling of DESCRIBE on an Iceberg table: `decimal(10, 2)`, `struct<a: int>`, `list<int>`, `map<string, int>`.
pub fn print_iceberg(data_type: &TrinoType) -> Option<String> {
    let mut out = String::new();
    push(data_type, Style::Iceberg, &mut out).then_some(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Hive,
    Iceberg,
}

fn push(data_type: &TrinoType, style: Style, out: &mut String) -> bool {
    let is_hive = style == Style::Hive;
    let separator = if is_hive { "," } else { ", " };
    let name = match data_type {
        TrinoType::Boolean => "boolean",
        TrinoType::Tinyint => "tinyint",
        TrinoType::Smallint => "smallint",
        TrinoType::Integer => "int",
        TrinoType::Bigint if is_hive => "bigint",
        TrinoType::Bigint => "long",
        TrinoType::Real => "float",
        TrinoType::Double => "double",
        TrinoType::Varchar(None) => "string",
        TrinoType::Varchar(_) | TrinoType::Char(_) if !is_hive => "string",
        TrinoType::Varbinary => "binary",
        TrinoType::Date => "date",
        TrinoType::Timestamp(_) => "timestamp",
        TrinoType::TimestampWithTimeZone(_) if !is_hive => "timestamptz",
        TrinoType::Time(_) if !is_hive => "time",
        TrinoType::Uuid if !is_hive => "uuid",
        TrinoType::Decimal { precision, scale } => {
            // Writing into a String does not fail.
            let _ = write!(out, "decimal({precision}{separator}{scale})");
            return true;
        }
        TrinoType::Varchar(Some(length)) => {
            let _ = write!(out, "varchar({length})");
            return true;
        }
        TrinoType::Char(length) => {
            let _ = write!(out, "char({length})");
            return true;
        }
        TrinoType::Array(element) => {
            out.push_str(if is_hive { "array<" } else { "list<" });
            let fits = push(element, style, out);
            out.push('>');
            return fits;
        }
        TrinoType::Map(key, value) => {
            out.push_str("map<");
            let key_fits = push(key, style, out);
            out.push_str(separator);
            let fits = key_fits && push(value, style, out);
            out.push('>');
            return fits;
        }
        TrinoType::Row(fields) => {
            out.push_str("struct<");
            for (position, field) in fields.iter().enumerate() {
                if position > 0 {
                    out.push_str(separator);
                }
                match &field.name {
                    Some(name) => out.push_str(name),
                    None => {
                        let _ = write!(out, "field{position}");
                    }
                }
                out.push_str(if is_hive { ":" } else { ": " });
                if !push(&field.data_type, style, out) {
                    return false;
                }
            }
            out.push('>');
            return true;
        }
        _ => return false,
    };
    out.push_str(name);
    true
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn data_type(&mut self, depth: usize) -> Result<TrinoType, FunctionError> {
        if depth > DEPTH_MAX {
            return Err(self.unknown());
        }
        let word = self.word().to_ascii_lowercase();
        Ok(match word.as_str() {
            "boolean" => TrinoType::Boolean,
            "tinyint" => TrinoType::Tinyint,
            "smallint" => TrinoType::Smallint,
            "int" | "integer" => TrinoType::Integer,
            "bigint" | "long" => TrinoType::Bigint,
            "float" | "real" => TrinoType::Real,
            "double" => {
                let before = self.rest;
                if !self.word().eq_ignore_ascii_case("precision") {
                    self.rest = before;
                }
                TrinoType::Double
            }
            "string" => TrinoType::VARCHAR,
            "binary" | "varbinary" => TrinoType::Varbinary,
            "date" => TrinoType::Date,
            "timestamp" => {
                self.numbers()?;
                TrinoType::Timestamp(TIMESTAMP_PRECISION)
            }
            "timestamptz" => TrinoType::TimestampWithTimeZone(TIMESTAMP_PRECISION),
            "uuid" => TrinoType::Uuid,
            "decimal" | "numeric" | "dec" => match self.numbers()?.as_slice() {
                [] => build::decimal(10, 0)?,
                [precision] => build::decimal(*precision, 0)?,
                [precision, scale] => build::decimal(*precision, *scale)?,
                _ => return Err(self.unknown()),
            },
            "varchar" => match self.numbers()?.as_slice() {
                [] => TrinoType::VARCHAR,
                [length] => build::varchar(*length)?,
                _ => return Err(self.unknown()),
            },
            "char" => match self.numbers()?.as_slice() {
                [] => TrinoType::Char(1),
                [length] => build::char(*length)?,
                _ => return Err(self.unknown()),
            },
            "array" | "list" => {
                self.expect('<')?;
                let element = self.data_type(depth + 1)?;
                self.expect('>')?;
                TrinoType::array(element)
            }
            "map" => {
                self.expect('<')?;
                let key = self.data_type(depth + 1)?;
                self.expect(',')?;
                let value = self.data_type(depth + 1)?;
                self.expect('>')?;
                TrinoType::map(key, value)
            }
            "struct" => {
                self.expect('<')?;
                let mut fields = vec![];
                loop {
                    let name = self.field_name()?;
                    self.expect(':')?;
                    fields.push(RowField { name: Some(name.to_lowercase().into()), data_type: self.data_type(depth + 1)? });
                    if !self.eats(',') {
                        break;
                    }
                }
                self.expect('>')?;
                TrinoType::Row(fields.into())
            }
            _ => return Err(self.unknown()),
        })
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Anything up to the colon, without backticks: Glue stores names as they come.
    fn field_name(&mut self) -> Result<String, FunctionError> {
        let colon = self.rest.find(':').ok_or_else(|| self.unknown())?;
        let name = self.rest[..colon].trim().trim_matches('`').to_string();
        self.rest = &self.rest[colon..];
        if name.is_empty() || name.contains(['<', '>', ',']) { Err(self.unknown()) } else { Ok(name) }
    }

    fn numbers(&mut self) -> Result<Vec<i64>, FunctionError> {
        if !self.eats('(') {
            return Ok(vec![]);
        }
        let close = self.rest.find(')').ok_or_else(|| self.unknown())?;
        let inner = &self.rest[..close];
        self.rest = &self.rest[close + 1..];
        inner.split(',').map(|number| number.trim().parse().map_err(|_| self.unknown())).collect()
    }

    fn eats(&mut self, token: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    fn expect(&mut self, token: char) -> Result<(), FunctionError> {
        if self.eats(token) { Ok(()) } else { Err(self.unknown()) }
    }

    fn unknown(&self) -> FunctionError {
        FunctionError::new("TYPE_NOT_FOUND", format!("Unknown type: {}", self.text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn hive_types_read_as_trino_types() {
        for (hive, trino, printed) in [
            ("string", "varchar", "string"),
            ("INT", "integer", "int"),
            ("float", "real", "float"),
            ("decimal(12, 2)", "decimal(12,2)", "decimal(12,2)"),
            ("decimal", "decimal(10,0)", "decimal(10,0)"),
            ("timestamp", "timestamp(3)", "timestamp"),
            (
                "array<struct<A:int,`b c`:map<string,double>>>",
                "array(row(a integer, b c map(varchar, double)))",
                "array<struct<a:int,b c:map<string,double>>>",
            ),
            ("char(10)", "char(10)", "char(10)"),
            ("binary", "varbinary", "binary"),
        ] {
            let parsed = parse(hive).unwrap();
            assert_eq!(parsed.to_string(), trino);
            assert_eq!(print(&parsed).unwrap(), printed);
        }
        assert!(parse("array<int").is_err());
        assert!(parse("nothing").is_err());
        assert_eq!(print(&TrinoType::Json), None);
        assert_eq!(print_iceberg(&parse("struct<a:int,b:map<string,int>>").unwrap()).unwrap(), "struct<a: int, b: map<string, int>>");
    }
}
