//! Which value stands at a quantile, within a bound of ranks? A q-digest: a binary trie of counted ranges. Ref: Trino 401 "Quantile digest functions"; airlift `QuantileDigest` storage format.

use super::Sketch;
use super::bytes::Reader;
use crate::error::FunctionError;

const FORMAT: u8 = 0;
const HAS_LEFT: u8 = 1;
const HAS_RIGHT: u8 = 2;
const WEIGHT_ZERO: f64 = 1e-5;
/// The error of a digest made without one.
pub const ERROR_DEFAULT: f64 = 0.01;

/// A range of values that share the bits above `level`.
#[derive(Clone, Debug)]
struct Node {
    bits: u64,
    /// 0 for a single value, 64 for all.
    level: u32,
    count: f64,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

impl Node {
    fn leaf(bits: u64, count: f64) -> Box<Node> {
        Box::new(Node { bits, level: 0, count, left: None, right: None })
    }

    /// Is the other range in the right half?
    fn is_right(&self, bits: u64) -> bool {
        self.level > 0 && bits >> (self.level - 1) & 1 == 1
    }

    fn upper(&self) -> u64 {
        if self.level == 0 { self.bits } else { self.bits | u64::MAX >> (64 - self.level) }
    }

    fn nodes(&self) -> usize {
        1 + self.left.as_ref().map_or(0, |node| node.nodes()) + self.right.as_ref().map_or(0, |node| node.nodes())
    }
}

/// The summary of sortable 64-bit values.
#[derive(Clone, Debug)]
pub struct Qdigest {
    error_max: f64,
    total: f64,
    min: i64,
    max: i64,
    nodes: usize,
    root: Option<Box<Node>>,
}

fn to_bits(value: i64) -> u64 {
    value as u64 ^ 1 << 63
}

fn to_value(bits: u64) -> i64 {
    (bits ^ 1 << 63) as i64
}

/// A double as an integer of the same order.
pub fn sortable_double(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (bits >> 63 & i64::MAX)
}

/// A sortable integer as the double it stands for.
pub fn double_of_sortable(value: i64) -> f64 {
    f64::from_bits((value ^ (value >> 63 & i64::MAX)) as u64)
}

/// A real as an integer of the same order.
pub fn sortable_real(value: f32) -> i64 {
    let bits = value.to_bits() as i32;
    i64::from(bits ^ (bits >> 31 & i32::MAX))
}

/// A sortable integer as the real it stands for.
pub fn real_of_sortable(value: i64) -> f32 {
    let value = value as i32;
    f32::from_bits((value ^ (value >> 31 & i32::MAX)) as u32)
}

impl Qdigest {
    pub fn new(error_max: f64) -> Qdigest {
        Qdigest { error_max, total: 0.0, min: i64::MAX, max: i64::MIN, nodes: 0, root: None }
    }

    /// Takes a value in.
    pub fn add(&mut self, value: i64, weight: f64) {
        let bits = to_bits(value);
        let root = self.root.take();
        self.root = Some(insert(root, Node::leaf(bits, weight)));
        self.total += weight;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.nodes += 2;
        if self.nodes > 4 * self.compression_factor() + 256 {
            self.compress();
        }
    }

    fn compression_factor(&self) -> usize {
        self.root.as_ref().map_or(1, |root| ((f64::from(root.level + 1) / self.error_max) as usize).max(1))
    }

    /// Folds ranges too light to matter into those above them.
    pub fn compress(&mut self) {
        let bound = (self.total / self.compression_factor() as f64).floor();
        self.root = self.root.take().and_then(|mut root| {
            fold_light(&mut root, bound);
            if root.count < WEIGHT_ZERO { without(root) } else { Some(root) }
        });
        self.nodes = self.root.as_ref().map_or(0, |root| root.nodes());
    }

    /// The value at a quantile of 0 to 1.
    pub fn value_at(&self, quantile: f64) -> Option<i64> {
        let root = self.root.as_ref()?;
        let mut sum = 0.0;
        let found = find(root, quantile * self.total, &mut sum);
        Some(found.map_or(self.max, |upper| to_value(upper).min(self.max)))
    }
}

fn insert(node: Option<Box<Node>>, new: Box<Node>) -> Box<Node> {
    let Some(mut node) = node else { return new };
    let level = node.level.max(new.level);
    let is_apart = level < 64 && node.bits >> level != new.bits >> level;
    if is_apart {
        let level = 64 - (node.bits ^ new.bits).leading_zeros();
        // The lesser one's bits, so that the order of merges doesn't show in the bytes.
        let mut parent = Box::new(Node { bits: node.bits.min(new.bits), level, count: 0.0, left: None, right: None });
        let (left, right) = if parent.is_right(node.bits) { (new, node) } else { (node, new) };
        parent.left = Some(left);
        parent.right = Some(right);
        return parent;
    }
    if node.level == new.level {
        let new = *new;
        node.count += new.count;
        for child in [new.left, new.right].into_iter().flatten() {
            node = insert(Some(node), child);
        }
        return node;
    }
    if node.level < new.level {
        return insert(Some(new), node);
    }
    let child = if node.is_right(new.bits) { &mut node.right } else { &mut node.left };
    *child = Some(insert(child.take(), new));
    node
}

fn fold_light(node: &mut Node, bound: f64) {
    for child in [&mut node.left, &mut node.right].into_iter().flatten() {
        fold_light(child, bound);
    }
    if node.left.is_none() && node.right.is_none() {
        return;
    }
    let count = |child: &Option<Box<Node>>| child.as_ref().map_or(0.0, |child| child.count);
    let (left, right) = (count(&node.left), count(&node.right));
    let is_light = node.count + left + right < bound;
    if is_light || left < WEIGHT_ZERO {
        node.left = node.left.take().and_then(without);
        node.count += left;
    }
    if is_light || right < WEIGHT_ZERO {
        node.right = node.right.take().and_then(without);
        node.count += right;
    }
}

/// What remains of a range whose count has gone up.
fn without(mut node: Box<Node>) -> Option<Box<Node>> {
    match (node.left.take(), node.right.take()) {
        (None, None) => None,
        (Some(only), None) | (None, Some(only)) => Some(only),
        (left, right) => {
            node.left = left;
            node.right = right;
            node.count = 0.0;
            Some(node)
        }
    }
}

fn find(node: &Node, wanted: f64, sum: &mut f64) -> Option<u64> {
    for child in [&node.left, &node.right].into_iter().flatten() {
        if let Some(found) = find(child, wanted, sum) {
            return Some(found);
        }
    }
    *sum += node.count;
    (*sum > wanted).then(|| node.upper())
}

fn write(node: &Node, bytes: &mut Vec<u8>) {
    let mut flags = (node.level.saturating_sub(1) as u8) << 2;
    if let Some(left) = &node.left {
        write(left, bytes);
        flags |= HAS_LEFT;
    }
    if let Some(right) = &node.right {
        write(right, bytes);
        flags |= HAS_RIGHT;
    }
    bytes.push(flags);
    bytes.extend(node.count.to_le_bytes());
    bytes.extend(node.bits.to_le_bytes());
}

impl Sketch for Qdigest {
    fn merge(&mut self, other: Qdigest) -> Result<(), FunctionError> {
        if let Some(root) = other.root {
            self.root = Some(insert(self.root.take(), root));
        }
        self.total += other.total;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.compress();
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut small = self.clone();
        small.compress();
        let mut bytes = vec![FORMAT];
        bytes.extend(small.error_max.to_le_bytes());
        // Neither decay nor its landmark is used.
        bytes.extend([0; 16]);
        bytes.extend(small.min.to_le_bytes());
        bytes.extend(small.max.to_le_bytes());
        bytes.extend((small.nodes as u32).to_le_bytes());
        if let Some(root) = &small.root {
            write(root, &mut bytes);
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Qdigest, FunctionError> {
        let mut reader = Reader::new(bytes, "qdigest");
        if reader.u8()? != FORMAT {
            return Err(reader.invalid());
        }
        let error_max = reader.f64()?;
        reader.slice(16)?;
        let (min, max) = (reader.i64()?, reader.i64()?);
        let nodes = reader.count(17)?;
        let mut total = 0.0;
        let mut pending: Vec<Box<Node>> = vec![];
        for _ in 0..nodes {
            let flags = reader.u8()?;
            let (count, bits) = (reader.f64()?, reader.u64()?);
            let right = if flags & HAS_RIGHT > 0 { Some(pending.pop().ok_or_else(|| reader.invalid())?) } else { None };
            let left = if flags & HAS_LEFT > 0 { Some(pending.pop().ok_or_else(|| reader.invalid())?) } else { None };
            let is_leaf = left.is_none() && right.is_none();
            let level = if is_leaf && flags >> 2 == 0 { 0 } else { u32::from(flags >> 2) + 1 };
            if left.iter().chain(&right).any(|child| child.level >= level) {
                return Err(reader.invalid());
            }
            total += count;
            pending.push(Box::new(Node { bits, level, count, left, right }));
        }
        let root = pending.pop();
        let is_error_valid = error_max > 0.0 && error_max < 1.0;
        if !pending.is_empty() || !is_error_valid {
            return Err(reader.invalid());
        }
        Ok(Qdigest { error_max, total, min, max, nodes, root })
    }

    fn held_bytes(&self) -> usize {
        self.nodes * std::mem::size_of::<Node>()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_the_error() {
        let mut digest = Qdigest::new(ERROR_DEFAULT);
        (0..50_000i64).for_each(|value| digest.add((value * 7_919) % 50_000 - 10_000, 1.0));
        let digest = Qdigest::from_bytes(&digest.to_bytes()).unwrap();
        for (quantile, expected) in [(0.0, -10_000i64), (0.25, 2_500), (0.5, 15_000), (0.9, 35_000), (1.0, 39_999)] {
            let found = digest.value_at(quantile).unwrap();
            assert!((found - expected).abs() <= 500, "{quantile}: {found}");
        }
        assert!(digest.nodes < 50_000 / 2);
    }

    /// The bytes of Trino 401's own test of `merge(qdigest)`.
    #[test]
    fn bytes_are_those_of_the_documented_format() {
        let mut left = Qdigest::new(ERROR_DEFAULT);
        left.add(sortable_double(10.3), 1.0);
        let mut right = Qdigest::new(ERROR_DEFAULT);
        right.add(sortable_double(11.3), 1.0);
        left.merge(right).unwrap();
        let expected = "007b14ae47e17a843f000000000000000000000000000000009a999999999924409a999999999926400300000000000000000000f03f\
                        9a999999999924c000000000000000f03f9a999999999926c0c700000000000000009a999999999924c0";
        let printed: String = left.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(printed, expected);
    }
}
