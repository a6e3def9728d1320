//! Do both stores agree over random operations, and does the file-backed one still after it is opened anew?

use std::sync::atomic::Ordering;

use owlake_catalog::MemoryCatalog;

use crate::lake::{clock_at, dump, open_with};
use crate::operations::{Random, run};

#[test]
fn files_and_memory_agree_over_random_operations() {
    for seed in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let clock = clock_at(0);
        let memory = MemoryCatalog::new(clock.clone());
        let mut files = open_with(folder.path(), clock.clone());
        let mut random = Random::new(seed);
        for number in 0..400 {
            clock.0.store(number as i64, Ordering::SeqCst);
            assert_eq!(run(&files, seed, number), run(&memory, seed, number), "seed {seed}, operation {number}");
            if random.below(25) == 0 {
                drop(files);
                files = open_with(folder.path(), clock.clone());
                assert_eq!(dump(&files), dump(&memory), "seed {seed}, reopened after operation {number}");
            }
        }
        assert_eq!(dump(&files), dump(&memory), "seed {seed}");
    }
}
