//! How are types printed?

use super::printer::Printer;
use crate::trino::ast::{DataType, DataTypeKind, RowField, TypeParameter};

impl Printer {
    /// Prints a type.
    pub fn data_type(&mut self, data_type: &DataType) {
        match &data_type.kind {
            DataTypeKind::Generic { name, parameters } => {
                self.identifier(name);
                if !parameters.is_empty() {
                    self.text("(");
                    self.separated(parameters, ", ", Self::type_parameter);
                    self.text(")");
                }
            }
            DataTypeKind::Row(fields) => {
                self.text("ROW(");
                self.separated(fields, ", ", Self::row_field);
                self.text(")");
            }
            DataTypeKind::Interval { from, to } => {
                self.text("INTERVAL ");
                self.text(from.keyword());
                if from != to {
                    self.text(" TO ");
                    self.text(to.keyword());
                }
            }
            DataTypeKind::Time { precision, with_time_zone } => {
                self.date_time_type("time", precision.as_deref(), *with_time_zone);
            }
            DataTypeKind::Timestamp { precision, with_time_zone } => {
                self.date_time_type("timestamp", precision.as_deref(), *with_time_zone);
            }
        }
    }

    fn date_time_type(&mut self, name: &str, precision: Option<&TypeParameter>, with_time_zone: bool) {
        self.text(name);
        if let Some(precision) = precision {
            self.text("(");
            self.type_parameter(precision);
            self.text(")");
        }
        if with_time_zone {
            self.text(" with time zone");
        }
    }

    fn type_parameter(&mut self, parameter: &TypeParameter) {
        match parameter {
            TypeParameter::Number(digits, _) => self.text(digits),
            TypeParameter::Type(data_type) => self.data_type(data_type),
        }
    }

    fn row_field(&mut self, field: &RowField) {
        if let Some(name) = &field.name {
            self.identifier(name);
            self.text(" ");
        }
        self.data_type(&field.data_type);
    }
}
