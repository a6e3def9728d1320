//! How much do two sets have in common, about? A HyperLogLog with the smallest hashes and their counts. Ref: Trino 401 "Set digest functions".
//!
//! Deviation: the bytes of a set digest are not Trino's.

use std::collections::BTreeMap;

use super::Sketch;
use super::bytes::Reader;
use super::hyperloglog::{DEFAULT_INDEX_BITS, HyperLogLog};
use crate::error::FunctionError;

/// Hashes kept; while there are fewer, everything is exact.
const HASHES_MAX: usize = 8_192;

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
    pub fn add(&mut self, mut value: &[u8]) -> Result<(), FunctionError> {
        let hash = ::murmur3::murmur3_x64_128(&mut value, 0).map_err(|error| FunctionError::internal(error.to_string()))? as u64;
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

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.counts.len() as u32).to_le_bytes().to_vec();
        for (hash, count) in &self.counts {
            bytes.extend(hash.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        bytes.extend(self.sketch.to_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<SetDigest, FunctionError> {
        let mut reader = Reader::new(bytes, "setdigest");
        let count = reader.count(10)?;
        let counts = (0..count).map(|_| Ok((reader.i64()?, reader.u16()? as i16))).collect::<Result<_, FunctionError>>()?;
        Ok(SetDigest { counts, sketch: HyperLogLog::from_bytes(reader.rest())? })
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
}
