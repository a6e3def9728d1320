//! How is an ORC file read? Its tail, then stripe by stripe the streams of the wanted columns.
//!
//! Columns are found by position unless `orc.column.index.access` is false. Charged are the footers and the streams that are read.
//! Ref: Athena user guide, "ORC SerDe", "Handle schema updates"; Apache ORC specification v1.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use async_trait::async_trait;
use chrono_tz::Tz;
use datafusion::error::DataFusionError;
use futures::FutureExt;
use futures::future::BoxFuture;
use owlake_functions::types::arrow_form::arrow_type;

use super::descriptor::{FileFormat, FileReader, LineTable, Reading, Rows, SerDe, WantedColumn};
use super::orc_column::{STREAM_KINDS, StripeColumns, malformed};
use super::orc_stream::Packing;
use super::orc_tail::{Footer, PostScript, StripeFooter, StripePlace};
use crate::error::EngineError;
use crate::scan::counting_store::CountedFile;

pub const ORC: SerDe = SerDe { class: "org.apache.hadoop.hive.ql.io.orc.OrcSerde", reading: Reading::Files(format) };

/// The last bytes of a file, read at once in the hope that its footer is among them.
const TAIL_BYTES: u64 = 16 << 10;

#[derive(Debug)]
struct OrcFormat {
    columns: Arc<[WantedColumn]>,
    finds_by_name: bool,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn FileFormat>, EngineError> {
    let access = table.parameters.get("orc.column.index.access");
    let finds_by_name = access.is_some_and(|access| access.eq_ignore_ascii_case("false"));
    Ok(Arc::new(OrcFormat { columns: table.columns.into(), finds_by_name }))
}

impl FileFormat for OrcFormat {
    fn open(&self, file: Arc<CountedFile>) -> BoxFuture<'static, Result<Box<dyn FileReader>, EngineError>> {
        let (columns, finds_by_name) = (Arc::clone(&self.columns), self.finds_by_name);
        async move { Ok(Box::new(OrcReader::open(file, columns, finds_by_name).await?) as Box<dyn FileReader>) }.boxed()
    }
}

struct OrcReader {
    file: Arc<CountedFile>,
    url: String,
    columns: Arc<[WantedColumn]>,
    footer: Footer,
    packing: Packing,
    block_bytes: u64,
    /// The type of each wanted column; none where the file does not have it.
    places: Vec<Option<usize>>,
    next_stripe: usize,
    /// What is left of the stripe under way: where, how many rows, and its columns but for those the file does not have.
    left: Option<(usize, usize, Vec<Option<ArrayRef>>)>,
}

impl OrcReader {
    async fn open(file: Arc<CountedFile>, columns: Arc<[WantedColumn]>, finds_by_name: bool) -> Result<OrcReader, EngineError> {
        let url = file.listed.url();
        let size = file.listed.meta.size;
        let bad = |text: &str| malformed(text, &url);
        let tail = file.uncharged_chunk(size.saturating_sub(TAIL_BYTES)..size).await?;
        let script_bytes = u64::from(tail.last().copied().unwrap_or_default());
        let script_start = size.checked_sub(1 + script_bytes).ok_or_else(|| bad(&format!("Invalid file size {size}")))?;
        let tail_start = size - tail.len() as u64;
        let script = &tail[(script_start - tail_start) as usize..tail.len() - 1];
        let script = PostScript::read(script).ok().filter(|script| script.magic).ok_or_else(|| bad("Invalid postscript"))?;
        let packing = Packing::of_kind(script.compression).ok_or_else(|| bad("Compression is not supported"))?;
        let footer_start = script_start.checked_sub(script.footer_bytes).ok_or_else(|| bad("Invalid postscript"))?;
        let bytes = file.chunk(footer_start..size).await?;
        let packed = &bytes[..(script_start - footer_start) as usize];
        let plain = packing.unpack(packed, script.block_bytes).map_err(|_| bad("Invalid footer"))?;
        let footer = Footer::read(&plain).map_err(|_| bad("Invalid footer"))?;
        let stripe_rows = footer.stripes.iter().try_fold(0u64, |rows, stripe| rows.checked_add(stripe.rows));
        if stripe_rows != Some(footer.rows) {
            return Err(bad("Invalid footer"));
        }
        let root = &footer.types[0];
        let place = |column: &WantedColumn| match finds_by_name {
            false => root.parts.get(column.index).copied(),
            true => root.names.iter().position(|name| name.eq_ignore_ascii_case(&column.name)).and_then(|at| root.parts.get(at).copied()),
        };
        let places = columns.iter().map(place).collect();
        Ok(OrcReader { file, url, columns, footer, packing, block_bytes: script.block_bytes, places, next_stripe: 0, left: None })
    }

    async fn stripe(&self, place: StripePlace) -> Result<Vec<Option<ArrayRef>>, EngineError> {
        let bad = || malformed("Invalid stripe", &self.url);
        let count = usize::try_from(place.rows).map_err(|_| bad())?;
        let data_start = place.offset.checked_add(place.index_bytes).ok_or_else(bad)?;
        let data_end = data_start.checked_add(place.data_bytes).ok_or_else(bad)?;
        let end = data_end.checked_add(place.footer_bytes).filter(|end| *end <= self.file.listed.meta.size).ok_or_else(bad)?;
        let packed = self.file.chunk(data_end..end).await?;
        let plain = self.packing.unpack(&packed, self.block_bytes).map_err(|_| bad())?;
        let footer = StripeFooter::read(&plain).map_err(|_| bad())?;
        let zone = match footer.zone.as_str() {
            "" | "UTC" | "GMT" | "Etc/UTC" => None,
            name => Some(name.parse::<Tz>().map_err(|_| malformed(&format!("Unknown time zone {name}"), &self.url))?),
        };
        let columns = StripeColumns {
            types: &self.footer.types,
            encodings: &footer.encodings,
            streams: self.streams(&footer, place.offset, data_end).await?,
            packing: self.packing,
            block_bytes: self.block_bytes,
            zone,
            url: &self.url,
        };
        let decoded = self.columns.iter().zip(&self.places).map(|(column, at)| match at {
            Some(at) => columns.decode(*at, &column.data_type, count, &format!(".{}", column.name)).map(Some),
            None => Ok(None),
        });
        decoded.collect()
    }

    /// The streams of the wanted columns, neighbours read together.
    async fn streams(
        &self,
        footer: &StripeFooter,
        stripe_start: u64,
        stripe_end: u64,
    ) -> Result<HashMap<(usize, u64), bytes::Bytes>, EngineError> {
        let bad = || malformed("Invalid stripe", &self.url);
        let mut wanted = vec![false; self.footer.types.len()];
        self.places.iter().flatten().for_each(|at| self.mark(*at, &mut wanted));
        let mut position = stripe_start;
        let mut found: Vec<((usize, u64), Range<u64>)> = Vec::new();
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for stream in &footer.streams {
            let start = position;
            position = start.checked_add(stream.bytes).filter(|end| *end <= stripe_end).ok_or_else(bad)?;
            if stream.bytes == 0 || !STREAM_KINDS.contains(&stream.kind) || !wanted.get(stream.column).copied().unwrap_or(false) {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = position,
                _ => ranges.push(start..position),
            }
            found.push(((stream.column, stream.kind), start..position));
        }
        let read = self.file.ranges(&ranges).await.map_err(|error| EngineError::from(DataFusionError::ObjectStore(Box::new(error))))?;
        let cut = |range: &Range<u64>| {
            let at = ranges.partition_point(|whole| whole.end < range.end);
            let (whole, bytes) = (ranges.get(at)?, read.get(at)?);
            let (start, end) = ((range.start - whole.start) as usize, (range.end - whole.start) as usize);
            (end <= bytes.len()).then(|| bytes.slice(start..end))
        };
        found.into_iter().map(|(key, range)| Ok((key, cut(&range).ok_or_else(bad)?))).collect()
    }

    /// A column and its parts.
    fn mark(&self, at: usize, wanted: &mut [bool]) {
        wanted[at] = true;
        self.footer.types[at].parts.iter().for_each(|part| self.mark(*part, wanted));
    }
}

#[async_trait]
impl FileReader for OrcReader {
    async fn next(&mut self, rows_max: usize) -> Result<Option<Rows>, EngineError> {
        loop {
            if let Some((start, count, columns)) = &mut self.left {
                if *start < *count {
                    let rows = rows_max.min(*count - *start);
                    let columns = columns.iter().zip(self.columns.iter()).map(|(column, wanted)| match column {
                        Some(column) => column.slice(*start, rows),
                        None => new_null_array(&arrow_type(&wanted.data_type), rows),
                    });
                    let columns = columns.collect();
                    *start += rows;
                    return Ok(Some(Rows { count: rows, columns }));
                }
                self.left = None;
            }
            let Some(place) = self.footer.stripes.get(self.next_stripe).copied() else { return Ok(None) };
            self.next_stripe += 1;
            let count = usize::try_from(place.rows).map_err(|_| malformed("Invalid stripe", &self.url))?;
            // Rows are counted without a look into the stripe.
            let columns = if self.columns.is_empty() { Vec::new() } else { self.stripe(place).await? };
            self.left = Some((0, count, columns));
        }
    }
}
