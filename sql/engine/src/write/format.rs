//! Which file format, compression and SerDe do the properties or a table's entry mean?
//!
//! Ref: Athena user guide, "CREATE TABLE AS, table properties", "Compression support"; measured Athena behaviour, "Writing".

use owlake_catalog::{Parameters, SerDeInfo, StorageFormat, TableDefinition};
use owlake_functions::types::TrinoType;
use parquet::basic::{Compression as ParquetCompression, GzipLevel, ZstdLevel};

use super::avro;
use super::delimited::Delimiters;
use super::job::WriteColumn;
use super::orc::OrcEncoder;
use super::properties::{self, Properties};
use crate::error::EngineError;
use crate::scan::serde::{is_line_feed, is_utf8_name, separator_byte};

/// The level of ZSTD when none is given. Ref: Athena user guide, "Using ZSTD compression levels".
const ZSTD_LEVEL_DEFAULT: i32 = 3;
const FIELD_DELIMITER_DEFAULT: char = '\u{1}';

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Snappy,
    Zstd { level: i32 },
    Deflate,
    Zlib,
    Bzip2,
    Lz4,
}

/// What a format can be packed with, the default first. Ref: Athena user guide, "Hive table compression support", engine version 3.
const PARQUET_COMPRESSIONS: [&str; 4] = ["GZIP", "SNAPPY", "ZSTD", "NONE"];
const ORC_COMPRESSIONS: [&str; 5] = ["ZLIB", "SNAPPY", "LZ4", "ZSTD", "NONE"];
/// The default of Avro is not documented. Basis: inferred, Trino 401 `HiveCompressionCodec`: GZIP stands for deflate in Avro files.
const AVRO_COMPRESSIONS: [&str; 5] = ["DEFLATE", "SNAPPY", "ZSTD", "BZIP2", "NONE"];
const TEXT_COMPRESSIONS: [&str; 6] = ["GZIP", "SNAPPY", "ZSTD", "BZIP2", "LZ4", "NONE"];

/// A file format with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Parquet(Compression),
    Orc(Compression),
    Avro(Compression),
    /// Lines of texts, as LazySimpleSerDe reads them.
    Delimited {
        delimiter: Delimiters,
        compression: Compression,
    },
    /// A JSON object a line.
    Json {
        compression: Compression,
    },
}

impl FileFormat {
    /// The format that `format` (without a default it is required), the compression properties and `field_delimiter` mean.
    /// Errors: INVALID_TABLE_PROPERTY; NOT_SUPPORTED for a format or compression that cannot be written yet.
    pub(crate) fn read(properties: &mut Properties, default: Option<&str>, compressions: &[&str]) -> Result<FileFormat, EngineError> {
        // Ref: Athena user guide, UNLOAD, "format: Required". Basis of the text: inferred.
        let subject = properties.subject;
        let missing = format!("{} 'format' is required", subject.noun());
        let name = properties.text("format")?;
        let name = name.as_deref().or(default).ok_or_else(|| invalid(missing))?.to_uppercase();
        let mut compression: Option<String> = None;
        for property in compressions {
            if let Some(text) = properties.text(property)? {
                if let Some(other) = compression.as_ref().filter(|other| !other.eq_ignore_ascii_case(&text)) {
                    return Err(invalid(format!("{property} is {text}, but another property says {other}")));
                }
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
        let packed = |names: &[&str]| packed(&name, names, compression.as_deref(), level);
        match name.as_str() {
            "PARQUET" => Ok(FileFormat::Parquet(packed(&PARQUET_COMPRESSIONS)?)),
            "ORC" => Ok(FileFormat::Orc(packed(&ORC_COMPRESSIONS)?)),
            "AVRO" => Ok(FileFormat::Avro(packed(&AVRO_COMPRESSIONS)?)),
            "TEXTFILE" => {
                let delimiter = Delimiters::of_fields(single_character(delimiter)?);
                Ok(FileFormat::Delimited { delimiter, compression: packed(&TEXT_COMPRESSIONS)? })
            }
            "JSON" => Ok(FileFormat::Json { compression: packed(&TEXT_COMPRESSIONS)? }),
            "ION" => Err(EngineError::engine("NOT_SUPPORTED", "Writing files of the format ION is not supported by owlake yet")),
            _ => {
                let reason = format!("{name}. Valid values: [PARQUET, ORC, AVRO, JSON, TEXTFILE, ION]");
                Err(properties::invalid(subject, "format", &reason))
            }
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
        let parameter = |name: &str| serde.and_then(|serde| serde.parameters.get(name)).map(String::as_str);
        let level = property(&["compression_level", "compression.level"]).and_then(|text| text.parse().ok());
        let packed = |format: &str, names: &[&str], properties: &[&str]| {
            let compression = property(properties);
            packed(format, names, compression.as_deref(), level.filter(|_| compression.as_deref() == Some("ZSTD")))
        };
        let text_packed = |format: &str| packed(format, &TEXT_COMPRESSIONS, &["write.compression", "compression_type", "compressionType"]);
        match library {
            PARQUET_SERDE => {
                let properties = ["parquet.compression", "parquet.compress", "write.compression"];
                packed("PARQUET", &PARQUET_COMPRESSIONS, &properties).map(FileFormat::Parquet)
            }
            ORC_SERDE => packed("ORC", &ORC_COMPRESSIONS, &["orc.compress", "orc.compression", "write.compression"]).map(FileFormat::Orc),
            AVRO_SERDE => {
                packed("AVRO", &AVRO_COMPRESSIONS, &["avro.compression", "avro.output.codec", "write.compression"]).map(FileFormat::Avro)
            }
            LAZY_SIMPLE_SERDE | "" => {
                let delimiter = delimiters(&|name| parameter(name))?;
                Ok(FileFormat::Delimited { delimiter, compression: text_packed("TEXTFILE")? })
            }
            JSON_SERDE => Ok(FileFormat::Json { compression: text_packed("JSON")? }),
            other => Err(EngineError::engine(
                "HIVE_UNSUPPORTED_FORMAT",
                format!("Inserting into a table with the SerDe {other} is not supported"),
            )),
        }
    }

    /// Whether a new table, or an UNLOAD, may have such a column. Errors: NOT_SUPPORTED.
    pub(crate) fn check_new_columns(&self, columns: &[(String, TrinoType)]) -> Result<(), EngineError> {
        match self {
            FileFormat::Avro(_) => columns.iter().try_for_each(|(name, data_type)| avro::check(name, data_type)),
            FileFormat::Parquet(_) | FileFormat::Orc(_) | FileFormat::Delimited { .. } | FileFormat::Json { .. } => Ok(()),
        }
    }

    /// Errors: NOT_SUPPORTED for a column of a type that the format does not have.
    pub(super) fn check(&self, columns: &[WriteColumn]) -> Result<(), EngineError> {
        match self {
            FileFormat::Avro(_) => avro::schema(columns).map(|_schema| ()),
            FileFormat::Orc(compression) => OrcEncoder::new(columns, *compression).map(|_encoder| ()),
            FileFormat::Parquet(_) | FileFormat::Delimited { .. } | FileFormat::Json { .. } => Ok(()),
        }
    }

    /// What file names end with.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            FileFormat::Delimited { compression, .. } | FileFormat::Json { compression } => match compression {
                Compression::None => "",
                Compression::Gzip => ".gz",
                Compression::Snappy => ".snappy",
                Compression::Zstd { .. } => ".zst",
                Compression::Bzip2 => ".bz2",
                Compression::Lz4 => ".lz4",
                Compression::Deflate | Compression::Zlib => ".deflate",
            },
            FileFormat::Parquet(_) | FileFormat::Orc(_) | FileFormat::Avro(_) => "",
        }
    }

    /// The table properties that make later INSERTs write the same.
    pub(crate) fn table_parameters(&self) -> Parameters {
        let (key, compression) = match self {
            FileFormat::Parquet(Compression::None) => ("parquet.compression", Some("UNCOMPRESSED")),
            FileFormat::Parquet(_) => ("parquet.compression", None),
            FileFormat::Orc(_) => ("orc.compress", None),
            FileFormat::Avro(_) | FileFormat::Delimited { .. } | FileFormat::Json { .. } => ("write.compression", None),
        };
        let mut parameters: Parameters =
            [(key.to_owned(), compression.unwrap_or_else(|| self.compression().name()).to_owned())].into_iter().collect();
        if let Compression::Zstd { level } = self.compression() {
            parameters.insert("compression_level".to_owned(), level.to_string());
        }
        parameters
    }

    fn compression(&self) -> Compression {
        match self {
            FileFormat::Parquet(compression) | FileFormat::Orc(compression) | FileFormat::Avro(compression) => *compression,
            FileFormat::Delimited { compression, .. } | FileFormat::Json { compression } => *compression,
        }
    }
}

const ORC_SERDE: &str = "org.apache.hadoop.hive.ql.io.orc.OrcSerde";
const AVRO_SERDE: &str = "org.apache.hadoop.hive.serde2.avro.AvroSerDe";
const PARQUET_SERDE: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
const LAZY_SIMPLE_SERDE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const JSON_SERDE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

/// The catalog's description of a format, without columns. Ref: Apache Hive, `StorageFormatFactory`.
pub(crate) fn storage_format(format: &FileFormat) -> StorageFormat {
    let mut parameters: Parameters = [("serialization.format".to_owned(), "1".to_owned())].into_iter().collect();
    let (input, output, serde) = match format {
        FileFormat::Parquet(_) => (
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            PARQUET_SERDE,
        ),
        FileFormat::Orc(_) => {
            ("org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat", ORC_SERDE)
        }
        FileFormat::Avro(_) => (
            "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
            "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
            AVRO_SERDE,
        ),
        FileFormat::Json { .. } => (TEXT_INPUT, TEXT_OUTPUT, JSON_SERDE),
        FileFormat::Delimited { delimiter, .. } => {
            let separator = delimiter.separators[0];
            if separator != FIELD_DELIMITER_DEFAULT {
                parameters.insert("field.delim".to_owned(), separator.to_string());
                parameters.insert("serialization.format".to_owned(), separator.to_string());
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

/// The compression of that name; the format's default when there is no name. Errors: INVALID_TABLE_PROPERTY.
fn packed(format: &str, names: &[&str], text: Option<&str>, level: Option<i64>) -> Result<Compression, EngineError> {
    let name = match text {
        None => names.first().copied().unwrap_or("NONE"),
        Some("UNCOMPRESSED") => "NONE",
        Some(text) => text,
    };
    let compression = Compression::ALL.into_iter().find(|compression| compression.name() == name && names.contains(&name));
    match (compression, level) {
        (None, _) => Err(invalid(format!("Invalid compression for {format}: {name}"))),
        (Some(Compression::Zstd { level: default }), level) => {
            let level = level.unwrap_or(default.into());
            let valid = i32::try_from(level).ok().filter(|level| ZstdLevel::try_new(*level).is_ok());
            valid.map(|level| Compression::Zstd { level }).ok_or_else(|| invalid(format!("Invalid compression_level: {level}")))
        }
        (Some(_), Some(_)) => Err(invalid("compression_level is for the compression ZSTD only".to_owned())),
        (Some(compression), None) => Ok(compression),
    }
}

/// How LazySimpleSerDe's properties have rows written, so that reading finds the same. Errors: NOT_SUPPORTED for a separator that is no
/// ASCII character, or for lines that end with anything but a line feed.
/// Ref: Apache Hive, `LazySerDeParameters`, `LazyUtils.getByte`.
fn delimiters<'a>(parameter: &dyn Fn(&str) -> Option<&'a str>) -> Result<Delimiters, EngineError> {
    let unsupported = |name: &str, text: &str| {
        let message = format!("Inserting into a text table with '{name}' = '{}' is not supported by owlake yet", text.escape_default());
        EngineError::engine("NOT_SUPPORTED", message)
    };
    let character = |name: &str, text: &str| match separator_byte(text) {
        Some(byte) if byte.is_ascii() => Ok(Some(char::from(byte))),
        Some(_) => Err(unsupported(name, text)),
        None => Ok(None),
    };
    let mut delimiters = Delimiters::of_fields(FIELD_DELIMITER_DEFAULT);
    // Hive before 3 writes the second name without its second `c`.
    let named = [["field.delim", "serialization.format"], ["collection.delim", "colelction.delim"], ["mapkey.delim", ""]];
    for (separator, names) in delimiters.separators.iter_mut().zip(named) {
        if let Some((name, text)) = names.iter().find_map(|name| parameter(name).map(|text| (*name, text))) {
            *separator = character(name, text)?.unwrap_or(*separator);
        }
    }
    if let Some(text) = parameter("escape.delim") {
        delimiters.escape = Some(character("escape.delim", text)?.unwrap_or('\\'));
    }
    delimiters.escapes_lines = parameter("serialization.escape.crlf").is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true"));
    if let Some(text) = parameter("serialization.null.format") {
        delimiters.null = text.into();
    }
    for name in ["line.delim", "textinputformat.record.delimiter"] {
        if let Some(text) = parameter(name).filter(|text| !is_line_feed(text)) {
            return Err(unsupported(name, text));
        }
    }
    match parameter("serialization.encoding").filter(|text| !is_utf8_name(text)) {
        Some(text) => Err(unsupported("serialization.encoding", text)),
        None => Ok(delimiters),
    }
}

fn single_character(text: Option<String>) -> Result<char, EngineError> {
    let Some(text) = text else { return Ok(FIELD_DELIMITER_DEFAULT) };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        // A digit is the number of a byte, as it is when the table is read. Ref: Apache Hive `LazyUtils.getByte`.
        (Some(digit @ '0'..='9'), None) => Ok(char::from(digit as u8 - b'0')),
        (Some(character), None) if character.is_ascii() => Ok(character),
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
    const ALL: [Compression; 8] = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Zstd { level: ZSTD_LEVEL_DEFAULT },
        Compression::Deflate,
        Compression::Zlib,
        Compression::Bzip2,
        Compression::Lz4,
    ];

    fn name(self) -> &'static str {
        match self {
            Compression::None => "NONE",
            Compression::Gzip => "GZIP",
            Compression::Snappy => "SNAPPY",
            Compression::Zstd { .. } => "ZSTD",
            Compression::Deflate => "DEFLATE",
            Compression::Zlib => "ZLIB",
            Compression::Bzip2 => "BZIP2",
            Compression::Lz4 => "LZ4",
        }
    }

    /// Parquet's own codec; what Parquet files are not written with stays unpacked.
    pub(super) fn codec(self) -> ParquetCompression {
        match self {
            Compression::Gzip => ParquetCompression::GZIP(GzipLevel::default()),
            Compression::Snappy => ParquetCompression::SNAPPY,
            Compression::Zstd { level } => ParquetCompression::ZSTD(ZstdLevel::try_new(level).unwrap_or_default()),
            Compression::None | Compression::Deflate | Compression::Zlib | Compression::Bzip2 | Compression::Lz4 => {
                ParquetCompression::UNCOMPRESSED
            }
        }
    }
}
