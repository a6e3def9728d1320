//! Which value stands at a quantile, about? A merging t-digest: centroids, small at both ends. Ref: Trino 401 "T-Digest functions"; Dunning, "Computing extremely accurate quantiles using t-digests".

use super::Sketch;
use super::bytes::Reader;
use crate::error::FunctionError;
use crate::types::number_text::push_java_double;

const FORMAT: u8 = 0;
const COMPRESSION: f64 = 100.0;
/// Centroids kept before the newest are merged in.
const CENTROIDS_MAX: usize = 1_200;

/// The summary.
#[derive(Clone, Debug)]
pub struct TDigest {
    min: f64,
    max: f64,
    total: f64,
    compression: f64,
    /// Mean and weight. The first `merged` ones are in order of the means.
    centroids: Vec<(f64, f64)>,
    merged: usize,
    is_backward: bool,
}

impl Default for TDigest {
    fn default() -> TDigest {
        TDigest {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            total: 0.0,
            compression: COMPRESSION,
            centroids: vec![],
            merged: 0,
            is_backward: false,
        }
    }
}

impl TDigest {
    /// Takes a value in. Errors: GENERIC_INTERNAL_ERROR for a value or weight that is not finite, INVALID_FUNCTION_ARGUMENT for a weight
    /// below 1.
    pub fn add(&mut self, value: f64, weight: f64) -> Result<(), FunctionError> {
        let refused = |text: &str| Err(FunctionError::new("GENERIC_INTERNAL_ERROR", text));
        if weight.is_nan() || weight < 1.0 {
            let mut text = String::from("weight must be >= 1, was ");
            push_java_double(&mut text, weight);
            return Err(FunctionError::argument(text));
        }
        if value.is_nan() {
            return refused("value is NaN");
        }
        if value.is_infinite() {
            return refused("value must be finite");
        }
        if weight.is_infinite() {
            return refused("weight must be finite");
        }
        self.push(value, weight);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        Ok(())
    }

    fn push(&mut self, mean: f64, weight: f64) {
        if self.centroids.len() >= CENTROIDS_MAX {
            self.compact();
        }
        self.centroids.push((mean, weight));
        self.total += weight;
    }

    pub fn is_empty(&self) -> bool {
        self.centroids.is_empty()
    }

    /// Merges neighbours as far as the scale function lets them; the direction alternates to keep the error even.
    pub fn compact(&mut self) {
        if self.merged == self.centroids.len() {
            return;
        }
        self.centroids.sort_by(|left, right| left.0.total_cmp(&right.0));
        if self.is_backward {
            self.centroids.reverse();
        }
        let compression = self.compression * 2.0;
        let normalizer = compression / (4.0 * (self.total / compression).ln() + 24.0);
        let cluster_max = |quantile: f64| quantile * (1.0 - quantile) / normalizer;
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(self.centroids.len());
        let mut before = 0.0;
        let mut limit = cluster_max(0.0);
        for (mean, weight) in self.centroids.drain(..) {
            let Some(last) = kept.last_mut() else {
                kept.push((mean, weight));
                continue;
            };
            let together = last.1 + weight;
            let quantile = ((before + together) / self.total).min(1.0);
            if together <= self.total * limit.min(cluster_max(quantile)) {
                last.0 += (mean - last.0) * weight / together;
                last.1 = together;
            } else {
                before += last.1;
                limit = cluster_max(before / self.total);
                kept.push((mean, weight));
            }
        }
        if self.is_backward {
            kept.reverse();
        }
        self.is_backward = !self.is_backward;
        self.merged = kept.len();
        self.centroids = kept;
    }

    /// The value at a quantile of 0 to 1; NaN without any.
    pub fn value_at(&mut self, quantile: f64) -> f64 {
        self.compact();
        let (Some(first), Some(last)) = (self.centroids.first(), self.centroids.last()) else { return f64::NAN };
        if self.centroids.len() == 1 {
            return first.0;
        }
        let offset = quantile * self.total;
        if offset < 1.0 {
            return self.min;
        }
        if self.total - offset < 1.0 {
            return self.max;
        }
        if first.1 > 1.0 && offset < first.1 / 2.0 {
            return self.min + (offset - 1.0) / (first.1 / 2.0 - 1.0) * (first.0 - self.min);
        }
        if last.1 > 1.0 && self.total - offset <= last.1 / 2.0 {
            return self.max - (self.total - offset - 1.0) / (last.1 / 2.0 - 1.0) * (self.max - last.0);
        }
        let mut current = first.1 / 2.0;
        for pair in self.centroids.windows(2) {
            let ((left_mean, left_weight), (right_mean, right_weight)) = (pair[0], pair[1]);
            let delta = (left_weight + right_weight) / 2.0;
            if current + delta > offset {
                // A centroid of one value is that value, half a step to either side.
                let (mut left_half, mut right_half) = (0.0, 0.0);
                if left_weight == 1.0 {
                    if offset - current < 0.5 {
                        return left_mean;
                    }
                    left_half = 0.5;
                }
                if right_weight == 1.0 {
                    if current + delta - offset <= 0.5 {
                        return right_mean;
                    }
                    right_half = 0.5;
                }
                let from_left = offset - current - left_half;
                let to_right = current + delta - offset - right_half;
                let both = from_left + to_right;
                if both <= 0.0 || left_mean == right_mean {
                    return left_mean;
                }
                return ((left_mean * to_right + right_mean * from_left) / both).clamp(left_mean, right_mean);
            }
            current += delta;
        }
        // Within the upper half of the last centroid.
        let above = self.total - offset;
        let below = last.1 / 2.0 - above;
        (last.0 * above + self.max * below.max(0.0)) / (above + below.max(0.0))
    }
}

impl Sketch for TDigest {
    fn merge(&mut self, other: TDigest) -> Result<(), FunctionError> {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (mean, weight) in other.centroids {
            self.push(mean, weight);
        }
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut ordered = self.clone();
        ordered.compact();
        let mut bytes = vec![FORMAT];
        for number in [ordered.min, ordered.max, ordered.compression, ordered.total] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((ordered.centroids.len() as u32).to_le_bytes());
        ordered.centroids.iter().for_each(|(mean, _)| bytes.extend(mean.to_le_bytes()));
        ordered.centroids.iter().for_each(|(_, weight)| bytes.extend(weight.to_le_bytes()));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<TDigest, FunctionError> {
        let mut reader = Reader::new(bytes, "tdigest");
        if reader.u8()? != FORMAT {
            return Err(reader.invalid());
        }
        let (min, max, compression, total) = (reader.f64()?, reader.f64()?, reader.f64()?, reader.f64()?);
        let count = reader.count(16)?;
        let means = (0..count).map(|_| reader.f64()).collect::<Result<Vec<_>, _>>()?;
        let weights = (0..count).map(|_| reader.f64()).collect::<Result<Vec<_>, _>>()?;
        let centroids: Vec<(f64, f64)> = means.into_iter().zip(weights).collect();
        Ok(TDigest { min, max, total, compression, merged: centroids.len(), centroids, is_backward: false })
    }

    fn held_bytes(&self) -> usize {
        self.centroids.capacity() * 16
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_exact() {
        let mut digest = TDigest::default();
        [0.1, 0.2, 0.3, 0.4].iter().for_each(|value| digest.add(*value, 1.0).unwrap());
        assert_eq!([0.0001, 0.75, 0.85].map(|quantile| digest.value_at(quantile)), [0.1, 0.4, 0.4]);
    }

    #[test]
    fn many_values_are_close_and_merge() {
        let mut parts: Vec<TDigest> = (0..4).map(|_| TDigest::default()).collect();
        for value in 0..100_000i64 {
            let shuffled = (value * 48_271) % 100_000;
            parts[(value % 4) as usize].add(shuffled as f64, 1.0).unwrap();
        }
        let mut all = TDigest::default();
        for part in parts {
            all.merge(TDigest::from_bytes(&part.to_bytes()).unwrap()).unwrap();
        }
        for (quantile, expected) in [(0.0, 0.0), (0.01, 1_000.0), (0.5, 50_000.0), (0.99, 99_000.0), (1.0, 99_999.0)] {
            let found = all.value_at(quantile);
            assert!((found - expected).abs() < 600.0, "{quantile}: {found}");
        }
    }
}
