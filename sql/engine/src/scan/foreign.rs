//! Which tables would be misread as plain files of a folder? Those that say of themselves that they are of a table format or a store that is not built.
//!
//! Ref: AWS Glue Developer Guide, "Using data lake frameworks" (`table_type`, `spark.sql.sources.provider`), `TableInput.TargetTable`; Apache Hive,
//! `storage_handler`, `transactional`; Apache Hudi, `HoodieParquetInputFormat`. A Hudi or Iceberg folder holds old versions of its rows
//! beside the present ones, so a plain reading gives wrong rows, not an error.
//! Deviation: Athena reads Iceberg, Delta Lake and Hudi tables and resource links.

use owlake_catalog::{Parameters, Table};

use crate::error::EngineError;

/// A table format that keeps more in its folder than the rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableFormat {
    Iceberg,
    DeltaLake,
    Hudi,
}

impl TableFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            TableFormat::Iceberg => "Iceberg",
            TableFormat::DeltaLake => "Delta Lake",
            TableFormat::Hudi => "Hudi",
        }
    }

    fn of_word(word: &str) -> Option<TableFormat> {
        match word.trim().to_ascii_lowercase().as_str() {
            "iceberg" => Some(TableFormat::Iceberg),
            "delta" => Some(TableFormat::DeltaLake),
            "hudi" | "hoodie" => Some(TableFormat::Hudi),
            _ => None,
        }
    }

    /// What a table's properties say; `None` for a plain table.
    pub(crate) fn of_parameters(parameters: &Parameters) -> Option<TableFormat> {
        let said = ["table_type", "spark.sql.sources.provider", "classification"]
            .iter()
            .find_map(|key| parameters.get(*key).and_then(|word| TableFormat::of_word(word)));
        said.or_else(|| parameters.contains_key("metadata_location").then_some(TableFormat::Iceberg))
    }

    /// What a class name of Hive's says.
    fn of_class(class: &str) -> Option<TableFormat> {
        let class = class.to_ascii_lowercase();
        let formats = [
            ("org.apache.iceberg", TableFormat::Iceberg),
            ("hoodie", TableFormat::Hudi),
            ("org.apache.hudi", TableFormat::Hudi),
            ("io.delta", TableFormat::DeltaLake),
        ];
        formats.into_iter().find(|(word, _)| class.contains(word)).map(|(_, format)| format)
    }

    /// The format of a table; `None` for a plain one.
    pub(crate) fn of(table: &Table) -> Option<TableFormat> {
        let format = table.definition.storage.as_ref().map(|storage| &storage.format);
        let input = format.and_then(|format| format.input_format.as_deref());
        let serde = format.and_then(|format| format.serde_info.as_ref()).and_then(|serde| serde.serialization_library.as_deref());
        TableFormat::of_parameters(&table.definition.parameters).or_else(|| input.into_iter().chain(serde).find_map(TableFormat::of_class))
    }

    /// The refusal of a statement about such a table.
    pub(crate) fn refusal(self, shown: &str) -> EngineError {
        EngineError::engine("NOT_SUPPORTED", format!("{} tables are not supported by owlake yet: {shown}", self.name()))
    }
}

/// Refuses a table that is not plain files of a folder, by what it is. Views pass. Errors: NOT_SUPPORTED.
pub(crate) fn check(table: &Table) -> Result<(), EngineError> {
    if table.is_view() {
        return Ok(());
    }
    let shown = format!("{}.{}", table.database, table.name);
    if let Some(format) = TableFormat::of(table) {
        return Err(format.refusal(&shown));
    }
    let refused = |what: String| Err(EngineError::engine("NOT_SUPPORTED", format!("{what} by owlake yet: {shown}")));
    let definition = &table.definition;
    if definition.target_table.is_some() {
        return refused("Resource links are not supported".to_owned());
    }
    if let Some(handler) = definition.parameters.get("storage_handler").filter(|handler| !handler.is_empty()) {
        return refused(format!("Tables of the storage handler {handler} are not supported"));
    }
    if definition.parameters.get("transactional").is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true")) {
        return refused("Transactional Hive tables are not supported".to_owned());
    }
    match definition.table_type.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("GOVERNED") => refused("Governed tables are not supported".to_owned()),
        Some(kind) if kind.contains("VIEW") || kind.contains("INDEX") => refused(format!("Tables of the type {kind} are not supported")),
        Some(_) | None => Ok(()),
    }
}
