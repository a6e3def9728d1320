//! Which file format, compression and SerDe do the properties or a table's entry mean?
//!
//! Ref: Athena user guide, "CREATE TABLE AS, table properties", "Compression support"; measured Athena behaviour, "Writing".

use owlake_catalog::{Parameters, SerDeInfo, StorageFormat, TableDefinition};
use parquet::basic::{Compression as ParquetCompression, GzipLevel, ZstdLevel};

use super::properties::Properties;
use crate::error::EngineError;

/// The level of ZSTD when none is given. Ref: Athena user guide, "Using ZSTD compression levels".
const ZSTD_LEVEL_DEFAULT: i64 = 3;
const FIELD_DELIMITER_DEFAULT: char = '\u{1}';

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Snappy,
    Zstd { level: i32 },
}

/// A file format with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Parquet(Compression),
    /// Lines of texts, as LazySimpleSerDe reads them; gzipped or not.
    Delimited {
        delimiter: char,
        is_gzipped: bool,
    },
    /// A JSON object a line; gzipped or not.
    Json {
        is_gzipped: bool,
    },
}

impl FileFormat {
    /// The format that `format`, the compression properties and `field_delimiter` mean.
    /// Errors: INVALID_TABLE_PROPERTY; NOT_SUPPORTED for a format or compression that cannot be written yet.
    pub(crate) fn read(properties: &mut Properties, default: &str, compressions: &[&str]) -> Result<FileFormat, EngineError> {
        let name = properties.text("format")?.unwrap_or_else(|| default.to_owned()).to_uppercase();
        let mut compression = None;
        for property in compressions {
            if let Some(text) = properties.text(property)? {
                if let Some(format) = property.strip_suffix("_compression").filter(|format| *format != "write")
                    && !name.eq_ignore_ascii_case(format)
                {
                    return Err(invalid(format!("{property} is not for the format {name}")));
                }
                compression = Some(text.to_uppercase());
            }
        }
        let level = properties.integer("compression_level")?;
        let delimiter = properties.text("field_delimiter")?;
        if delimiter.is_some() && !matches!(name.as_str(), "TEXTFILE" | "CSV") {
            return Err(invalid(format!("Cannot specify field_delimiter for storage format: {name}")));
        }
        match name.as_str() {
            "PARQUET" => Ok(FileFormat::Parquet(parquet_compression(compression.as_deref(), level)?)),
            "TEXTFILE" => Ok(FileFormat::Delimited {
                delimiter: single_character(delimiter)?,
                is_gzipped: is_gzipped(&name, compression.as_deref(), level)?,
            }),
            "JSON" => Ok(FileFormat::Json { is_gzipped: is_gzipped(&name, compression.as_deref(), level)? }),
            "ORC" | "AVRO" | "ION" => {
                Err(EngineError::engine("NOT_SUPPORTED", format!("Writing files of the format {name} is not supported by owlake yet")))
            }
            _ => Err(invalid(format!(
                "Invalid value for catalog 'awsdatacatalog' table property 'format': {name}. Valid values: [PARQUET, ORC, AVRO, JSON, TEXTFILE, ION]"
            ))),
        }
    }

    /// How files of a table are written: its SerDe and its compression properties.
    /// Errors: NOT_SUPPORTED for a SerDe that cannot be written.
    pub(crate) fn of_table(table: &TableDefinition) -> Result<FileFormat, EngineError> {
        let format = table.storage.as_ref().map(|storage| &storage.format);
        let serde = format.and_then(|format| format.serde_info.as_ref());
        let library = serde.and_then(|serde| serde.serialization_library.as_deref()).unwrap_or_default();
        let property = |names: &[&str]| {
            let found = table.parameters.iter().find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
            found.map(|(_, value)| value.to_uppercase())
        };
        let text_compression = property(&["write.compression", "compression_type", "compressionType"]);
        let parameter = |name: &str| serde.and_then(|serde| serde.parameters.get(name)).map(String::as_str);
        match library {
            PARQUET_SERDE => {
                let level = property(&["compression_level", "compression.level"]).and_then(|text| text.parse().ok());
                let compression = property(&["parquet.compression", "parquet.compress", "write.compression"]);
                parquet_compression(compression.as_deref(), level.filter(|_| compression.as_deref() == Some("ZSTD")))
                    .map(FileFormat::Parquet)
            }
            LAZY_SIMPLE_SERDE | "" => {
                if let Some(unwritten) = ["escape.delim", "serialization.null.format"]
                    .into_iter()
                    .find(|name| parameter(name).is_some_and(|value| value != "\\N"))
                {
                    return Err(EngineError::engine(
                        "NOT_SUPPORTED",
                        format!("Inserting into a text table with '{unwritten}' is not supported by owlake yet"),
                    ));
                }
                let delimiter = single_character(
                    parameter("field.delim").or(parameter("serialization.format").filter(|text| *text != "1")).map(str::to_owned),
                )?;
                Ok(FileFormat::Delimited { delimiter, is_gzipped: is_gzipped("TEXTFILE", text_compression.as_deref(), None)? })
            }
            JSON_SERDE => Ok(FileFormat::Json { is_gzipped: is_gzipped("JSON", text_compression.as_deref(), None)? }),
            other => Err(EngineError::engine(
                "HIVE_UNSUPPORTED_FORMAT",
                format!("Inserting into a table with the SerDe {other} is not supported"),
            )),
        }
    }

    /// What file names end with.
    pub(super) fn extension(self) -> &'static str {
        match self {
            FileFormat::Delimited { is_gzipped: true, .. } | FileFormat::Json { is_gzipped: true } => ".gz",
            _ => "",
        }
    }

    /// The table properties that make later INSERTs write the same.
    pub(crate) fn table_parameters(self) -> Parameters {
        let text = |is_gzipped: bool| vec![("write.compression", if is_gzipped { "GZIP".to_owned() } else { "NONE".to_owned() })];
        let pairs = match self {
            FileFormat::Parquet(Compression::None) => vec![("parquet.compression", "UNCOMPRESSED".to_owned())],
            FileFormat::Parquet(Compression::Gzip) => vec![("parquet.compression", "GZIP".to_owned())],
            FileFormat::Parquet(Compression::Snappy) => vec![("parquet.compression", "SNAPPY".to_owned())],
            FileFormat::Parquet(Compression::Zstd { level }) => {
                vec![("parquet.compression", "ZSTD".to_owned()), ("compression_level", level.to_string())]
            }
            FileFormat::Delimited { is_gzipped, .. } | FileFormat::Json { is_gzipped } => text(is_gzipped),
        };
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

const PARQUET_SERDE: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
const LAZY_SIMPLE_SERDE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const JSON_SERDE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

/// The catalog's description of a format, without columns. Ref: Apache Hive, `StorageFormatFactory`.
pub(crate) fn storage_format(format: FileFormat) -> StorageFormat {
    let mut parameters: Parameters = [("serialization.format".to_owned(), "1".to_owned())].into_iter().collect();
    let (input, output, serde) = match format {
        FileFormat::Parquet(_) => (
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            PARQUET_SERDE,
        ),
        FileFormat::Json { .. } => (TEXT_INPUT, TEXT_OUTPUT, JSON_SERDE),
        FileFormat::Delimited { delimiter, .. } => {
            if delimiter != FIELD_DELIMITER_DEFAULT {
                parameters.insert("field.delim".to_owned(), delimiter.to_string());
                parameters.insert("serialization.format".to_owned(), delimiter.to_string());
            }
            (TEXT_INPUT, TEXT_OUTPUT, LAZY_SIMPLE_SERDE)
        }
    };
    StorageFormat {
        input_format: Some(input.to_owned()),
        output_format: Some(output.to_owned()),
        compressed: Some(false),
        number_of_buckets: Some(0),
        serde_info: Some(SerDeInfo { name: None, serialization_library: Some(serde.to_owned()), parameters }),
        stored_as_sub_directories: Some(false),
        ..StorageFormat::default()
    }
}

fn parquet_compression(text: Option<&str>, level: Option<i64>) -> Result<Compression, EngineError> {
    let compression = match text.unwrap_or("GZIP") {
        "GZIP" => Compression::Gzip,
        "SNAPPY" => Compression::Snappy,
        "NONE" | "UNCOMPRESSED" => Compression::None,
        "ZSTD" => {
            let level = level.unwrap_or(ZSTD_LEVEL_DEFAULT);
            let valid = i32::try_from(level).ok().filter(|level| ZstdLevel::try_new(*level).is_ok());
            return valid.map(|level| Compression::Zstd { level }).ok_or_else(|| invalid(format!("Invalid compression_level: {level}")));
        }
        other @ ("LZ4" | "LZO" | "BROTLI") => {
            return Err(EngineError::engine(
                "NOT_SUPPORTED",
                format!("Writing Parquet files with the compression {other} is not supported by owlake yet"),
            ));
        }
        other => return Err(invalid(format!("Invalid compression for PARQUET: {other}"))),
    };
    match level {
        None => Ok(compression),
        Some(_) => Err(invalid("compression_level is for the compression ZSTD only".to_owned())),
    }
}

fn is_gzipped(format: &str, text: Option<&str>, level: Option<i64>) -> Result<bool, EngineError> {
    if level.is_some() && text != Some("ZSTD") {
        return Err(invalid("compression_level is for the compression ZSTD only".to_owned()));
    }
    match text.unwrap_or("GZIP") {
        "GZIP" => Ok(true),
        "NONE" | "UNCOMPRESSED" => Ok(false),
        other @ ("BZIP2" | "DEFLATE" | "LZ4" | "LZO" | "SNAPPY" | "ZSTD") => Err(EngineError::engine(
            "NOT_SUPPORTED",
            format!("Writing {format} files with the compression {other} is not supported by owlake yet"),
        )),
        other => Err(invalid(format!("Invalid compression for {format}: {other}"))),
    }
}

fn single_character(text: Option<String>) -> Result<char, EngineError> {
    let Some(text) = text else { return Ok(FIELD_DELIMITER_DEFAULT) };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => match text.strip_prefix("\\").map(|rest| (rest, u32::from_str_radix(rest.trim_start_matches('u'), 8))) {
            Some(("t", _)) => Ok('\t'),
            Some((_, Ok(code))) => char::from_u32(code).ok_or_else(|| invalid(format!("Invalid field_delimiter: '{text}'"))),
            _ => Err(invalid(format!("field_delimiter must be a single character: '{text}'"))),
        },
    }
}

fn invalid(text: String) -> EngineError {
    EngineError::engine("INVALID_TABLE_PROPERTY", text)
}

impl Compression {
    /// Parquet's own codec.
    pub(super) fn codec(self) -> ParquetCompression {
        match self {
            Compression::None => ParquetCompression::UNCOMPRESSED,
            Compression::Gzip => ParquetCompression::GZIP(GzipLevel::default()),
            Compression::Snappy => ParquetCompression::SNAPPY,
            Compression::Zstd { level } => ParquetCompression::ZSTD(ZstdLevel::try_new(level).unwrap_or_default()),
        }
    }
}
