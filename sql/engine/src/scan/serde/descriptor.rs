//! What does a SerDe's descriptor say, and which one does a table's storage mean?

use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use async_trait::async_trait;
use futures::future::BoxFuture;
use owlake_catalog::{Parameters, StorageFormat};
use owlake_functions::types::TrinoType;

use super::SERDES;
use crate::error::EngineError;
use crate::scan::counting_store::CountedFile;
use crate::scan::text::lines::Lines;

/// The input formats of whole files, without their packages, which differ by version.
const FILE_INPUTS: [&str; 5] =
    [".MapredParquetInputFormat", ".DeprecatedParquetInputFormat", ".OrcInputFormat", ".OrcNewInputFormat", ".AvroContainerInputFormat"];

/// One SerDe.
#[derive(Debug)]
pub struct SerDe {
    /// The Java class, as a table's entry names it.
    pub class: &'static str,
    pub reading: Reading,
}

/// How a SerDe's files are read.
#[derive(Debug)]
pub enum Reading {
    Parquet,
    /// Line by line: what a table's lines mean. Errors: a property or a column's type that cannot be.
    Lines(fn(&LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError>),
    /// File by file: what a table's files mean. Errors: as for lines.
    Files(fn(&LineTable<'_>) -> Result<Arc<dyn FileFormat>, EngineError>),
    Unsupported,
}

/// What a SerDe is told of a table.
#[derive(Debug)]
pub struct LineTable<'a> {
    /// The SerDe's properties.
    pub parameters: &'a Parameters,
    /// How many columns the files have.
    pub column_count: usize,
    /// The columns to read.
    pub columns: &'a [WantedColumn],
}

/// A column of the files.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedColumn {
    pub name: String,
    /// Its position among the files' columns.
    pub index: usize,
    pub data_type: TrinoType,
}

/// What the lines of a table mean; shared by all who read it.
pub trait LineFormat: fmt::Debug + Send + Sync {
    /// A decoder with buffers of its own.
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError>;
}

/// Turns lines into columns.
pub trait LineDecoder: Send {
    /// The wanted columns, each with a value a line, in physical form. Errors: what the SerDe does not read as NULL.
    fn decode(&mut self, lines: &Lines) -> Result<Vec<ArrayRef>, EngineError>;
}

/// What whole files of a table mean; shared by all who read it.
pub trait FileFormat: fmt::Debug + Send + Sync {
    /// A reader of one file. Errors: HIVE_BAD_DATA for a file of another format.
    fn open(&self, file: Arc<CountedFile>) -> BoxFuture<'static, Result<Box<dyn FileReader>, EngineError>>;
}

/// Reads a file from its start.
#[async_trait]
pub trait FileReader: Send {
    /// Up to `rows_max` rows of the wanted columns, in physical form; none when the file is read. Errors: HIVE_BAD_DATA.
    async fn next(&mut self, rows_max: usize) -> Result<Option<Rows>, EngineError>;
}

/// Some rows of a file.
#[derive(Debug)]
pub struct Rows {
    pub count: usize,
    /// The wanted columns.
    pub columns: Vec<ArrayRef>,
}

impl SerDe {
    pub(super) const fn unsupported(class: &'static str) -> SerDe {
        SerDe { class, reading: Reading::Unsupported }
    }

    /// The SerDe of a storage. Without a class the input format decides. Errors: the name of what is not known, for the caller's text.
    pub fn of(format: &StorageFormat) -> Result<&'static SerDe, String> {
        let class = format.serde_info.as_ref().and_then(|serde| serde.serialization_library.as_deref()).unwrap_or_default();
        let input_format = format.input_format.as_deref().unwrap_or_default();
        // Only these give lines or whole files; a SequenceFile's or a symlink's objects are something else.
        let is_text_input = input_format.is_empty() || input_format.ends_with("TextInputFormat") && !input_format.contains("Symlink");
        // A file is a file to every input format of Hive's own; Hudi's, Delta's and Iceberg's choose among the files.
        let is_file_input = is_text_input || FILE_INPUTS.iter().any(|known| input_format.ends_with(known));
        let found = if class.is_empty() {
            let input = input_format.to_ascii_lowercase();
            let named = ["parquet", "orc", "avro"].into_iter().find(|name| input.contains(name)).unwrap_or("lazysimple");
            SERDES.iter().find(|serde| serde.class.to_ascii_lowercase().contains(named) && !matches!(serde.reading, Reading::Unsupported))
        } else {
            // The classes of Parquet's many versions differ in their packages.
            let is_parquet = class.to_ascii_lowercase().contains("parquet");
            SERDES.iter().find(|serde| if is_parquet { matches!(serde.reading, Reading::Parquet) } else { serde.class == class })
        };
        let named = || if class.is_empty() { input_format } else { class }.to_owned();
        match found {
            Some(SerDe { reading: Reading::Lines(_), .. }) if !is_text_input => Err(input_format.to_owned()),
            Some(SerDe { reading: Reading::Parquet | Reading::Files(_), .. }) if !is_file_input => Err(input_format.to_owned()),
            Some(SerDe { reading: Reading::Unsupported, .. }) | None => Err(named()),
            Some(serde) => Ok(serde),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use owlake_catalog::SerDeInfo;

    use super::*;

    fn found(class: &str, input_format: &str) -> Result<&'static str, String> {
        let format = StorageFormat {
            input_format: Some(input_format.to_owned()),
            serde_info: Some(SerDeInfo { serialization_library: Some(class.to_owned()), ..SerDeInfo::default() }),
            ..StorageFormat::default()
        };
        SerDe::of(&format).map(|serde| serde.class)
    }

    #[test]
    fn classes_are_listed_once() {
        for (position, serde) in SERDES.iter().enumerate() {
            assert!(SERDES[..position].iter().all(|other| other.class != serde.class), "{}", serde.class);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let text = "org.apache.hadoop.mapred.TextInputFormat";
        assert_eq!(found("org.apache.hadoop.hive.serde2.OpenCSVSerde", text), Ok("org.apache.hadoop.hive.serde2.OpenCSVSerde"));
        assert_eq!(found("", text), Ok("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"));
        assert_eq!(found("parquet.hive.serde.ParquetHiveSerDe", text), Ok("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"));
        assert_eq!(found("a.b.C", text), Err("a.b.C".to_owned()));
        assert_eq!(found("", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"), Ok("org.apache.hadoop.hive.ql.io.orc.OrcSerde"));
        assert_eq!(
            found("", "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat"),
            Ok("org.apache.hadoop.hive.serde2.avro.AvroSerDe")
        );
        assert_eq!(found("com.amazon.ionhiveserde.IonHiveSerDe", ""), Err("com.amazon.ionhiveserde.IonHiveSerDe".to_owned()));
        for input in ["org.apache.hadoop.mapred.SequenceFileInputFormat", "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"] {
            for class in [
                "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
            ] {
                assert_eq!(found(class, input), Err(input.to_owned()));
            }
        }
        let hudi = "org.apache.hudi.hadoop.HoodieParquetInputFormat";
        assert_eq!(found("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", hudi), Err(hudi.to_owned()));
        assert_eq!(
            found("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "parquet.hive.DeprecatedParquetInputFormat"),
            Ok("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe")
        );
    }
}
