//! How are numbers, bytes and bits written as runs? Three or more alike, or in even steps, take one entry.
//!
//! Ref: Apache ORC specification v1, "Integer Run Length Encoding, version 1", "Byte Run Length Encoding", "Boolean Run Length Encoding".

use super::varint::{push_signed, push_unsigned};

/// The shortest run.
const RUN_MIN: usize = 3;
/// The longest run: the length is written less three, in seven bits.
const RUN_MAX: usize = 130;
/// The most literals after one header.
const LITERALS_MAX: usize = 128;

/// Integers, signed or not.
pub(super) fn push_integers(values: impl Iterator<Item = i64>, is_signed: bool, out: &mut Vec<u8>) {
    let values: Vec<i64> = values.collect();
    let push = |value: i64, out: &mut Vec<u8>| if is_signed { push_signed(value, out) } else { push_unsigned(value as u64, out) };
    let flush = |literals: &[i64], out: &mut Vec<u8>| {
        for part in literals.chunks(LITERALS_MAX) {
            out.push((part.len() as u8).wrapping_neg());
            part.iter().for_each(|value| push(*value, out));
        }
    };
    let (mut at, mut literals_from) = (0, 0);
    while at < values.len() {
        let (length, step) = integer_run(&values[at..]);
        if length < RUN_MIN {
            at += 1;
            continue;
        }
        flush(&values[literals_from..at], out);
        out.push((length - RUN_MIN) as u8);
        out.push(step as u8);
        push(values[at], out);
        at += length;
        literals_from = at;
    }
    flush(&values[literals_from..], out);
}

/// How many values go on in even steps of one signed byte, and the step.
fn integer_run(values: &[i64]) -> (usize, i8) {
    let [first, second, ..] = values else { return (1, 0) };
    let Some(step) = second.checked_sub(*first).and_then(|step| i8::try_from(step).ok()) else { return (1, 0) };
    let pairs = values.windows(2).take(RUN_MAX - 1);
    let steps = pairs.take_while(|pair| pair[1].checked_sub(pair[0]) == Some(i64::from(step))).count();
    (steps + 1, step)
}

/// Bytes.
pub(super) fn push_bytes(values: &[u8], out: &mut Vec<u8>) {
    let flush = |literals: &[u8], out: &mut Vec<u8>| {
        for part in literals.chunks(LITERALS_MAX) {
            out.push((part.len() as u8).wrapping_neg());
            out.extend_from_slice(part);
        }
    };
    let (mut at, mut literals_from) = (0, 0);
    while at < values.len() {
        let length = values[at..].iter().take(RUN_MAX).take_while(|value| **value == values[at]).count();
        if length < RUN_MIN {
            at += length;
            continue;
        }
        flush(&values[literals_from..at], out);
        out.push((length - RUN_MIN) as u8);
        out.push(values[at]);
        at += length;
        literals_from = at;
    }
    flush(&values[literals_from..], out);
}

/// Bits on their way into bytes, the first the highest.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    pub(super) fn push(&mut self, bit: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit && let Some(last) = self.bytes.last_mut() {
            *last |= 0x80 >> (self.count % 8);
        }
        self.count += 1;
    }

    pub(super) fn push_all(&mut self, bit: bool, count: usize) {
        (0..count).for_each(|_| self.push(bit));
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.bytes.len()
    }

    /// The runs of the bytes; the bits begin anew.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        push_bytes(&self.bytes, &mut out);
        *self = Bits::default();
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn integers(values: &[i64], is_signed: bool) -> Vec<u8> {
        let mut out = Vec::new();
        push_integers(values.iter().copied(), is_signed, &mut out);
        out
    }

    #[test]
    fn the_examples_of_the_specification() {
        // Ref: Apache ORC specification v1, "Run Length Encoding": one hundred sevens; 100 down to 1; literals; bytes; booleans.
        assert_eq!(integers(&[7; 100], false), [0x61, 0x00, 0x07]);
        assert_eq!(integers(&(1..=100).rev().collect::<Vec<_>>(), false), [0x61, 0xff, 0x64]);
        assert_eq!(integers(&[2, 3, 6, 7, 11], false), [0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b]);
        let mut out = Vec::new();
        push_bytes(&[0; 100], &mut out);
        push_bytes(&[0x44, 0x45], &mut out);
        assert_eq!(out, [0x61, 0x00, 0xfe, 0x44, 0x45]);
        let mut bits = Bits::default();
        bits.push(true);
        bits.push_all(false, 7);
        assert_eq!(bits.take(), [0xff, 0x80]);
    }

    #[test]
    fn runs_and_literals_mix_and_are_cut_at_their_limits() {
        assert_eq!(integers(&[5, 9, 1, 2, 3, -4], true), [0xfe, 10, 18, 0, 1, 2, 0xff, 7]);
        assert_eq!(integers(&[1; 131], false), [127, 0, 1, 0xff, 1]);
        assert_eq!(integers(&[i64::MIN, i64::MAX, 0], true)[0], 0xfd);
        let literals: Vec<i64> = (0..200).map(|number| number * number).collect();
        assert_eq!(integers(&literals, false)[0], 0x80);
    }
}
