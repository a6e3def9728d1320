//! How do batches become an ORC file? Stripes of columns, then a footer that says where they are and of what types.
//!
//! Integers are written in version 1 of ORC's run lengths, which every reader takes; there are neither dictionaries nor row indexes.
//! Ref: Apache ORC specification v1, "File Tail", "Stripes"; the protocol buffers of `orc_proto.proto`.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use owlake_functions::types::TrinoType;

use super::format::Compression;
use super::job::WriteColumn;
use super::orc_column::{Column, Stream};
use super::packing::{failed, pack_block};
use super::varint::push_unsigned;
use crate::error::EngineError;

/// Encoded bytes of a stripe before they are packed. Ref: Trino 401, `orc.stripe.max-size` 64 MB; less, as several files are open.
const STRIPE_BYTES: usize = 32 << 20;
/// Ref: Apache ORC, `orc.compress.size`.
const BLOCK_BYTES: usize = 256 << 10;
const MAGIC: &[u8] = b"ORC";

/// One ORC file in the making.
pub(super) struct OrcEncoder {
    root: Column,
    compression: Compression,
    out: Vec<u8>,
    /// Bytes handed over already.
    taken: u64,
    rows: u64,
    stripe_rows: u64,
    stripes: Vec<StripePlace>,
}

struct StripePlace {
    offset: u64,
    data_bytes: u64,
    footer_bytes: u64,
    rows: u64,
}

impl OrcEncoder {
    /// Errors: NOT_SUPPORTED for a type that ORC does not have.
    pub(super) fn new(columns: &[WriteColumn], compression: Compression) -> Result<OrcEncoder, EngineError> {
        let fields: Vec<(String, TrinoType)> = columns.iter().map(|column| (column.name.clone(), column.data_type.clone())).collect();
        Ok(OrcEncoder {
            root: Column::root(&fields)?,
            compression,
            out: MAGIC.to_vec(),
            taken: 0,
            rows: 0,
            stripe_rows: 0,
            stripes: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let columns: Vec<ArrayRef> = batch.columns().iter().map(Arc::clone).collect();
        self.root.write_fields(&columns)?;
        self.stripe_rows += batch.num_rows() as u64;
        if self.held() >= STRIPE_BYTES { self.end_stripe() } else { Ok(()) }
    }

    /// Ends the stripe, so that its bytes can be taken.
    pub(super) fn flush(&mut self) -> Result<(), EngineError> {
        self.end_stripe()
    }

    /// Bytes that are ready.
    pub(super) fn ready(&self) -> usize {
        self.out.len()
    }

    /// Bytes held for the stripe that is open.
    pub(super) fn held(&self) -> usize {
        self.root.held()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, EngineError> {
        self.end_stripe()?;
        let footer = self.packed(&self.footer())?;
        self.out.extend_from_slice(&footer);
        let mut tail = Message::default();
        tail.number(1, footer.len() as u64);
        tail.number(2, compression_kind(self.compression));
        if self.compression != Compression::None {
            tail.number(3, BLOCK_BYTES as u64);
        }
        // Version 0.12, packed; no metadata; the writer's version with ORC-135, which is what the way of timestamps is.
        tail.bytes(4, &[0, 12]);
        tail.number(5, 0);
        tail.number(6, 6);
        tail.bytes(8000, MAGIC);
        self.out.extend_from_slice(&tail.0);
        self.out.push(u8::try_from(tail.0.len()).unwrap_or(u8::MAX));
        Ok(self.out)
    }

    fn end_stripe(&mut self) -> Result<(), EngineError> {
        if self.stripe_rows == 0 {
            return Ok(());
        }
        let offset = self.taken + self.out.len() as u64;
        let mut streams: Vec<Stream> = Vec::new();
        let mut column_count = 0;
        self.root.take_streams(&mut streams, &mut column_count);
        let mut footer = Message::default();
        for stream in streams {
            let packed = self.packed(&stream.bytes)?;
            let mut place = Message::default();
            place.number(1, stream.kind as u64);
            place.number(2, stream.column as u64);
            place.number(3, packed.len() as u64);
            footer.message(1, &place);
            self.out.extend_from_slice(&packed);
        }
        let data_bytes = self.taken + self.out.len() as u64 - offset;
        for _ in 0..column_count {
            let mut direct = Message::default();
            direct.number(1, 0);
            footer.message(2, &direct);
        }
        footer.bytes(3, b"UTC");
        let packed = self.packed(&footer.0)?;
        self.out.extend_from_slice(&packed);
        self.stripes.push(StripePlace { offset, data_bytes, footer_bytes: packed.len() as u64, rows: self.stripe_rows });
        self.rows += self.stripe_rows;
        self.stripe_rows = 0;
        Ok(())
    }

    fn footer(&self) -> Vec<u8> {
        let mut footer = Message::default();
        footer.number(1, MAGIC.len() as u64);
        let content: u64 = self.stripes.iter().map(|stripe| stripe.data_bytes + stripe.footer_bytes).sum();
        footer.number(2, MAGIC.len() as u64 + content);
        for stripe in &self.stripes {
            let mut place = Message::default();
            place.number(1, stripe.offset);
            place.number(2, 0);
            place.number(3, stripe.data_bytes);
            place.number(4, stripe.footer_bytes);
            place.number(5, stripe.rows);
            footer.message(3, &place);
        }
        self.root.describe(&mut |described| {
            let mut kind = Message::default();
            kind.number(1, described.kind);
            let mut subtypes = Vec::new();
            described.subtypes.iter().for_each(|subtype| push_unsigned(*subtype, &mut subtypes));
            if !subtypes.is_empty() {
                kind.bytes(2, &subtypes);
            }
            described.names.iter().for_each(|name| kind.bytes(3, name.as_bytes()));
            for (number, value) in [(4, described.length), (5, described.precision), (6, described.scale)] {
                if let Some(value) = value {
                    kind.number(number, value);
                }
            }
            footer.message(4, &kind);
        });
        footer.number(6, self.rows);
        footer.number(8, 0);
        footer.0
    }

    /// Blocks, each with three bytes before it: its length and whether it is as it was.
    fn packed(&self, bytes: &[u8]) -> Result<Vec<u8>, EngineError> {
        if self.compression == Compression::None {
            return Ok(bytes.to_vec());
        }
        let mut out = Vec::with_capacity(bytes.len() / 2 + 3);
        for block in bytes.chunks(BLOCK_BYTES) {
            let packed = pack_block(self.compression, block).map_err(|error| failed(&error))?;
            let (data, is_original) = if packed.len() < block.len() { (packed.as_slice(), 0) } else { (block, 1) };
            let header = (data.len() as u32) << 1 | is_original;
            out.extend_from_slice(&header.to_le_bytes()[..3]);
            out.extend_from_slice(data);
        }
        Ok(out)
    }
}

fn compression_kind(compression: Compression) -> u64 {
    match compression {
        Compression::None => 0,
        Compression::Zlib | Compression::Deflate | Compression::Gzip | Compression::Bzip2 => 1,
        Compression::Snappy => 2,
        Compression::Lz4 => 4,
        Compression::Zstd { .. } => 5,
    }
}

/// A message of protocol buffers.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, field: u64, value: u64) {
        push_unsigned(field << 3, &mut self.0);
        push_unsigned(value, &mut self.0);
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        push_unsigned(field << 3 | 2, &mut self.0);
        push_unsigned(value.len() as u64, &mut self.0);
        self.0.extend_from_slice(value);
    }

    fn message(&mut self, field: u64, value: &Message) {
        self.bytes(field, &value.0);
    }
}
