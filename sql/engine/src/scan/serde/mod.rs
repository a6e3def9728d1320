//! Which SerDes are there? One file each, one line each in [`SERDES`]; those that are known but cannot be read stand there too.
//!
//! A SerDe of lines gives a [`LineDecoder`], which turns whole lines into columns. Files, splits, compression and line ends are
//! [`super::text`]'s affair. A SerDe of files (ORC, Avro) gives a [`FileReader`], which reads a file from its start. To add one: a file with a `const` [`SerDe`], a line below, `testdata/slt/serde/<serde>.slt`.
//! Ref: Athena user guide, "SerDe reference".

mod avro;
mod avro_schema;
mod avro_value;
mod descriptor;
mod grok;
mod hive_json;
mod json_text;
mod json_value;
mod lazy_simple;
mod open_csv;
mod openx_json;
mod orc;
mod orc_column;
mod orc_stream;
mod orc_tail;
mod parquet;
mod regex;

pub(crate) use lazy_simple::{byte as separator_byte, is_line_feed, is_utf8_name};

pub use descriptor::{FileFormat, FileReader, LineDecoder, LineFormat, LineTable, Reading, Rows, SerDe, WantedColumn};

/// Every SerDe Athena names.
pub const SERDES: &[SerDe] = &[
    parquet::PARQUET,
    lazy_simple::LAZY_SIMPLE,
    open_csv::OPEN_CSV,
    openx_json::OPENX_JSON,
    hive_json::HIVE_JSON,
    hive_json::HIVE_JSON_SERDE2,
    regex::REGEX,
    regex::REGEX_CONTRIB,
    grok::GROK,
    orc::ORC,
    avro::AVRO,
    SerDe::unsupported("com.amazon.ionhiveserde.IonHiveSerDe"),
    SerDe::unsupported("com.amazon.emr.hive.serde.CloudTrailSerde"),
    SerDe::unsupported("org.apache.hive.hcatalog.data.CloudTrailSerde"),
    SerDe::unsupported("org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe"),
    SerDe::unsupported("org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"),
];
