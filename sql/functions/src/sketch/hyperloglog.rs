//! How many distinct hashes were seen, about? A HyperLogLog: exact entries while few, then one register a bucket. Ref: Trino 401 "HyperLogLog functions"; airlift `HyperLogLog` storage formats.

use std::sync::LazyLock;

use super::Sketch;
use super::bytes::Reader;
use crate::error::FunctionError;

/// Bits of the hash that a sparse entry keeps as its bucket; the rest of the entry is the run of zeros after them.
const SPARSE_BITS: u32 = 26;
const VALUE_BITS: u32 = 6;
const TAG_SPARSE: u8 = 2;
const TAG_DENSE: u8 = 3;
/// Share of empty buckets above which linear counting is used.
const LINEAR_EMPTY_MIN: f64 = 0.4;
/// The index bits of the default error of `approx_distinct`, 2.3 %, and of set digests.
pub const DEFAULT_INDEX_BITS: u32 = 11;
/// The index bits of `approx_set`: an error of 1.625 %.
pub const SET_INDEX_BITS: u32 = 12;
/// Entries a sparse form grows by, from one; it is left once it would take more room than the dense form.
const SPARSE_GROWTH: usize = 10;

const ERROR_MIN: f64 = 0.004_062_5;
const ERROR_MAX: f64 = 0.26;

/// The index bits for a standard error. Errors: INVALID_FUNCTION_ARGUMENT outside of 0.0040625 to 0.26.
pub fn index_bits_of_error(error: f64) -> Result<u32, FunctionError> {
    if !(ERROR_MIN..=ERROR_MAX).contains(&error) {
        let mut printed = String::new();
        crate::types::number_text::push_java_double(&mut printed, error);
        return Err(FunctionError::argument(format!("Max standard error must be in [{ERROR_MIN}, {ERROR_MAX}]: {printed}")));
    }
    let buckets = (1.04 / error).powi(2).ceil() as u64;
    Ok(buckets.next_power_of_two().trailing_zeros())
}

#[derive(Clone, Debug)]
enum Form {
    /// Sorted by bucket.
    Sparse(Vec<u32>),
    /// The longest run of zeros plus one, a bucket; 0 for an empty one.
    Dense(Vec<u8>),
}

/// The summary.
#[derive(Clone, Debug)]
pub struct HyperLogLog {
    index_bits: u32,
    form: Form,
}

impl HyperLogLog {
    /// Of no values; 1 to 16 index bits.
    pub fn new(index_bits: u32) -> HyperLogLog {
        HyperLogLog { index_bits, form: Form::Sparse(vec![]) }
    }

    /// Takes hashes in.
    pub fn add_all(&mut self, hashes: &[u64]) {
        let mut rest = hashes.iter();
        while let Form::Sparse(_) = self.form {
            match rest.next() {
                Some(hash) => self.add(*hash),
                None => return,
            }
        }
        if let Form::Dense(registers) = &mut self.form {
            let index_bits = self.index_bits;
            for hash in rest {
                let register = &mut registers[(hash >> (64 - index_bits)) as usize];
                *register = (*register).max(zeros_after(*hash, index_bits) + 1);
            }
        }
    }

    /// Takes a hash in.
    pub fn add(&mut self, hash: u64) {
        match &mut self.form {
            Form::Sparse(entries) => {
                let bucket = (hash >> (64 - SPARSE_BITS)) as u32;
                put_sparse(entries, bucket, zeros_after(hash, SPARSE_BITS));
                self.make_dense_if_full();
            }
            Form::Dense(registers) => {
                let bucket = (hash >> (64 - self.index_bits)) as usize;
                let value = zeros_after(hash, self.index_bits) + 1;
                registers[bucket] = registers[bucket].max(value);
            }
        }
    }

    fn make_dense_if_full(&mut self) {
        if let Form::Sparse(entries) = &self.form
            && entries.len() > sparse_entries_max(self.index_bits)
        {
            self.form = Form::Dense(self.registers());
        }
    }

    fn registers(&self) -> Vec<u8> {
        match &self.form {
            Form::Dense(registers) => registers.clone(),
            Form::Sparse(entries) => {
                let mut registers = vec![0u8; 1 << self.index_bits];
                let inner_bits = SPARSE_BITS - self.index_bits;
                for entry in entries {
                    let bucket = (entry >> (32 - self.index_bits)) as usize;
                    let zeros = (entry << self.index_bits).leading_zeros();
                    let zeros = if zeros >= inner_bits { inner_bits + (entry & ((1 << VALUE_BITS) - 1)) } else { zeros };
                    registers[bucket] = registers[bucket].max(zeros as u8 + 1);
                }
                registers
            }
        }
    }

    /// The estimate.
    pub fn cardinality(&self) -> i64 {
        match &self.form {
            Form::Sparse(entries) => {
                let buckets = f64::from(1u32 << SPARSE_BITS);
                linear_count(buckets - entries.len() as f64, buckets).round() as i64
            }
            Form::Dense(registers) => {
                let buckets = registers.len() as f64;
                let empty = registers.iter().filter(|value| **value == 0).count() as f64;
                if empty > LINEAR_EMPTY_MIN * buckets {
                    return linear_count(empty, buckets).round() as i64;
                }
                self.estimate(registers).round() as i64
            }
        }
    }

    /// The raw estimate, less the bias measured for estimates of its size.
    fn estimate(&self, registers: &[u8]) -> f64 {
        let buckets = registers.len() as f64;
        let alpha = match self.index_bits {
            4 => 0.673,
            5 => 0.697,
            6 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / buckets),
        };
        let sum: f64 = registers.iter().map(|value| 1.0 / (1u64 << value.min(&63)) as f64).sum();
        let raw = alpha * buckets * buckets / sum;
        raw - bias_of(raw, self.index_bits)
    }
}

/// The most entries a sparse form has: one more, and its array would outgrow the dense form's.
fn sparse_entries_max(index_bits: u32) -> usize {
    let words = (1usize << index_bits) / 2 / size_of::<u32>();
    words.saturating_sub(1) / SPARSE_GROWTH * SPARSE_GROWTH + 1
}

/// Raw estimates in order, and the bias of each, by index bits from [`BIAS_BITS_MIN`]. Ref: Heule, Nunkesser and Hall, "HyperLogLog
/// in Practice", appendix; the numbers as airlift's `BiasCorrection` has them.
static BIASES: LazyLock<Vec<Vec<(f64, f64)>>> = LazyLock::new(|| {
    let pairs = |line: &str| {
        let numbers: Vec<f64> = line.split(' ').skip(1).filter_map(|number| number.parse().ok()).collect();
        numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    };
    include_str!("bias_correction.txt").lines().map(pairs).collect()
});
const BIAS_BITS_MIN: u32 = 4;

/// Interpolated between its neighbours; none outside of what was measured.
fn bias_of(raw: f64, index_bits: u32) -> f64 {
    let Some(table) = index_bits.checked_sub(BIAS_BITS_MIN).and_then(|row| BIASES.get(row as usize)) else { return 0.0 };
    let above = table.partition_point(|(estimate, _)| *estimate < raw);
    match (above.checked_sub(1).and_then(|below| table.get(below)), table.get(above)) {
        (_, Some((estimate, bias))) if *estimate == raw => *bias,
        (Some((x0, y0)), Some((x1, y1))) => (raw - x0) * (y1 - y0) / (x1 - x0) + y0,
        _ => 0.0,
    }
}

/// Zeros that follow the first `bits` bits of the hash, at most as many as there are.
fn zeros_after(hash: u64, bits: u32) -> u8 {
    ((hash << bits) | (1 << (bits - 1))).leading_zeros() as u8
}

fn put_sparse(entries: &mut Vec<u32>, bucket: u32, zeros: u8) {
    let entry = bucket << VALUE_BITS | u32::from(zeros);
    match entries.binary_search_by_key(&bucket, |entry| entry >> VALUE_BITS) {
        Ok(position) => entries[position] = entries[position].max(entry),
        Err(position) => entries.insert(position, entry),
    }
}

fn linear_count(empty: f64, buckets: f64) -> f64 {
    buckets * (buckets / empty).ln()
}

impl Sketch for HyperLogLog {
    fn merge(&mut self, other: HyperLogLog) -> Result<(), FunctionError> {
        if self.index_bits != other.index_bits {
            return Err(FunctionError::argument(format!(
                "Cannot merge HLLs with different number of buckets: {} vs {}",
                1u32 << self.index_bits,
                1u32 << other.index_bits
            )));
        }
        if let (Form::Sparse(entries), Form::Sparse(others)) = (&mut self.form, &other.form) {
            for entry in others {
                put_sparse(entries, entry >> VALUE_BITS, (entry & ((1 << VALUE_BITS) - 1)) as u8);
            }
            self.make_dense_if_full();
            return Ok(());
        }
        let mut registers = self.registers();
        for (register, value) in registers.iter_mut().zip(other.registers()) {
            *register = (*register).max(value);
        }
        self.form = Form::Dense(registers);
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        match &self.form {
            Form::Sparse(entries) => {
                let mut bytes = vec![TAG_SPARSE, self.index_bits as u8];
                bytes.extend((entries.len() as u16).to_le_bytes());
                entries.iter().for_each(|entry| bytes.extend(entry.to_le_bytes()));
                bytes
            }
            Form::Dense(registers) => {
                let baseline = registers.iter().copied().min().unwrap_or(0);
                let mut bytes = vec![TAG_DENSE, self.index_bits as u8, baseline];
                let (mut buckets, mut overflows) = (vec![], vec![]);
                let mut delta = |bucket: usize| {
                    let delta = registers[bucket] - baseline;
                    if delta > 15 {
                        buckets.extend((bucket as u16).to_le_bytes());
                        overflows.push(delta - 15);
                    }
                    delta.min(15)
                };
                for pair in 0..registers.len() / 2 {
                    let (even, odd) = (delta(pair * 2), delta(pair * 2 + 1));
                    bytes.push(even << 4 | odd);
                }
                bytes.extend((overflows.len() as u16).to_le_bytes());
                bytes.extend(buckets);
                bytes.extend(overflows);
                bytes
            }
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<HyperLogLog, FunctionError> {
        let mut reader = Reader::new(bytes, "HyperLogLog");
        let tag = reader.u8()?;
        let index_bits = u32::from(reader.u8()?);
        if !(1..=16).contains(&index_bits) {
            return Err(reader.invalid());
        }
        let form = match tag {
            TAG_SPARSE => {
                let count = reader.u16()?;
                Form::Sparse((0..count).map(|_| reader.u32()).collect::<Result<_, _>>()?)
            }
            TAG_DENSE => {
                let baseline = reader.u8()?;
                let pairs = reader.slice((1 << index_bits) / 2)?;
                let mut registers: Vec<u8> =
                    pairs.iter().flat_map(|pair| [baseline.saturating_add(pair >> 4), baseline.saturating_add(pair & 15)]).collect();
                let count = reader.u16()?;
                let buckets = (0..count).map(|_| reader.u16()).collect::<Result<Vec<_>, _>>()?;
                for bucket in buckets {
                    let overflow = reader.u8()?;
                    let Some(register) = registers.get_mut(usize::from(bucket)) else { return Err(reader.invalid()) };
                    *register = register.saturating_add(overflow);
                }
                Form::Dense(registers)
            }
            _ => return Err(reader.invalid()),
        };
        Ok(HyperLogLog { index_bits, form })
    }

    fn held_bytes(&self) -> usize {
        match &self.form {
            Form::Sparse(entries) => entries.capacity() * 4,
            Form::Dense(registers) => registers.len(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::sketch::value_hash::hash_long;

    fn of(range: std::ops::Range<i64>) -> HyperLogLog {
        let mut sketch = HyperLogLog::new(DEFAULT_INDEX_BITS);
        range.for_each(|value| sketch.add(hash_long(value)));
        sketch
    }

    #[test]
    fn estimates_stay_within_four_standard_errors() {
        for count in [0i64, 1, 100, 256, 257, 1_000, 5_000, 20_000, 300_000] {
            let estimate = of(0..count).cardinality();
            assert!((estimate - count).abs() as f64 <= 0.092 * count as f64, "{count}: {estimate}");
        }
    }

    // Recorded: Trino 401, `approx_distinct(x) FROM UNNEST(sequence(1, n)) t(x)`, and `approx_distinct(x * 10000 + y)` of 10 000
    // times 2 and 20.
    #[test]
    fn estimates_are_the_reference_s() {
        for (count, expected) in [(251, 251), (252, 247), (256, 252), (269, 267), (1_000, 1_008), (3_000, 3_006)] {
            assert_eq!(of(1..count + 1).cardinality(), expected, "{count}");
        }
        for (times, expected) in [(2, 19_501), (20, 204_638)] {
            let mut sketch = HyperLogLog::new(DEFAULT_INDEX_BITS);
            (1..=10_000).for_each(|x| (1..=times).for_each(|y| sketch.add(hash_long(x * 10_000 + y))));
            assert_eq!(sketch.cardinality(), expected);
        }
    }

    #[test]
    fn a_merge_is_the_union_and_bytes_keep_everything() {
        for (left, right) in [(0..10, 5..20), (0..100, 50..5_000), (0..9_000, 10..11)] {
            let end = left.end.max(right.end);
            let mut merged = of(left);
            merged.merge(HyperLogLog::from_bytes(&of(right).to_bytes()).unwrap()).unwrap();
            assert_eq!(merged.registers(), of(0..end).registers());
        }
    }

    #[test]
    fn the_error_chooses_the_buckets() {
        assert_eq!(index_bits_of_error(0.023).unwrap(), 11);
        assert_eq!(index_bits_of_error(0.26).unwrap(), 4);
        assert_eq!(index_bits_of_error(0.0040625).unwrap(), 16);
        assert!(index_bits_of_error(0.3).is_err());
    }
}
