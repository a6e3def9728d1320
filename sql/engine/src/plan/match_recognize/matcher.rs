//! Which rows from a given one on match the pattern? A backtracking search for the preferred match.
//! Ref: Trino 401 `Matcher`, ISO/IEC 19075-5 "Row pattern recognition in SQL", on preference.

use datafusion::error::Result;

use super::program::{Instruction, Program};

/// Steps between two chances for other work, a cancellation among it.
const STEPS_BETWEEN_YIELDS: u32 = 10_000;

/// Whether rows fit labels.
pub trait Conditions {
    /// Does the row at `position` fit the last of `labels`, which the rows before it and itself have been given?
    fn holds(&mut self, position: usize, labels: &[u16]) -> Result<bool>;
}

/// The rows a search may use: those from `start` to `end`; the anchors look at the partition.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub start: usize,
    pub end: usize,
    pub partition_rows: usize,
}

/// A match: the label of each row from its start on, and the rows (counted from the partition's start) not to be put out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub labels: Vec<u16>,
    pub excluded: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// The other way of a split, and how far everything was there.
    Branch { instruction: usize, position: usize, exclusions: usize },
    /// What a repetition's position was before.
    Restore { repeat: usize, position: usize },
}

/// The search's working memory, kept from one search to the next.
#[derive(Debug, Default)]
pub struct Matcher {
    steps: Vec<Step>,
    labels: Vec<u16>,
    /// Where exclusions begin (true) and end, in order.
    exclusions: Vec<(usize, bool)>,
    repeats: Vec<usize>,
    /// One bit a row and instruction: no way on from there leads to a match.
    dead_ends: Vec<u64>,
    count: u32,
}

impl Matcher {
    /// The preferred match from `range.start` on. With `is_memoryless` the conditions depend on nothing but the row and its
    /// label, so a place that failed once is never tried again and the search is linear in rows and instructions.
    pub async fn find<C: Conditions + Send>(
        &mut self,
        program: &Program,
        range: Range,
        is_memoryless: bool,
        conditions: &mut C,
    ) -> Result<Option<Match>> {
        let instructions = program.instructions.as_slice();
        self.steps.clear();
        self.labels.clear();
        self.exclusions.clear();
        self.repeats.clear();
        self.repeats.resize(program.repeats, usize::MAX);
        self.dead_ends.clear();
        let (mut at, mut position) = (0, range.start);
        loop {
            self.count += 1;
            if self.count >= STEPS_BETWEEN_YIELDS {
                self.count = 0;
                tokio::task::yield_now().await;
            }
            let goes_on = match instructions[at] {
                Instruction::Label(label) => {
                    let mut fits = false;
                    if position < range.end {
                        self.labels.push(label);
                        fits = conditions.holds(position, &self.labels)?;
                    }
                    position += 1;
                    at += 1;
                    fits
                }
                Instruction::PartitionStart => {
                    at += 1;
                    position == 0
                }
                Instruction::PartitionEnd => {
                    at += 1;
                    position == range.partition_rows
                }
                Instruction::Jump(to) => {
                    at = to;
                    true
                }
                Instruction::Split(first, second) => {
                    let is_new = !is_memoryless || self.visit((position - range.start) * instructions.len() + at);
                    if is_new {
                        self.steps.push(Step::Branch { instruction: second, position, exclusions: self.exclusions.len() });
                        at = first;
                    }
                    is_new
                }
                Instruction::Repeat(repeat) => {
                    at += 1;
                    let before = std::mem::replace(&mut self.repeats[repeat], position);
                    if is_memoryless {
                        true
                    } else {
                        self.steps.push(Step::Restore { repeat, position: before });
                        before != position
                    }
                }
                Instruction::ExclusionStart | Instruction::ExclusionEnd => {
                    self.exclusions.push((position, instructions[at] == Instruction::ExclusionStart));
                    at += 1;
                    true
                }
                Instruction::Done => return Ok(Some(self.found())),
            };
            if goes_on {
                continue;
            }
            loop {
                match self.steps.pop() {
                    None => return Ok(None),
                    Some(Step::Restore { repeat, position }) => self.repeats[repeat] = position,
                    Some(Step::Branch { instruction, position: back, exclusions }) => {
                        (at, position) = (instruction, back);
                        self.labels.truncate(back - range.start);
                        self.exclusions.truncate(exclusions);
                        break;
                    }
                }
            }
        }
    }

    /// Marks a place; false when it was marked already.
    fn visit(&mut self, place: usize) -> bool {
        let (word, bit) = (place / 64, 1u64 << (place % 64));
        if word >= self.dead_ends.len() {
            self.dead_ends.resize(word + 1, 0);
        }
        let is_new = self.dead_ends[word] & bit == 0;
        self.dead_ends[word] |= bit;
        is_new
    }

    fn found(&self) -> Match {
        let mut excluded = Vec::new();
        let mut open = Vec::new();
        for (position, is_start) in &self.exclusions {
            match (is_start, open.len()) {
                (true, _) => open.push(*position),
                // One within another adds nothing.
                (false, 1) => excluded.extend(open.pop().map(|from| (from, *position))),
                (false, _) => {
                    open.pop();
                }
            }
        }
        Match { labels: self.labels.clone(), excluded }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::ir::pattern::Pattern;

    /// Rows are letters; label 0 fits `a`, label 1 fits `b`, label 2 fits any.
    struct Letters(&'static [u8]);

    impl Conditions for Letters {
        fn holds(&mut self, position: usize, labels: &[u16]) -> Result<bool> {
            Ok(match labels.last().unwrap() {
                0 => self.0[position] == b'a',
                1 => self.0[position] == b'b',
                _ => true,
            })
        }
    }

    fn find(pattern: &Pattern, rows: &'static str, is_memoryless: bool) -> Option<Match> {
        let range = Range { start: 0, end: rows.len(), partition_rows: rows.len() };
        let search = async {
            Matcher::default().find(&Program::new(pattern).unwrap(), range, is_memoryless, &mut Letters(rows.as_bytes())).await.unwrap()
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(search)
    }

    fn labels(pattern: &Pattern, rows: &'static str) -> Option<Vec<u16>> {
        let found = find(pattern, rows, true);
        assert_eq!(found, find(pattern, rows, false), "dead ends must not change what is found");
        found.map(|found| found.labels)
    }

    fn quantified(inner: Pattern, at_least: u32, at_most: Option<u32>, is_greedy: bool) -> Pattern {
        Pattern::Quantified { inner: Box::new(inner), at_least, at_most, is_greedy }
    }

    // Basis: ISO/IEC 19075-5, 4.14 "Row pattern matching": greedy and reluctant quantifiers, preference of alternatives.
    #[test]
    fn quantifiers_take_as_much_or_as_little_as_they_can() {
        let any = || Pattern::Label(2);
        assert_eq!(labels(&quantified(any(), 0, None, true), "aab"), Some(vec![2, 2, 2]));
        assert_eq!(labels(&quantified(any(), 0, None, false), "aab"), Some(vec![]));
        assert_eq!(labels(&quantified(any(), 1, None, false), "aab"), Some(vec![2]));
        assert_eq!(labels(&quantified(any(), 1, Some(2), true), "aab"), Some(vec![2, 2]));
        assert_eq!(labels(&quantified(any(), 4, None, true), "aab"), None);
        let backs_off = Pattern::Concatenation(vec![quantified(any(), 0, None, true), Pattern::Label(1)]);
        assert_eq!(labels(&backs_off, "aab"), Some(vec![2, 2, 1]));
    }

    #[test]
    fn repetitions_of_nothing_end() {
        let nothing = quantified(quantified(Pattern::Label(1), 0, None, true), 0, None, true);
        assert_eq!(labels(&nothing, "aa"), Some(vec![]));
        assert_eq!(labels(&quantified(Pattern::Empty, 3, None, true), "aa"), Some(vec![]));
    }

    #[test]
    fn permutations_prefer_the_order_they_are_written_in() {
        let permutation = Pattern::Permutation(vec![Pattern::Label(2), Pattern::Label(1), Pattern::Label(0)]);
        assert_eq!(labels(&permutation, "aba"), Some(vec![2, 1, 0]));
        assert_eq!(labels(&permutation, "bab"), Some(vec![2, 0, 1]));
        assert_eq!(labels(&permutation, "bbb"), None);
    }

    #[test]
    fn anchors_hold_at_the_ends_of_the_partition() {
        let to_end = Pattern::Concatenation(vec![Pattern::PartitionStart, Pattern::Label(0), Pattern::PartitionEnd]);
        assert_eq!(labels(&to_end, "a"), Some(vec![0]));
        assert_eq!(labels(&to_end, "ab"), None);
    }

    #[test]
    fn an_exclusion_within_another_adds_nothing() {
        let inner = Pattern::Excluded(Box::new(Pattern::Label(0)));
        let outer = Pattern::Excluded(Box::new(Pattern::Concatenation(vec![inner, Pattern::Label(1)])));
        assert_eq!(find(&outer, "ab", true).unwrap().excluded, vec![(0, 2)]);
    }
}
