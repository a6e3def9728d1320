//! What is the 64-bit hash of a value? xxHash64 of its fixed form, nested values combined. Ref: Trino 401 `TypeOperators` XX_HASH_64.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::*;
use twox_hash::XxHash64;

use crate::error::FunctionError;
use crate::operator::compare::time_instant;
use crate::types::TrinoType;

const SEED: u64 = 0;

/// The hash of a 64-bit integer.
#[inline]
pub fn hash_long(value: i64) -> u64 {
    // The algorithm for eight bytes, without the loops and buffers of the general one.
    const PRIMES: [u64; 5] =
        [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];
    let lane = (value as u64).wrapping_mul(PRIMES[1]).rotate_left(31).wrapping_mul(PRIMES[0]);
    let mut hash = (SEED.wrapping_add(PRIMES[4]).wrapping_add(8)) ^ lane;
    hash = hash.rotate_left(27).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIMES[1]);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIMES[2]);
    hash ^ (hash >> 32)
}

/// The hash of bytes.
#[inline]
pub fn hash_bytes(value: &[u8]) -> u64 {
    XxHash64::oneshot(SEED, value)
}

/// The hash of bytes that `approx_set` and set digests take in: the first half of Murmur3's 128 bits. Ref: airlift `Murmur3Hash128`.
pub fn murmur_bytes(mut value: &[u8]) -> Result<u64, FunctionError> {
    Ok(::murmur3::murmur3_x64_128(&mut value, 0).map_err(|error| FunctionError::internal(error.to_string()))? as u64)
}

/// One such hash a row, of a bigint, double or varchar; 0 for null.
pub fn murmur_values(values: &ArrayRef, data_type: &TrinoType) -> Result<Vec<u64>, FunctionError> {
    let hash = |row: usize| match data_type {
        _ if values.is_null(row) => Ok(0),
        TrinoType::Bigint => murmur_bytes(&values.as_primitive::<Int64Type>().value(row).to_le_bytes()),
        TrinoType::Double => {
            let value = values.as_primitive::<Float64Type>().value(row);
            murmur_bytes(&(if value.is_nan() { f64::NAN } else { value }).to_bits().to_le_bytes())
        }
        TrinoType::Varchar(_) => murmur_bytes(values.as_string_view().value(row).as_bytes()),
        other => Err(FunctionError::internal(format!("no approx_set of {other}"))),
    };
    (0..values.len()).map(hash).collect()
}

/// One hash a row; 0 for null. Identical values have the same hash.
pub fn hash_values(values: &ArrayRef, data_type: &TrinoType) -> Result<Vec<u64>, FunctionError> {
    hash_with::<true>(values, data_type)
}

/// The hash of a 64-bit integer within a row, whose fields are not hashed by xxHash64. Ref: Trino 401 `AbstractLongType.hash`.
#[inline]
fn mix_long(value: i64) -> u64 {
    (value as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31).wrapping_mul(0x9E37_79B1_85EB_CA87)
}

#[inline]
fn number<const IS_XX: bool>(value: i64) -> u64 {
    if IS_XX { hash_long(value) } else { mix_long(value) }
}

fn hash_with<const IS_XX: bool>(values: &ArrayRef, data_type: &TrinoType) -> Result<Vec<u64>, FunctionError> {
    let rows = values.len();
    let by_row = |hash: &dyn Fn(usize) -> u64| (0..rows).map(|row| if values.is_null(row) { 0 } else { hash(row) }).collect();
    macro_rules! integers {
        ($arrow:ty, $form:expr) => {{
            let column = values.as_primitive::<$arrow>();
            let mut hashes: Vec<u64> = column.values().iter().map(|value| number::<IS_XX>($form(*value))).collect();
            if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
                hashes.iter_mut().zip(nulls.iter()).filter(|(_, is_valid)| !is_valid).for_each(|(hash, _)| *hash = 0);
            }
            hashes
        }};
    }
    Ok(match data_type {
        TrinoType::Unknown | TrinoType::Function(..) => vec![0; rows],
        TrinoType::Boolean => {
            let column = values.as_boolean();
            by_row(&|row| hash_long(i64::from(column.value(row))))
        }
        TrinoType::Tinyint => integers!(Int8Type, i64::from),
        TrinoType::Smallint => integers!(Int16Type, i64::from),
        TrinoType::Integer | TrinoType::IntervalYearToMonth | TrinoType::Color => integers!(Int32Type, i64::from),
        TrinoType::Bigint | TrinoType::IntervalDayToSecond | TrinoType::Time(_) | TrinoType::BingTile => {
            integers!(Int64Type, |value| value)
        }
        TrinoType::Real => {
            integers!(Float32Type, |value: f32| i64::from((if value.is_nan() { f32::NAN } else { value + 0.0 }).to_bits() as i32))
        }
        TrinoType::Double => integers!(Float64Type, |value: f64| (if value.is_nan() { f64::NAN } else { value + 0.0 }).to_bits() as i64),
        TrinoType::Decimal { precision: 0..=18, .. } => integers!(Decimal128Type, |value: i128| value as i64),
        TrinoType::Date => integers!(Date32Type, i64::from),
        TrinoType::Timestamp(0..=3) => integers!(TimestampMillisecondType, |millis: i64| millis.wrapping_mul(1000)),
        TrinoType::Timestamp(4..=6) => integers!(TimestampMicrosecondType, |micros| micros),
        TrinoType::TimestampWithTimeZone(0..=3) => integers!(Int64Type, |packed: i64| packed >> 12),
        TrinoType::TimeWithTimeZone(_) if IS_XX => integers!(Decimal128Type, time_instant),
        // Nanoseconds.
        TrinoType::TimeWithTimeZone(_) => integers!(Decimal128Type, |packed| time_instant(packed) / 1000),
        TrinoType::Decimal { .. } => {
            let column = values.as_primitive::<Decimal128Type>();
            by_row(&|row| hash_halves(column.value(row)))
        }
        // Microseconds, or milliseconds, and the picoseconds beyond.
        TrinoType::Timestamp(_) => {
            let column = values.as_primitive::<Decimal128Type>();
            by_row(&|row| hash_picos(column.value(row), 1_000_000))
        }
        TrinoType::TimestampWithTimeZone(_) => {
            let column = values.as_primitive::<Decimal128Type>();
            by_row(&|row| hash_picos(column.value(row) >> 12, 1_000_000_000))
        }
        TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Json | TrinoType::JsonPath | TrinoType::Json2016 => {
            let column = values.as_string_view();
            by_row(&|row| hash_bytes(column.value(row).as_bytes()))
        }
        TrinoType::Uuid | TrinoType::IpAddress => {
            let column = values.as_fixed_size_binary();
            by_row(&|row| match column.value(row).as_chunks::<8>().0 {
                [high, low] => hash_long(i64::from_le_bytes(*high)) ^ hash_long(i64::from_le_bytes(*low)),
                _ => 0,
            })
        }
        TrinoType::Varbinary
        | TrinoType::HyperLogLog
        | TrinoType::P4HyperLogLog
        | TrinoType::Qdigest(_)
        | TrinoType::Tdigest
        | TrinoType::SetDigest
        | TrinoType::Geometry
        | TrinoType::SphericalGeography => {
            let column = values.as_binary_view();
            by_row(&|row| hash_bytes(column.value(row)))
        }
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            let elements = hash_with::<IS_XX>(list.values(), element)?;
            let offsets = list.value_offsets();
            by_row(&|row| elements[offsets[row] as usize..offsets[row + 1] as usize].iter().fold(0, |hash, next| combine(hash, *next)))
        }
        TrinoType::Map(key, value) => {
            let map = values.as_map();
            let (keys, held) = (hash_with::<IS_XX>(map.keys(), key)?, hash_with::<IS_XX>(map.values(), value)?);
            let offsets = map.value_offsets();
            by_row(&|row| {
                (offsets[row] as usize..offsets[row + 1] as usize).fold(0u64, |hash, entry| hash.wrapping_add(keys[entry] ^ held[entry]))
            })
        }
        TrinoType::Row(fields) => {
            let rows = values.as_struct();
            let columns = fields
                .iter()
                .zip(rows.columns())
                .map(|(field, column)| hash_with::<false>(column, &field.data_type))
                .collect::<Result<Vec<_>, _>>()?;
            by_row(&|row| columns.iter().fold(1, |hash, column| combine(hash, column[row])))
        }
    })
}

fn hash_picos(picos: i128, unit: i128) -> u64 {
    hash_long(picos.div_euclid(unit) as i64) ^ hash_long(picos.rem_euclid(unit) as i64)
}

fn hash_halves(value: i128) -> u64 {
    hash_long((value >> 64) as i64) ^ hash_long(value as i64)
}

#[inline]
fn combine(hash: u64, next: u64) -> u64 {
    hash.wrapping_mul(31).wrapping_add(next)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_hash_as_any_bytes_do() {
        for value in [0, 1, -1, 42, i64::MAX, i64::MIN, 0x0123_4567_89AB_CDEF] {
            assert_eq!(hash_long(value), hash_bytes(&value.to_le_bytes()), "{value}");
        }
    }

    // Recorded: Trino 401, `checksum(x)` of one value, which is its hash times a prime, as eight bytes in little-endian order.
    #[test]
    fn hashes_are_the_reference_s() {
        let checksum = |values: ArrayRef, data_type: &TrinoType| {
            let hash = hash_values(&values, data_type).unwrap()[0].wrapping_mul(0x9E37_79B1_85EB_CA87);
            hash.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let uuid = [0x12, 0x15, 0x1f, 0xd2, 0x75, 0x86, 0x11, 0xe9, 0x8f, 0x9e, 0x2a, 0x86, 0xe4, 0x08, 0x5a, 0x59];
        let uuids = arrow::array::FixedSizeBinaryArray::try_from_iter(std::iter::once(uuid)).unwrap();
        assert_eq!(checksum(std::sync::Arc::new(uuids), &TrinoType::Uuid), "1dbf488526cbba62");
        let moment = arrow::array::Decimal128Array::from(vec![1_577_836_800_123_456_789_000]).with_precision_and_scale(38, 0).unwrap();
        assert_eq!(checksum(std::sync::Arc::new(moment), &TrinoType::Timestamp(9)), "1f2638aa1be9617f");
        let day = arrow::array::Date32Array::from(vec![18_262]);
        assert_eq!(checksum(std::sync::Arc::new(day), &TrinoType::Date), "26032b833338426e");
    }
}
