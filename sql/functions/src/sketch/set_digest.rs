//! How much do two sets have in common, about? A HyperLogLog with the smallest hashes and their counts. Ref: Trino 401 "Set digest functions".

use std::collections::BTreeMap;

use super::Sketch;
use super::bytes::Reader;
use super::hyperloglog::{DEFAULT_INDEX_BITS, HyperLogLog};
use super::value_hash::murmur_bytes;
use crate::error::FunctionError;

/// Hashes kept; while there are fewer, everything is exact.
const HASHES_MAX: usize = 8_192;

/// The first byte of the bytes.
const VERSION: u8 = 1;

/// The summary.
#[derive(Clone, Debug)]
pub struct SetDigest {
    sketch: HyperLogLog,
    counts: BTreeMap<i64, i16>,
}

impl Default for SetDigest {
    fn default() -> SetDigest {
        SetDigest { sketch: HyperLogLog::new(DEFAULT_INDEX_BITS), counts: BTreeMap::new() }
    }
}

impl SetDigest {
    /// Takes a value's bytes in: eight, little-endian, for an integer.
    pub fn add(&mut self, value: &[u8]) -> Result<(), FunctionError> {
        let hash = murmur_bytes(value)?;
        self.sketch.add(hash);
        self.put(hash as i64, 1);
        Ok(())
    }

    fn put(&mut self, hash: i64, count: i16) {
        let held = self.counts.entry(hash).or_default();
        *held = held.saturating_add(count);
        while self.counts.len() > HASHES_MAX {
            self.counts.pop_last();
        }
    }

    fn is_exact(&self) -> bool {
        self.counts.len() < HASHES_MAX
    }

    /// Distinct values.
    pub fn cardinality(&self) -> i64 {
        if self.is_exact() { self.counts.len() as i64 } else { self.sketch.cardinality() }
    }

    /// The hashes kept and how often each came.
    pub fn counts(&self) -> &BTreeMap<i64, i16> {
        &self.counts
    }

    /// Values in both sets.
    pub fn intersection_cardinality(&self, other: &SetDigest) -> Result<i64, FunctionError> {
        if self.is_exact() && other.is_exact() {
            return Ok(self.counts.keys().filter(|hash| other.counts.contains_key(hash)).count() as i64);
        }
        let mut union = self.sketch.clone();
        union.merge(other.sketch.clone())?;
        let shared = (self.jaccard_index(other) * union.cardinality() as f64).round() as i64;
        // A set that is almost within the other one can seem larger than itself.
        Ok(shared.min(self.cardinality()).min(other.cardinality()))
    }

    /// Size of the intersection over that of the union.
    pub fn jaccard_index(&self, other: &SetDigest) -> f64 {
        let compared = self.counts.len().min(other.counts.len());
        let union: std::collections::BTreeSet<&i64> = self.counts.keys().chain(other.counts.keys()).collect();
        let shared = union.into_iter().take(compared).filter(|hash| self.counts.contains_key(hash) && other.counts.contains_key(hash));
        shared.count() as f64 / compared as f64
    }
}

impl Sketch for SetDigest {
    fn merge(&mut self, other: SetDigest) -> Result<(), FunctionError> {
        self.sketch.merge(other.sketch)?;
        other.counts.into_iter().for_each(|(hash, count)| self.put(hash, count));
        Ok(())
    }

    /// A version, the sketch and its length, how many hashes are kept at most and are, the hashes, their counts. Ref: Trino 401
    /// `SetDigest.serialize`.
    fn to_bytes(&self) -> Vec<u8> {
        let sketch = self.sketch.to_bytes();
        let mut bytes = vec![VERSION];
        bytes.extend((sketch.len() as u32).to_le_bytes());
        bytes.extend(sketch);
        bytes.extend((HASHES_MAX as u32).to_le_bytes());
        bytes.extend((self.counts.len() as u32).to_le_bytes());
        self.counts.keys().for_each(|hash| bytes.extend(hash.to_le_bytes()));
        self.counts.values().for_each(|count| bytes.extend(count.to_le_bytes()));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<SetDigest, FunctionError> {
        let mut reader = Reader::new(bytes, "setdigest");
        if reader.u8()? != VERSION {
            return Err(reader.invalid());
        }
        let length = reader.u32()? as usize;
        let sketch = HyperLogLog::from_bytes(reader.slice(length)?)?;
        reader.u32()?;
        let count = reader.count(10)?;
        let hashes = (0..count).map(|_| reader.i64()).collect::<Result<Vec<_>, _>>()?;
        let mut counts = BTreeMap::new();
        for hash in hashes {
            counts.insert(hash, reader.u16()? as i16);
        }
        Ok(SetDigest { counts, sketch })
    }

    fn held_bytes(&self) -> usize {
        self.sketch.held_bytes() + self.counts.len() * 16
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// The example of Trino 401's `hash_counts`.
    #[test]
    fn hashes_are_those_of_the_documentation() {
        let mut digest = SetDigest::default();
        [1i64, 1, 1, 2, 2].iter().for_each(|value| digest.add(&value.to_le_bytes()).unwrap());
        let counts: Vec<(i64, i16)> = digest.counts().iter().map(|(hash, count)| (*hash, *count)).collect();
        assert_eq!(counts, [(-2_447_670_524_089_286_488, 2), (19_144_387_141_682_250, 3)]);
    }
    // Recorded: Trino 401, `cast(make_set_digest(x) as varbinary)` of 1, 1, 2 and of 'a', 'b'.
    #[test]
    fn bytes_are_the_reference_s() {
        let hex = |digest: &SetDigest| digest.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let mut digest = SetDigest::default();
        [1i64, 1, 2].iter().for_each(|value| digest.add(&value.to_le_bytes()).unwrap());
        assert_eq!(hex(&digest), "010C000000020B020080034400802008DE0020000002000000A8C0766CA02008DE4AC405FBB703440001000200");
        assert_eq!(SetDigest::from_bytes(&digest.to_bytes()).unwrap().counts(), digest.counts());
        let mut digest = SetDigest::default();
        ["a", "b"].iter().for_each(|value| digest.add(value.as_bytes()).unwrap());
        assert_eq!(hex(&digest), "010C000000020B020041A9987A405555850020000002000000897859F665555585EED1D3B157A9987A01000100");
    }
}
