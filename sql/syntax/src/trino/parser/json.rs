//! How are the SQL/JSON functions read?
//!
//! Ref: Trino 401 grammar alternatives `jsonExists`, `jsonValue`, `jsonQuery`, `jsonObject`, `jsonArray`.

use super::cursor::{Parsed, Parser};
use crate::trino::ast::{
    DataType, EmptyOrErrorBehavior, Expression, ExpressionKind, JsonArray, JsonArrayElement, JsonExists, JsonExistsErrorBehavior,
    JsonFormat, JsonObject, JsonObjectMember, JsonPathInvocation, JsonPathParameter, JsonQuery, JsonQuotesBehavior, JsonValue,
    JsonValueBehavior, JsonWrapper,
};

impl Parser<'_> {
    /// Reads `JSON_EXISTS(path [… ON ERROR])`.
    pub fn json_exists(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["JSON_EXISTS", "("])?;
        let path = self.json_path_invocation()?;
        let on_error = match self.token().word {
            "TRUE" => Some(JsonExistsErrorBehavior::True),
            "FALSE" => Some(JsonExistsErrorBehavior::False),
            "UNKNOWN" => Some(JsonExistsErrorBehavior::Unknown),
            "ERROR" => Some(JsonExistsErrorBehavior::Error),
            _ => None,
        };
        if on_error.is_some() {
            self.advance();
            self.expect_sequence(&["ON", "ERROR"])?;
        }
        self.expect(")")?;
        let exists = JsonExists { path, on_error: on_error.unwrap_or(JsonExistsErrorBehavior::False) };
        Ok(self.finish(ExpressionKind::JsonExists(Box::new(exists)), location, start))
    }

    /// Reads `JSON_VALUE(path [RETURNING type] [… ON EMPTY] [… ON ERROR])`.
    pub fn json_value(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["JSON_VALUE", "("])?;
        let path = self.json_path_invocation()?;
        let returning = if self.accept("RETURNING") { Some(self.data_type()?) } else { None };
        let (mut on_empty, mut on_error) = (None, None);
        while on_error.is_none() && matches!(self.token().word, "ERROR" | "NULL" | "DEFAULT") {
            let behavior = match self.advance().word {
                "ERROR" => JsonValueBehavior::Error,
                "NULL" => JsonValueBehavior::Null,
                _ => JsonValueBehavior::Default(self.expression()?),
            };
            if self.is_on_empty()? && on_empty.is_none() {
                on_empty = Some(behavior);
            } else if self.accept("ERROR") {
                on_error = Some(behavior);
            } else {
                return self.unexpected();
            }
        }
        self.expect(")")?;
        let on_empty = on_empty.unwrap_or(JsonValueBehavior::Null);
        let value = JsonValue { path, returning, on_empty, on_error };
        Ok(self.finish(ExpressionKind::JsonValue(Box::new(value)), location, start))
    }

    /// Reads `JSON_QUERY(path [RETURNING …] [wrapper] [quotes] [… ON EMPTY] [… ON ERROR])`.
    pub fn json_query(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["JSON_QUERY", "("])?;
        let path = self.json_path_invocation()?;
        let (returning, output_format) = self.json_returning()?;
        let wrapper = self.json_wrapper()?;
        let quotes = match self.token().word {
            "KEEP" => Some(JsonQuotesBehavior::Keep),
            "OMIT" => Some(JsonQuotesBehavior::Omit),
            _ => None,
        };
        if quotes.is_some() {
            self.advance();
            self.expect("QUOTES")?;
            if self.accept("ON") {
                self.expect_sequence(&["SCALAR", "STRING"])?;
            }
        }
        let (mut on_empty, mut on_error) = (None, None);
        while on_error.is_none() && matches!(self.token().word, "ERROR" | "NULL" | "EMPTY") {
            let behavior = match self.advance().word {
                "ERROR" => EmptyOrErrorBehavior::Error,
                "NULL" => EmptyOrErrorBehavior::Null,
                _ if self.accept("ARRAY") => EmptyOrErrorBehavior::EmptyArray,
                _ => {
                    self.expect("OBJECT")?;
                    EmptyOrErrorBehavior::EmptyObject
                }
            };
            if self.is_on_empty()? && on_empty.is_none() {
                on_empty = Some(behavior);
            } else if self.accept("ERROR") {
                on_error = Some(behavior);
            } else {
                return self.unexpected();
            }
        }
        self.expect(")")?;
        let on_empty = on_empty.unwrap_or(EmptyOrErrorBehavior::Null);
        let query = JsonQuery { path, returning, output_format, wrapper, quotes, on_empty, on_error };
        Ok(self.finish(ExpressionKind::JsonQuery(Box::new(query)), location, start))
    }

    /// Reads `JSON_OBJECT(members [nulls] [keys] [RETURNING …])`.
    pub fn json_object(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["JSON_OBJECT", "("])?;
        let (mut members, mut is_null_on_null, mut has_unique_keys) = (Vec::new(), true, false);
        if !self.is_json_returning() && !self.is(")") {
            members = self.comma_separated(Self::json_object_member)?;
            is_null_on_null = self.json_nulls(true)?;
            if matches!(self.token().word, "WITH" | "WITHOUT") {
                has_unique_keys = self.advance().is("WITH");
                self.expect("UNIQUE")?;
                self.accept("KEYS");
            }
        }
        let (returning, output_format) = self.json_returning()?;
        self.expect(")")?;
        let object = JsonObject { members, is_null_on_null, has_unique_keys, returning, output_format };
        Ok(self.finish(ExpressionKind::JsonObject(Box::new(object)), location, start))
    }

    /// Reads `JSON_ARRAY(elements [nulls] [RETURNING …])`.
    pub fn json_array(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        self.expect_sequence(&["JSON_ARRAY", "("])?;
        let (mut elements, mut is_null_on_null) = (Vec::new(), false);
        if !self.is_json_returning() && !self.is(")") {
            elements = self.comma_separated(|parser| {
                let location = parser.location();
                let value = parser.expression()?;
                let format = parser.json_format()?;
                Ok(JsonArrayElement { value, format, location })
            })?;
            is_null_on_null = self.json_nulls(false)?;
        }
        let (returning, output_format) = self.json_returning()?;
        self.expect(")")?;
        let array = JsonArray { elements, is_null_on_null, returning, output_format };
        Ok(self.finish(ExpressionKind::JsonArray(Box::new(array)), location, start))
    }

    fn json_path_invocation(&mut self) -> Parsed<JsonPathInvocation> {
        let location = self.location();
        let input = self.expression()?;
        let input_format = self.json_format()?.unwrap_or(JsonFormat::Json);
        self.expect(",")?;
        let path_location = self.location();
        let path = self.string()?;
        let parameters = if self.accept("PASSING") {
            self.comma_separated(|parser| {
                let location = parser.location();
                let value = parser.expression()?;
                let format = parser.json_format()?;
                parser.expect("AS")?;
                let name = parser.identifier()?;
                Ok(JsonPathParameter { value, format, name, location })
            })?
        } else {
            Vec::new()
        };
        Ok(JsonPathInvocation { input, input_format, path, path_location, parameters, location })
    }

    /// Reads `[FORMAT JSON [ENCODING …]]`.
    fn json_format(&mut self) -> Parsed<Option<JsonFormat>> {
        if !self.accept("FORMAT") {
            return Ok(None);
        }
        self.expect("JSON")?;
        if !self.accept("ENCODING") {
            return Ok(Some(JsonFormat::Json));
        }
        let format = match self.token().word {
            "UTF8" => JsonFormat::Utf8,
            "UTF16" => JsonFormat::Utf16,
            "UTF32" => JsonFormat::Utf32,
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(Some(format))
    }

    fn is_json_returning(&self) -> bool {
        self.is("RETURNING") && self.ahead(1).is_identifier() && !self.ahead(1).is("VALUE")
    }

    /// Reads `[RETURNING type [FORMAT …]]`.
    fn json_returning(&mut self) -> Parsed<(Option<DataType>, Option<JsonFormat>)> {
        if !self.accept("RETURNING") {
            return Ok((None, None));
        }
        Ok((Some(self.data_type()?), self.json_format()?))
    }

    fn json_wrapper(&mut self) -> Parsed<JsonWrapper> {
        let wrapper = if self.accept("WITHOUT") {
            JsonWrapper::Without
        } else if self.accept("WITH") {
            if self.accept("CONDITIONAL") {
                JsonWrapper::Conditional
            } else {
                self.accept("UNCONDITIONAL");
                JsonWrapper::Unconditional
            }
        } else {
            return Ok(JsonWrapper::Without);
        };
        self.accept("ARRAY");
        self.expect("WRAPPER")?;
        Ok(wrapper)
    }

    /// Reads `ON` and, when it is next, `EMPTY`.
    fn is_on_empty(&mut self) -> Parsed<bool> {
        self.expect("ON")?;
        Ok(self.accept("EMPTY"))
    }

    /// Reads `[NULL ON NULL | ABSENT ON NULL]`.
    fn json_nulls(&mut self, default: bool) -> Parsed<bool> {
        let is_null = match self.token().word {
            "NULL" => true,
            "ABSENT" => false,
            _ => return Ok(default),
        };
        self.advance();
        self.expect_sequence(&["ON", "NULL"])?;
        Ok(is_null)
    }

    fn json_object_member(&mut self) -> Parsed<JsonObjectMember> {
        let location = self.location();
        let next = self.ahead(1);
        let has_key_word =
            self.is("KEY") && !next.is("VALUE") && !matches!(next.word, ":" | "." | "[" | "||" | "+" | "*" | "/" | "%" | "=" | "->");
        if has_key_word {
            self.advance();
        }
        let key = self.expression()?;
        let has_colon = !has_key_word && self.accept(":");
        if !has_colon {
            self.expect("VALUE")?;
        }
        let value = self.expression()?;
        let format = self.json_format()?;
        Ok(JsonObjectMember { key, value, format, location })
    }
}
