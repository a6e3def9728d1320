//! Which instructions match a row pattern? Ref: Trino 401 `IrRowPatternToProgramRewriter`.

use crate::error::EngineError;
use crate::ir::pattern::Pattern;

/// The longest program: bounded repetitions are written out and permutations are all their orders.
pub const INSTRUCTIONS_MAX: usize = 1_000_000;

/// One step of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instruction {
    /// The row at hand must fit the label; goes on with the next row.
    Label(u16),
    PartitionStart,
    PartitionEnd,
    Jump(usize),
    /// Two ways on, the first preferred.
    Split(usize, usize),
    /// A repetition begins anew: fails when it read no row since the last time. The number is the repetition's own.
    Repeat(usize),
    ExclusionStart,
    ExclusionEnd,
    Done,
}

#[derive(Debug, Clone)]
pub struct Program {
    pub instructions: Vec<Instruction>,
    /// How many different [`Instruction::Repeat`] there are.
    pub repeats: usize,
}

impl Program {
    /// Errors: NOT_SUPPORTED for a pattern of more than [`INSTRUCTIONS_MAX`] instructions or 65,536 labels.
    pub fn new(pattern: &Pattern) -> Result<Self, EngineError> {
        let mut program = Program { instructions: Vec::new(), repeats: 0 };
        program.append(pattern)?;
        program.push(Instruction::Done)?;
        Ok(program)
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, EngineError> {
        if self.instructions.len() >= INSTRUCTIONS_MAX {
            return Err(EngineError::engine(
                "NOT_SUPPORTED",
                format!("A row pattern of more than {INSTRUCTIONS_MAX} steps is not supported"),
            ));
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    fn append(&mut self, pattern: &Pattern) -> Result<(), EngineError> {
        match pattern {
            Pattern::Empty => {}
            Pattern::Label(label) => {
                let label = u16::try_from(*label)
                    .map_err(|_| EngineError::engine("NOT_SUPPORTED", "A row pattern of more than 65536 variables is not supported"))?;
                self.push(Instruction::Label(label))?;
            }
            Pattern::PartitionStart => {
                self.push(Instruction::PartitionStart)?;
            }
            Pattern::PartitionEnd => {
                self.push(Instruction::PartitionEnd)?;
            }
            Pattern::Concatenation(parts) => parts.iter().try_for_each(|part| self.append(part))?,
            Pattern::Alternation(parts) => {
                let ways: Vec<Vec<&Pattern>> = parts.iter().map(|part| vec![part]).collect();
                self.alternatives(ways.into_iter())?;
            }
            Pattern::Permutation(parts) => self.alternatives(Orders::new(parts))?,
            Pattern::Excluded(inner) => {
                self.push(Instruction::ExclusionStart)?;
                self.append(inner)?;
                self.push(Instruction::ExclusionEnd)?;
            }
            Pattern::Quantified { inner, at_least, at_most, is_greedy } => self.quantified(inner, *at_least, *at_most, *is_greedy)?,
        }
        Ok(())
    }

    fn alternatives<'a>(&mut self, ways: impl Iterator<Item = Vec<&'a Pattern>>) -> Result<(), EngineError> {
        let mut ends = Vec::new();
        let mut ways = ways.peekable();
        while let Some(way) = ways.next() {
            let split = if ways.peek().is_some() { Some(self.push(Instruction::Split(0, 0))?) } else { None };
            way.into_iter().try_for_each(|part| self.append(part))?;
            if let Some(split) = split {
                ends.push(self.push(Instruction::Jump(0))?);
                self.instructions[split] = Instruction::Split(split + 1, self.instructions.len());
            }
        }
        let after = self.instructions.len();
        for end in ends {
            self.instructions[end] = Instruction::Jump(after);
        }
        Ok(())
    }

    fn quantified(&mut self, inner: &Pattern, at_least: u32, at_most: Option<u32>, is_greedy: bool) -> Result<(), EngineError> {
        for _ in 0..at_least {
            let before = self.instructions.len();
            self.append(inner)?;
            if self.instructions.len() == before {
                break;
            }
        }
        let choose = |body: usize, after: usize| if is_greedy { Instruction::Split(body, after) } else { Instruction::Split(after, body) };
        let Some(at_most) = at_most else {
            let repeat = self.push(Instruction::Repeat(self.repeats))?;
            self.repeats += 1;
            let split = self.push(Instruction::Split(0, 0))?;
            self.append(inner)?;
            self.push(Instruction::Jump(repeat))?;
            self.instructions[split] = choose(split + 1, self.instructions.len());
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in at_least..at_most {
            splits.push(self.push(Instruction::Split(0, 0))?);
            self.append(inner)?;
        }
        let after = self.instructions.len();
        for split in splits {
            self.instructions[split] = choose(split + 1, after);
        }
        Ok(())
    }
}

/// All orders of some parts, those that begin with earlier parts first.
struct Orders<'a> {
    parts: &'a [Pattern],
    next: Option<Vec<usize>>,
}

impl<'a> Orders<'a> {
    fn new(parts: &'a [Pattern]) -> Self {
        Orders { parts, next: Some((0..parts.len()).collect()) }
    }
}

impl<'a> Iterator for Orders<'a> {
    type Item = Vec<&'a Pattern>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut order = self.next.take()?;
        let items = order.iter().map(|index| &self.parts[*index]).collect();
        // The next order of indices: the last ascent grows by the least, what follows it turns round.
        if let Some(ascent) = (1..order.len()).rev().find(|index| order[index - 1] < order[*index])
            && let Some(larger) = (ascent..order.len()).rev().find(|index| order[*index] > order[ascent - 1])
        {
            order.swap(ascent - 1, larger);
            order[ascent..].reverse();
            self.next = Some(order);
        }
        Some(items)
    }
}
