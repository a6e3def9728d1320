//! How are a file's last lines left out? Held back until it is known that more follow. Ref: Trino 401, `skip.footer.line.count`.

use bytes::Bytes;

use super::lines::after_terminator;

/// Passes a file's chunks on but for its last lines.
#[derive(Debug)]
pub struct FooterLines {
    count: usize,
    held: Vec<u8>,
}

impl FooterLines {
    pub fn new(count: usize) -> Self {
        FooterLines { count, held: Vec::new() }
    }

    /// What of the bytes so far can be no footer: all but the last `count` lines and the one under way.
    pub fn push(&mut self, chunk: &[u8]) -> Bytes {
        self.held.extend_from_slice(chunk);
        match memchr::memrchr_iter(b'\n', &self.held).nth(self.count) {
            Some(last) => self.release(last + 1),
            None => Bytes::new(),
        }
    }

    /// No more comes: what is left without the last lines.
    pub fn finish(&mut self) -> Bytes {
        let mut starts = Vec::new();
        let mut position = 0;
        while position < self.held.len() {
            starts.push(position);
            position = after_terminator(&self.held, position, true).unwrap_or(self.held.len());
        }
        let kept = starts.len().checked_sub(self.count).and_then(|lines| starts.get(lines).copied());
        let end = if self.count == 0 { self.held.len() } else { kept.unwrap_or(0) };
        self.release(end)
    }

    fn release(&mut self, end: usize) -> Bytes {
        let rest = self.held.split_off(end);
        Bytes::from(std::mem::replace(&mut self.held, rest))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_left_out_wherever_the_chunks_end() {
        for (text, expected) in
            [("a\nb\nc\nd\n", "a\nb\n"), ("a\nb\nc\nd", "a\nb\n"), ("a\nb", ""), ("a", ""), ("", ""), ("a\rb\rc\rd", "a\rb\r")]
        {
            for cut in 0..=text.len() {
                let mut footer = FooterLines::new(2);
                let mut passed = footer.push(&text.as_bytes()[..cut]).to_vec();
                passed.extend(footer.push(&text.as_bytes()[cut..]));
                passed.extend(footer.finish());
                assert_eq!(String::from_utf8(passed).unwrap(), expected, "{text:?} {cut}");
            }
        }
    }
}
