//! Which operations do the random and the kill tests run? The nth operation of a seed, the same in every process.

use owlake_catalog::*;

use crate::lake::*;

/// xorshift64*, enough to vary tests and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// Runs one operation, chosen by the seed and its number, and tells what came of it.
pub fn run(catalog: &dyn Catalog, seed: u64, number: u64) -> String {
    let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let d = database(["d", "Other db"][random.below(8).min(1) as usize]);
    let t = table(["t", "u", "odd.name"][random.below(3) as usize]);
    let note = format!("{number}");
    let value = |random: &mut Random| format!("v{}", random.below(40));
    let noted = |keys: &[&str]| TableDefinition { description: Some(note.clone()), ..definition(keys) };
    match random.below(40) {
        0 => format!("{:?}", catalog.delete_database(&d, if random.below(2) == 0 { DropMode::Cascade } else { DropMode::Restrict })),
        1..=4 => {
            format!("{:?}", catalog.create_database(&d, DatabaseDefinition { description: Some(note), ..DatabaseDefinition::default() }))
        }
        5 => format!("{:?}", catalog.update_database(&d, DatabaseDefinition { description: Some(note), ..DatabaseDefinition::default() })),
        6 => format!("{:?}", catalog.delete_table(&d, &t)),
        7..=11 => format!("{:?}", catalog.create_table(&d, &t, noted(&["dt"]))),
        12..=14 => {
            let archive = if random.below(2) == 0 { Archive::Keep } else { Archive::Skip };
            let expected_version_id = (random.below(2) == 0).then(|| random.below(3));
            let keys: &[&str] = if random.below(4) == 0 { &["dt", "h"] } else { &["dt"] };
            format!("{:?}", catalog.update_table(&d, &t, TableUpdate { definition: noted(keys), expected_version_id, archive }))
        }
        15 => format!("{:?}", catalog.delete_table_version(&d, &t, random.below(4))),
        16..=18 => {
            let batch = (0..100).map(|i| partition(&[&format!("b{}-{i}-{}", random.below(30), "x".repeat(300))])).collect();
            format!("{:?}", catalog.create_partitions(&d, &t, batch))
        }
        19..=28 => {
            let batch = (0..=random.below(3)).map(|_| partition(&[&value(&mut random)])).collect();
            format!("{:?}", catalog.create_partitions(&d, &t, batch))
        }
        29..=33 => {
            let mut definition = partition(&[&value(&mut random)]);
            definition.parameters = parameters(&[("note", &note)]);
            let update = PartitionUpdate { values: values(&[&value(&mut random)]), definition };
            format!("{:?}", catalog.update_partitions(&d, &t, vec![update]))
        }
        _ => {
            let batch = (0..=random.below(3)).map(|_| values(&[&value(&mut random)])).collect();
            format!("{:?}", catalog.delete_partitions(&d, &t, batch))
        }
    }
}
