//! Which Hive type does a type text mean? A recursive-descent parser over Hive's type strings.
//!
//! Ref: Hive, `TypeInfoUtils.TypeInfoParser`; Athena user guide, "Data types in Amazon Athena".

use super::{HiveField, HiveType};
use crate::error::{CatalogError, Result};
use crate::limits::NESTING_DEPTH_MAX;

const DECIMAL_PRECISION_MAX: u32 = 38;
const VARCHAR_LENGTH_MAX: u32 = 65_535;
const CHAR_LENGTH_MAX: u32 = 255;

impl HiveType {
    /// Parses a type text; case and spaces between tokens don't matter, field names are kept as written.
    ///
    /// Errors: `InvalidInput` for a text that is no type, and for `uniontype`, which owlake does not support.
    pub fn parse(text: &str) -> Result<HiveType> {
        let mut parser = Parser { text, position: 0 };
        let hive_type = parser.parse_type(0)?;
        parser.skip_spaces();
        if parser.position < text.len() {
            return Err(parser.error("unexpected text after the type"));
        }
        Ok(hive_type)
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Parser<'a> {
    fn parse_type(&mut self, depth: usize) -> Result<HiveType> {
        if depth > NESTING_DEPTH_MAX {
            return Err(self.error("nested too deep"));
        }
        let word = self.word();
        match word.to_ascii_lowercase().as_str() {
            "boolean" => Ok(HiveType::Boolean),
            "tinyint" => Ok(HiveType::TinyInt),
            "smallint" => Ok(HiveType::SmallInt),
            "int" | "integer" => Ok(HiveType::Int),
            "bigint" | "long" => Ok(HiveType::BigInt),
            "float" => Ok(HiveType::Float),
            "double" => Ok(HiveType::Double),
            "string" => Ok(HiveType::String),
            "binary" => Ok(HiveType::Binary),
            "date" => Ok(HiveType::Date),
            "interval_year_month" => Ok(HiveType::IntervalYearMonth),
            "interval_day_time" => Ok(HiveType::IntervalDayTime),
            "void" => Ok(HiveType::Void),
            "timestamp" => self.timestamp(),
            "decimal" => self.decimal(),
            "varchar" => self.length("varchar", VARCHAR_LENGTH_MAX).map(HiveType::Varchar),
            "char" => self.length("char", CHAR_LENGTH_MAX).map(HiveType::Char),
            "array" => {
                self.expect('<')?;
                let element = self.parse_type(depth + 1)?;
                self.expect('>')?;
                Ok(HiveType::Array(Box::new(element)))
            }
            "map" => {
                self.expect('<')?;
                let key = self.parse_type(depth + 1)?;
                self.expect(',')?;
                let value = self.parse_type(depth + 1)?;
                self.expect('>')?;
                Ok(HiveType::Map(Box::new(key), Box::new(value)))
            }
            "struct" => self.fields(depth),
            "uniontype" => Err(self.error("uniontype is not supported")),
            "" => Err(self.error("a type is missing")),
            other => Err(self.error(&format!("'{other}' is not a type"))),
        }
    }

    fn fields(&mut self, depth: usize) -> Result<HiveType> {
        self.expect('<')?;
        let mut fields = Vec::new();
        loop {
            let name = self.field_name()?;
            self.expect(':')?;
            fields.push(HiveField { name, field_type: self.parse_type(depth + 1)? });
            if self.accept('>') {
                return Ok(HiveType::Struct(fields));
            }
            self.expect(',')?;
        }
    }

    /// A field name is everything up to the colon: Glue holds names with spaces, dots and dashes.
    fn field_name(&mut self) -> Result<String> {
        self.skip_spaces();
        let rest = &self.text[self.position..];
        let end = rest.find([':', ',', '<', '>']).unwrap_or(rest.len());
        let name = rest[..end].trim_end();
        if name.is_empty() {
            return Err(self.error("a field name is missing"));
        }
        self.position += end;
        Ok(name.to_owned())
    }

    fn timestamp(&mut self) -> Result<HiveType> {
        let mut ahead = Parser { text: self.text, position: self.position };
        if !ahead.word().eq_ignore_ascii_case("with") {
            return Ok(HiveType::Timestamp);
        }
        self.position = ahead.position;
        for expected in ["local", "time", "zone"] {
            if !self.word().eq_ignore_ascii_case(expected) {
                return Err(self.error(&format!("expected '{expected}'")));
            }
        }
        Ok(HiveType::TimestampWithLocalTimeZone)
    }

    fn decimal(&mut self) -> Result<HiveType> {
        let (mut precision, mut scale) = (10, 0);
        if self.accept('(') {
            precision = self.number()?;
            if self.accept(',') {
                scale = self.number()?;
            }
            self.expect(')')?;
        }
        if precision == 0 || precision > DECIMAL_PRECISION_MAX {
            return Err(self.error(&format!("decimal precision {precision} is not between 1 and {DECIMAL_PRECISION_MAX}")));
        }
        if scale > precision {
            return Err(self.error(&format!("decimal scale {scale} is greater than the precision {precision}")));
        }
        Ok(HiveType::Decimal { precision: precision as u8, scale: scale as u8 })
    }

    fn length(&mut self, noun: &str, max: u32) -> Result<u32> {
        self.expect('(')?;
        let length = self.number()?;
        self.expect(')')?;
        if length == 0 || length > max {
            return Err(self.error(&format!("{noun} length {length} is not between 1 and {max}")));
        }
        Ok(length)
    }

    fn number(&mut self) -> Result<u32> {
        let word = self.word();
        word.parse().map_err(|_| self.error("a number is missing"))
    }

    fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = &self.text[self.position..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        self.position += end;
        &rest[..end]
    }

    fn accept(&mut self, token: char) -> bool {
        self.skip_spaces();
        let found = self.text[self.position..].starts_with(token);
        if found {
            self.position += token.len_utf8();
        }
        found
    }

    fn expect(&mut self, token: char) -> Result<()> {
        if self.accept(token) { Ok(()) } else { Err(self.error(&format!("expected '{token}'"))) }
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.len() - rest.trim_start().len();
    }

    fn error(&self, reason: &str) -> CatalogError {
        CatalogError::invalid_input(format!(
            "invalid type '{}' at character {}: {reason}",
            self.text,
            self.text[..self.position].chars().count() + 1
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        HiveType::parse(text).unwrap().to_string()
    }

    #[test]
    fn types_print_as_hive_writes_them() {
        for text in [
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "string",
            "binary",
            "date",
            "timestamp",
            "decimal(38,18)",
            "varchar(65535)",
            "char(255)",
            "interval_year_month",
            "interval_day_time",
            "void",
            "timestamp with local time zone",
            "array<int>",
            "map<string,array<double>>",
            "struct<a:int,b:struct<c:map<string,decimal(10,2)>>>",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn aliases_and_defaults() {
        assert_eq!(shown("INTEGER"), "int");
        assert_eq!(shown("decimal"), "decimal(10,0)");
        assert_eq!(shown("decimal(5)"), "decimal(5,0)");
        assert_eq!(shown(" Struct< A : INT , b-c: string > "), "struct<A:int,b-c:string>");
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "foo",
            "int x",
            "array<int",
            "array<>",
            "map<int>",
            "struct<>",
            "struct<a>",
            "varchar",
            "varchar(0)",
            "char(256)",
            "decimal(39,1)",
            "decimal(2,3)",
            "decimal(99999999999)",
            "uniontype<int,string>",
            "array<int>>",
            "é",
        ] {
            assert!(HiveType::parse(text).is_err(), "{text}");
        }
        assert!(HiveType::parse("uniontype<int>").unwrap_err().to_string().contains("uniontype is not supported"));
        assert!(HiveType::parse(&"array<".repeat(100_000)).is_err());
    }
}
