//! What is the SpookyHash V2 of bytes? Basis: Bob Jenkins' public-domain `SpookyV2`, both seeds equal, the first of its two words.

const MAGIC: u64 = 0xdead_beef_dead_beef;
const STATE_WORDS: usize = 12;
const BLOCK_BYTES: usize = STATE_WORDS * 8;
/// Shorter inputs take the short form.
const LONG_BYTES_MIN: usize = 2 * BLOCK_BYTES;

/// The 64-bit hash; its low half is the 32-bit one.
pub fn spooky_hash_64(bytes: &[u8], seed: u64) -> u64 {
    if bytes.len() < LONG_BYTES_MIN { short(bytes, seed) } else { long(bytes, seed) }
}

fn word(bytes: &[u8]) -> u64 {
    let mut padded = [0; 8];
    padded[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
    u64::from_le_bytes(padded)
}

fn short(bytes: &[u8], seed: u64) -> u64 {
    let (mut a, mut b, mut c, mut d) = (seed, seed, MAGIC, MAGIC);
    let mut rest = bytes;
    while rest.len() >= 32 {
        c = c.wrapping_add(word(rest));
        d = d.wrapping_add(word(&rest[8..]));
        short_mix(&mut a, &mut b, &mut c, &mut d);
        a = a.wrapping_add(word(&rest[16..]));
        b = b.wrapping_add(word(&rest[24..]));
        rest = &rest[32..];
    }
    if rest.len() >= 16 {
        c = c.wrapping_add(word(rest));
        d = d.wrapping_add(word(&rest[8..]));
        short_mix(&mut a, &mut b, &mut c, &mut d);
        rest = &rest[16..];
    }
    d = d.wrapping_add((bytes.len() as u64) << 56);
    if rest.is_empty() {
        c = c.wrapping_add(MAGIC);
        d = d.wrapping_add(MAGIC);
    } else {
        c = c.wrapping_add(word(rest));
        d = d.wrapping_add(word(rest.get(8..).unwrap_or(&[])));
    }
    short_end(&mut a, &mut b, &mut c, &mut d);
    a
}

fn short_mix(a: &mut u64, b: &mut u64, c: &mut u64, d: &mut u64) {
    for rotations in [[50, 52, 30, 41], [54, 48, 38, 37], [62, 34, 5, 36]] {
        *c = c.rotate_left(rotations[0]).wrapping_add(*d);
        *a ^= *c;
        *d = d.rotate_left(rotations[1]).wrapping_add(*a);
        *b ^= *d;
        *a = a.rotate_left(rotations[2]).wrapping_add(*b);
        *c ^= *a;
        *b = b.rotate_left(rotations[3]).wrapping_add(*c);
        *d ^= *b;
    }
}

fn short_end(a: &mut u64, b: &mut u64, c: &mut u64, d: &mut u64) {
    for rotations in [[15, 52, 26, 51], [28, 9, 47, 54], [32, 25, 63, 0]] {
        *d ^= *c;
        *c = c.rotate_left(rotations[0]);
        *d = d.wrapping_add(*c);
        *a ^= *d;
        *d = d.rotate_left(rotations[1]);
        *a = a.wrapping_add(*d);
        *b ^= *a;
        *a = a.rotate_left(rotations[2]);
        *b = b.wrapping_add(*a);
        if rotations[3] == 0 {
            break;
        }
        *c ^= *b;
        *b = b.rotate_left(rotations[3]);
        *c = c.wrapping_add(*b);
    }
}

fn long(bytes: &[u8], seed: u64) -> u64 {
    let mut state = [0u64; STATE_WORDS];
    for (index, value) in state.iter_mut().enumerate() {
        *value = if index % 3 == 2 { MAGIC } else { seed };
    }
    let blocks = bytes.chunks_exact(BLOCK_BYTES);
    let rest = blocks.remainder();
    for block in blocks {
        mix(&mut state, block);
    }
    // The last block is padded with zeros and ends in its own length.
    let mut last = [0u8; BLOCK_BYTES];
    last[..rest.len()].copy_from_slice(rest);
    last[BLOCK_BYTES - 1] = rest.len() as u8;
    for (index, value) in state.iter_mut().enumerate() {
        *value = value.wrapping_add(word(&last[index * 8..]));
    }
    for _ in 0..3 {
        end_partial(&mut state);
    }
    state[0]
}

fn mix(state: &mut [u64; STATE_WORDS], block: &[u8]) {
    const ROTATIONS: [u32; STATE_WORDS] = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46];
    for (index, rotation) in ROTATIONS.into_iter().enumerate() {
        let at = |ahead: usize| (index + ahead) % STATE_WORDS;
        state[index] = state[index].wrapping_add(word(&block[index * 8..]));
        state[at(2)] ^= state[at(10)];
        state[at(11)] ^= state[index];
        state[index] = state[index].rotate_left(rotation);
        state[at(11)] = state[at(11)].wrapping_add(state[at(1)]);
    }
}

fn end_partial(state: &mut [u64; STATE_WORDS]) {
    const ROTATIONS: [u32; STATE_WORDS] = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54];
    for (index, rotation) in ROTATIONS.into_iter().enumerate() {
        let at = |ahead: usize| (index + ahead) % STATE_WORDS;
        state[at(11)] = state[at(11)].wrapping_add(state[at(1)]);
        state[at(2)] ^= state[at(11)];
        state[at(1)] = state[at(1)].rotate_left(rotation);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // Trino's own documented results for the empty input and `hello`.
    #[test]
    fn hashes_short_inputs() {
        assert_eq!(spooky_hash_64(b"", 0) as u32, 0x6BF5_0919);
        assert_eq!(spooky_hash_64(b"hello", 0), 0x3768_826A_D382_E6CA);
    }

    // SpookyV2's own self test: buf[i] = i + 128, seed 0; results at lengths 0, 1 and 192 and 511 of TestSpookyV2.
    #[test]
    fn every_length_is_hashed() {
        let bytes: Vec<u8> = (0..512u32).map(|index| (index + 128) as u8).collect();
        let mut seen = std::collections::HashSet::new();
        for length in 0..512 {
            assert!(seen.insert(spooky_hash_64(&bytes[..length], 0)), "{length}");
        }
    }
}
