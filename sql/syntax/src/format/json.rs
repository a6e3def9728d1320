//! How are the SQL/JSON functions printed? With every default spelt out.

use super::printer::Printer;
use crate::trino::ast::{
    DataType, EmptyOrErrorBehavior, Expression, JsonArray, JsonExists, JsonExistsErrorBehavior, JsonFormat, JsonObject, JsonPathInvocation,
    JsonQuery, JsonQuotesBehavior, JsonValue, JsonValueBehavior, JsonWrapper,
};

impl Printer {
    pub(super) fn json_exists(&mut self, exists: &JsonExists) {
        self.text("JSON_EXISTS(");
        self.json_path(&exists.path);
        self.text(match exists.on_error {
            JsonExistsErrorBehavior::True => " TRUE ON ERROR)",
            JsonExistsErrorBehavior::False => " FALSE ON ERROR)",
            JsonExistsErrorBehavior::Unknown => " UNKNOWN ON ERROR)",
            JsonExistsErrorBehavior::Error => " ERROR ON ERROR)",
        });
    }

    pub(super) fn json_value(&mut self, value: &JsonValue) {
        self.text("JSON_VALUE(");
        self.json_path(&value.path);
        self.json_returning(value.returning.as_ref(), None);
        self.json_value_behavior(&value.on_empty);
        self.text(" ON EMPTY");
        if let Some(on_error) = &value.on_error {
            self.json_value_behavior(on_error);
            self.text(" ON ERROR");
        }
        self.text(")");
    }

    fn json_value_behavior(&mut self, behavior: &JsonValueBehavior) {
        match behavior {
            JsonValueBehavior::Error => self.text(" ERROR"),
            JsonValueBehavior::Null => self.text(" NULL"),
            JsonValueBehavior::Default(value) => {
                self.text(" DEFAULT ");
                self.expression(value);
            }
        }
    }

    pub(super) fn json_query(&mut self, query: &JsonQuery) {
        self.text("JSON_QUERY(");
        self.json_path(&query.path);
        self.json_returning(query.returning.as_ref(), query.output_format);
        self.text(match query.wrapper {
            JsonWrapper::Without => " WITHOUT ARRAY WRAPPER",
            JsonWrapper::Conditional => " WITH CONDITIONAL ARRAY WRAPPER",
            JsonWrapper::Unconditional => " WITH UNCONDITIONAL ARRAY WRAPPER",
        });
        match query.quotes {
            Some(JsonQuotesBehavior::Keep) => self.text(" KEEP QUOTES ON SCALAR STRING"),
            Some(JsonQuotesBehavior::Omit) => self.text(" OMIT QUOTES ON SCALAR STRING"),
            None => {}
        }
        self.text(query_behavior(query.on_empty));
        self.text(" ON EMPTY");
        if let Some(on_error) = query.on_error {
            self.text(query_behavior(on_error));
            self.text(" ON ERROR");
        }
        self.text(")");
    }

    pub(super) fn json_object(&mut self, object: &JsonObject) {
        self.text("JSON_OBJECT(");
        self.separated(&object.members, ", ", |printer, member| {
            printer.text("KEY ");
            printer.expression(&member.key);
            printer.text(" VALUE ");
            printer.json_operand(&member.value, member.format);
        });
        if !object.members.is_empty() {
            self.text(null_clause(object.is_null_on_null));
            self.text(if object.has_unique_keys { " WITH UNIQUE KEYS" } else { " WITHOUT UNIQUE KEYS" });
        }
        self.json_returning(object.returning.as_ref(), object.output_format);
        self.text(")");
    }

    pub(super) fn json_array(&mut self, array: &JsonArray) {
        self.text("JSON_ARRAY(");
        self.separated(&array.elements, ", ", |printer, element| printer.json_operand(&element.value, element.format));
        if !array.elements.is_empty() {
            self.text(null_clause(array.is_null_on_null));
        }
        self.json_returning(array.returning.as_ref(), array.output_format);
        self.text(")");
    }

    fn json_path(&mut self, path: &JsonPathInvocation) {
        self.json_operand(&path.input, Some(path.input_format));
        self.text(", ");
        self.string(&path.path);
        if !path.parameters.is_empty() {
            self.text(" PASSING ");
            self.separated(&path.parameters, ", ", |printer, parameter| {
                printer.json_operand(&parameter.value, parameter.format);
                printer.text(" AS ");
                printer.identifier(&parameter.name);
            });
        }
    }

    fn json_operand(&mut self, value: &Expression, format: Option<JsonFormat>) {
        self.expression(value);
        if let Some(format) = format {
            self.text(" FORMAT ");
            self.text(format_words(format));
        }
    }

    fn json_returning(&mut self, returning: Option<&DataType>, format: Option<JsonFormat>) {
        if let Some(returning) = returning {
            self.text(" RETURNING ");
            self.data_type(returning);
            if let Some(format) = format {
                self.text(" FORMAT ");
                self.text(format_words(format));
            }
        }
    }
}

const fn format_words(format: JsonFormat) -> &'static str {
    match format {
        JsonFormat::Json => "JSON",
        JsonFormat::Utf8 => "JSON ENCODING UTF8",
        JsonFormat::Utf16 => "JSON ENCODING UTF16",
        JsonFormat::Utf32 => "JSON ENCODING UTF32",
    }
}

const fn query_behavior(behavior: EmptyOrErrorBehavior) -> &'static str {
    match behavior {
        EmptyOrErrorBehavior::Error => " ERROR",
        EmptyOrErrorBehavior::Null => " NULL",
        EmptyOrErrorBehavior::EmptyArray => " EMPTY ARRAY",
        EmptyOrErrorBehavior::EmptyObject => " EMPTY OBJECT",
    }
}

const fn null_clause(is_null_on_null: bool) -> &'static str {
    if is_null_on_null { " NULL ON NULL" } else { " ABSENT ON NULL" }
}
