//! Where are a file's stripes and columns? What an ORC file's tail and its stripes' footers say, read from protocol buffers.
//!
//! Ref: Apache ORC specification v1, "File Tail", "Stripe Footer"; `orc_proto.proto`.

/// How deep types may be nested.
const DEPTH_MAX: usize = 64;

/// A message that ends too early, or says what cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// What the last bytes of a file say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PostScript {
    pub footer_bytes: u64,
    pub compression: u64,
    pub block_bytes: u64,
    pub magic: bool,
}

/// A file's footer.
#[derive(Debug, Default)]
pub(super) struct Footer {
    pub rows: u64,
    pub stripes: Vec<StripePlace>,
    pub types: Vec<OrcType>,
}

/// Where a stripe is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StripePlace {
    pub offset: u64,
    pub index_bytes: u64,
    pub data_bytes: u64,
    pub footer_bytes: u64,
    pub rows: u64,
}

/// A type, whose parts are other types by number.
#[derive(Debug, Clone, Default)]
pub(super) struct OrcType {
    pub kind: u64,
    pub parts: Vec<usize>,
    pub names: Vec<String>,
    pub scale: u32,
}

/// A stripe's footer.
#[derive(Debug, Default)]
pub(super) struct StripeFooter {
    pub streams: Vec<StreamPlace>,
    pub encodings: Vec<Encoding>,
    /// The zone the writer's clock showed; empty where it is not told.
    pub zone: String,
}

/// A stream of a column, in the order of the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StreamPlace {
    pub kind: u64,
    pub column: usize,
    pub bytes: u64,
}

/// How a column's streams are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Encoding {
    pub kind: u64,
    pub dictionary_count: usize,
}

/// Kinds of types. Ref: `orc_proto.proto`, `Type.Kind`.
pub(super) mod kind {
    pub const BOOLEAN: u64 = 0;
    pub const BYTE: u64 = 1;
    pub const SHORT: u64 = 2;
    pub const INT: u64 = 3;
    pub const LONG: u64 = 4;
    pub const FLOAT: u64 = 5;
    pub const DOUBLE: u64 = 6;
    pub const STRING: u64 = 7;
    pub const BINARY: u64 = 8;
    pub const TIMESTAMP: u64 = 9;
    pub const LIST: u64 = 10;
    pub const MAP: u64 = 11;
    pub const STRUCT: u64 = 12;
    pub const DECIMAL: u64 = 14;
    pub const DATE: u64 = 15;
    pub const VARCHAR: u64 = 16;
    pub const CHAR: u64 = 17;
    pub const TIMESTAMP_INSTANT: u64 = 18;
}

const KIND_NAMES: [&str; 19] = [
    "BOOLEAN",
    "BYTE",
    "SHORT",
    "INT",
    "LONG",
    "FLOAT",
    "DOUBLE",
    "STRING",
    "BINARY",
    "TIMESTAMP",
    "LIST",
    "MAP",
    "STRUCT",
    "UNION",
    "DECIMAL",
    "DATE",
    "VARCHAR",
    "CHAR",
    "TIMESTAMP_INSTANT",
];

impl OrcType {
    /// As error texts name it. Ref: Trino 401 `OrcType.OrcTypeKind`.
    pub(super) fn name(&self) -> &'static str {
        usize::try_from(self.kind).ok().and_then(|kind| KIND_NAMES.get(kind)).copied().unwrap_or("UNKNOWN")
    }
}

impl PostScript {
    pub(super) fn read(bytes: &[u8]) -> Result<PostScript, Malformed> {
        let mut found = PostScript { block_bytes: 256 << 10, ..PostScript::default() };
        each_field(bytes, |field, value| {
            match (field, value) {
                (1, Value::Number(number)) => found.footer_bytes = number,
                (2, Value::Number(number)) => found.compression = number,
                (3, Value::Number(number)) => found.block_bytes = number,
                (8000, Value::Bytes(bytes)) => found.magic = bytes == b"ORC",
                _ => {}
            }
            Ok(())
        })?;
        Ok(found)
    }
}

impl Footer {
    /// Errors: types that are not a tree under a struct.
    pub(super) fn read(bytes: &[u8]) -> Result<Footer, Malformed> {
        let mut footer = Footer::default();
        each_field(bytes, |field, value| {
            match (field, value) {
                (3, Value::Bytes(bytes)) => footer.stripes.push(stripe_place(bytes)?),
                (4, Value::Bytes(bytes)) => footer.types.push(orc_type(bytes)?),
                (6, Value::Number(number)) => footer.rows = number,
                _ => {}
            }
            Ok(())
        })?;
        match footer.types.first() {
            Some(root) if root.kind == kind::STRUCT => footer.check_type(0, 0)?,
            _ => return Err(Malformed),
        }
        Ok(footer)
    }

    /// Parts come after what they are part of, so that there is no way round in a circle.
    fn check_type(&self, at: usize, depth: usize) -> Result<(), Malformed> {
        let Some(found) = self.types.get(at).filter(|_| depth <= DEPTH_MAX) else { return Err(Malformed) };
        let parts = found.parts.len();
        let is_whole = match found.kind {
            kind::STRUCT => parts == found.names.len(),
            kind::LIST => parts == 1,
            kind::MAP => parts == 2,
            _ => true,
        };
        if !is_whole || found.parts.iter().any(|part| *part <= at) {
            return Err(Malformed);
        }
        found.parts.iter().try_for_each(|part| self.check_type(*part, depth + 1))
    }
}

fn stripe_place(bytes: &[u8]) -> Result<StripePlace, Malformed> {
    let mut place = StripePlace::default();
    each_field(bytes, |field, value| {
        if let Value::Number(number) = value {
            match field {
                1 => place.offset = number,
                2 => place.index_bytes = number,
                3 => place.data_bytes = number,
                4 => place.footer_bytes = number,
                5 => place.rows = number,
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(place)
}

fn orc_type(bytes: &[u8]) -> Result<OrcType, Malformed> {
    let mut found = OrcType::default();
    each_field(bytes, |field, value| {
        match (field, value) {
            (1, Value::Number(number)) => found.kind = number,
            (2, Value::Number(number)) => found.parts.push(usize::try_from(number).map_err(|_| Malformed)?),
            (2, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    found.parts.push(usize::try_from(varint(&mut packed)?).map_err(|_| Malformed)?);
                }
            }
            (3, Value::Bytes(bytes)) => found.names.push(String::from_utf8_lossy(bytes).into_owned()),
            (6, Value::Number(number)) => found.scale = u32::try_from(number).map_err(|_| Malformed)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

impl StripeFooter {
    pub(super) fn read(bytes: &[u8]) -> Result<StripeFooter, Malformed> {
        let mut footer = StripeFooter::default();
        each_field(bytes, |field, value| {
            match (field, value) {
                (1, Value::Bytes(bytes)) => {
                    let mut stream = StreamPlace::default();
                    each_field(bytes, |field, value| {
                        if let Value::Number(number) = value {
                            match field {
                                1 => stream.kind = number,
                                2 => stream.column = usize::try_from(number).map_err(|_| Malformed)?,
                                3 => stream.bytes = number,
                                _ => {}
                            }
                        }
                        Ok(())
                    })?;
                    footer.streams.push(stream);
                }
                (2, Value::Bytes(bytes)) => {
                    let mut encoding = Encoding::default();
                    each_field(bytes, |field, value| {
                        match (field, value) {
                            (1, Value::Number(number)) => encoding.kind = number,
                            (2, Value::Number(number)) => encoding.dictionary_count = usize::try_from(number).map_err(|_| Malformed)?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    footer.encodings.push(encoding);
                }
                (3, Value::Bytes(bytes)) => footer.zone = String::from_utf8_lossy(bytes).into_owned(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(footer)
    }
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn each_field<'a>(mut bytes: &'a [u8], mut take: impl FnMut(u64, Value<'a>) -> Result<(), Malformed>) -> Result<(), Malformed> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => Value::Bytes(cut(&mut bytes, 8)?),
            2 => {
                let length = varint(&mut bytes)?;
                Value::Bytes(cut(&mut bytes, length)?)
            }
            5 => Value::Bytes(cut(&mut bytes, 4)?),
            _ => return Err(Malformed),
        };
        take(key >> 3, value)?;
    }
    Ok(())
}

fn cut<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    let (head, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
    *bytes = rest;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn post_scripts_are_read_by_field() {
        // Ref: Protocol Buffers encoding; field 8000 is the magic.
        let mut bytes = vec![0x08, 0x96, 0x01, 0x10, 0x01, 0x18, 0x80, 0x02];
        bytes.extend([0x82, 0xf4, 0x03, 3]);
        bytes.extend(b"ORC");
        assert_eq!(PostScript::read(&bytes), Ok(PostScript { footer_bytes: 150, compression: 1, block_bytes: 256, magic: true }));
        assert_eq!(PostScript::read(&bytes[..bytes.len() - 1]), Err(Malformed));
    }

    #[test]
    fn types_are_a_tree() {
        // A struct whose only part is itself.
        let circle = [0x22, 6, 0x08, 12, 0x10, 0, 0x1a, 0];
        assert_eq!(Footer::read(&circle).unwrap_err(), Malformed);
        let leaf = [0x22, 6, 0x08, 12, 0x10, 1, 0x1a, 0, 0x22, 2, 0x08, 3];
        assert_eq!(Footer::read(&leaf).unwrap().types[1].name(), "INT");
    }
}
