//! When is a column worth a dictionary? When the values of a sample come back often enough, and until the dictionary is too large.
//!
//! Basis: inferred. A column whose new values come as fast in the second half of the sample as in the first will go on so; DuckDB and
//! parquet-rs find out by filling a dictionary to its limit.

/// Values that are looked at before it is decided; fewer than a page has rows, so nothing is written by then.
pub(super) const SAMPLE_VALUES: usize = 16 << 10;
/// Bytes of a dictionary. Ref: parquet-mr, `parquet.dictionary.page.size`, 1 MiB.
pub(super) const DICTIONARY_BYTES_MAX: usize = 1 << 20;
/// Values that the sample is projected to.
const PROJECTED_VALUES: usize = 1 << 20;

/// Follows a column chunk to the end of the sample.
#[derive(Debug, Default)]
pub(super) struct Sample {
    values: usize,
    distinct_at_half: Option<usize>,
}

impl Sample {
    /// Tells of more values, with the distinct ones and the bytes of the dictionary so far. Returns whether the dictionary is given up.
    pub(super) fn add(&mut self, values: usize, distinct: usize, dictionary_bytes: usize) -> bool {
        if dictionary_bytes > DICTIONARY_BYTES_MAX {
            return true;
        }
        if self.values >= SAMPLE_VALUES {
            return false;
        }
        self.values += values;
        if self.values >= SAMPLE_VALUES / 2 && self.distinct_at_half.is_none() {
            self.distinct_at_half = Some(distinct);
        }
        if self.values < SAMPLE_VALUES {
            return false;
        }
        let first = self.distinct_at_half.unwrap_or(distinct);
        let second = distinct - first;
        let bytes_each = dictionary_bytes / distinct.max(1);
        let comes_on = second > first / 4 * 3;
        comes_on && second.saturating_mul(PROJECTED_VALUES / (SAMPLE_VALUES / 2)).saturating_mul(bytes_each) > DICTIONARY_BYTES_MAX
    }

    /// Whether the sample is still going on, so that all values are those of the first page.
    pub(super) fn goes_on(&self) -> bool {
        self.values < SAMPLE_VALUES
    }
}

/// Where the values of a dictionary are found again: open addressing over their numbers. Keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// A number of a value plus one, or 0; as many as a power of two.
    slots: Vec<u32>,
    used: usize,
}

const SLOTS_MIN: usize = 1024;

impl Slots {
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.slots.resize(SLOTS_MIN, 0);
        self.used = 0;
    }

    /// The number of the value with this hash, by `is_value`; none when it is new, which then has the number `used`.
    #[inline]
    pub(super) fn find(&mut self, hash: u64, is_value: impl Fn(usize) -> bool, hash_of: impl Fn(usize) -> u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = place(hash, mask);
        loop {
            match self.slots[at] {
                0 => break,
                number if is_value(number as usize - 1) => return Some(number as usize - 1),
                _ => at = (at + 1) & mask,
            }
        }
        self.used += 1;
        self.slots[at] = u32::try_from(self.used).unwrap_or(u32::MAX);
        if self.used * 2 > self.slots.len() {
            self.grow(hash, hash_of);
        }
        None
    }

    #[cold]
    fn grow(&mut self, newest: u64, hash_of: impl Fn(usize) -> u64) {
        let length = self.slots.len() * 4;
        self.slots.clear();
        self.slots.resize(length, 0);
        let mask = length - 1;
        for number in 0..self.used {
            // The newest is not with the values yet.
            let hash = if number + 1 == self.used { newest } else { hash_of(number) };
            let mut at = place(hash, mask);
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = u32::try_from(number + 1).unwrap_or(u32::MAX);
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}

fn place(hash: u64, mask: usize) -> usize {
    (hash >> 32) as usize & mask
}

/// Spreads 64 bits over the upper half of the product's folding. Ref: wyhash, the multiply and fold of two words.
#[inline]
pub(super) fn hash(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9e37_79b9_7f4a_7c15) * u128::from(0xd1b5_4a32_d192_ed03_u64);
    (product as u64) ^ (product >> 64) as u64
}

/// Takes one more word into a hash.
#[inline]
pub(super) fn hash_on(hash_before: u64, word: u64) -> u64 {
    hash(hash_before.rotate_left(29) ^ word)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_numbers_while_the_slots_grow() {
        let mut slots = Slots::default();
        slots.clear();
        let mut values: Vec<u64> = Vec::new();
        for round in 0..2 {
            for value in (0..10_000_u64).map(|number| number * 7919) {
                let found = slots.find(hash(value), |number| values[number] == value, |number| hash(values[number]));
                assert_eq!(found, (round == 1).then_some(value as usize / 7919));
                if found.is_none() {
                    values.push(value);
                }
            }
        }
    }

    #[test]
    fn a_sample_tells_keys_from_codes() {
        let given_up = |distinct_at: fn(usize) -> usize, bytes: usize| {
            let mut sample = Sample::default();
            (0..16).any(|part| sample.add(1024, distinct_at((part + 1) * 1024), distinct_at((part + 1) * 1024) * bytes))
        };
        assert!(given_up(|values| values, 8), "every value is new");
        assert!(given_up(|values| values / 4, 8), "sorted keys, each four times");
        assert!(!given_up(|values| values / 100, 8), "days of a sorted table");
        assert!(!given_up(|values| values.min(7), 20), "a few codes");
        assert!(!given_up(|values| (10_000.0 * (1.0 - (-(values as f64) / 10_000.0).exp())) as usize, 8), "ten thousand keys at random");
    }
}
