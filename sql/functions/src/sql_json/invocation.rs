//! How does a call with a path run over a batch? Documents and parameters are read row by row, the path once.

use std::borrow::Cow;

use arrow::array::ArrayRef;

use super::column::{Column, constant_text};
use super::evaluate::{Evaluator, NULL, Sequence};
use super::input::read;
use super::item::Item;
use super::path::compile;
use super::path::tree::Path;
use super::spec::{Form, PathSpec};
use crate::call::Call;
use crate::error::FunctionError;
use crate::json::tree::Json;

/// Arguments before the parameters: input, path, clauses, names.
const FIRST_PARAMETER: usize = 4;

/// A call over a batch.
pub struct Invocation<'c> {
    pub spec: PathSpec,
    call: &'c Call<'c>,
    path: Path,
    input: Column<'c>,
    parameters: Vec<Column<'c>>,
}

impl<'c> Invocation<'c> {
    pub fn of(call: &'c Call<'_>, arguments: &'c [ArrayRef]) -> Result<Invocation<'c>, FunctionError> {
        let broken = || FunctionError::internal(format!("{} has arguments it can't read", call.name()));
        let spec = PathSpec::decode(constant_text(call, 2)?).ok_or_else(broken)?;
        let names: Vec<&str> = constant_text(call, 3)?.split(',').collect();
        let path = compile(constant_text(call, 1)?, &names).map_err(|_| broken())?;
        let parameters = (0..spec.parameters.len())
            .map(|place| Column::of(call, arguments, FIRST_PARAMETER + place))
            .collect::<Result<Vec<_>, FunctionError>>()?;
        Ok(Invocation { spec, call, path, input: Column::of(call, arguments, 0)?, parameters })
    }

    /// Where the arguments after the parameters begin.
    pub fn end(&self) -> usize {
        FIRST_PARAMETER + self.parameters.len()
    }

    /// Calls `put` with what each row's path finds: none for a null document.
    pub fn for_each(
        &self,
        mut put: impl for<'r> FnMut(Option<Result<Sequence<'r>, FunctionError>>) -> Result<(), FunctionError>,
    ) -> Result<(), FunctionError> {
        for row in 0..self.call.rows() {
            match self.input.text(row, self.spec.input) {
                None => put(None)?,
                Some(text) => self.run(row, &text, &mut put)?,
            }
        }
        Ok(())
    }

    fn run(
        &self,
        row: usize,
        text: &str,
        put: &mut impl for<'r> FnMut(Option<Result<Sequence<'r>, FunctionError>>) -> Result<(), FunctionError>,
    ) -> Result<(), FunctionError> {
        let input = match read(text) {
            Ok(input) => input,
            Err(error) => return put(Some(Err(error))),
        };
        let forms = &self.spec.parameters;
        let texts: Vec<Option<Cow<'_, str>>> = self
            .parameters
            .iter()
            .zip(forms)
            .map(|(column, form)| if *form == Form::Plain { None } else { column.text(row, *form) })
            .collect();
        let trees: Result<Vec<Option<Json<'_>>>, FunctionError> = texts.iter().map(|text| text.as_deref().map(read).transpose()).collect();
        let trees = match trees {
            Ok(trees) => trees,
            Err(error) => return put(Some(Err(error))),
        };
        // A null without FORMAT is a JSON null, one with FORMAT is nothing.
        let parameters: Vec<Option<Item<'_>>> = self
            .parameters
            .iter()
            .zip(forms)
            .zip(&trees)
            .map(|((column, form), tree)| match form {
                Form::Plain => Some(column.value(row).map_or(Item::Node(&NULL), Item::Value)),
                _ => tree.as_ref().map(Item::Node),
            })
            .collect();
        let found = Evaluator::new(&self.path, &input, &parameters, self.call.session()).run();
        put(Some(found))
    }
}
