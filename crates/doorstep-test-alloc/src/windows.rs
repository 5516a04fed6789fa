//! The windows of secrets, and where they are found.

use crate::WINDOW;

/// All windows of some secrets, sorted, and a bit for each of their lowest 16 bits. Each is there as it is,
/// and as a hash that reads big-endian words of 32 or 64 bits has it in this machine's memory.
pub(crate) struct Windows {
    sorted: Vec<u64>,
    filter: Vec<u64>,
}

impl Windows {
    pub(crate) fn of(secrets: &[&[u8]]) -> Self {
        let windows = secrets.iter().flat_map(|secret| secret.windows(WINDOW)).map(word);
        let turned =
            |window: u64| [window, window.swap_bytes(), window.swap_bytes().rotate_left(32)];
        let mut sorted: Vec<u64> = windows.flat_map(turned).collect();
        sorted.sort_unstable();
        let mut filter = vec![0; 1 << 10];
        for window in &sorted {
            filter[(window & 0xffff) as usize / 64] |= 1 << (window % 64);
        }
        Self { sorted, filter }
    }

    /// How many of them stand in `len` bytes. Allocates nothing and does not panic.
    pub(crate) fn count_in(&self, len: usize, read: impl Fn(usize) -> u8) -> usize {
        let (mut count, mut window) = (0, 0u64);
        for at in 0..len {
            window = window << 8 | u64::from(read(at));
            let passes = self.filter[(window & 0xffff) as usize / 64] >> (window % 64) & 1 != 0;
            let is_found = passes && at + 1 >= WINDOW && self.sorted.binary_search(&window).is_ok();
            count += usize::from(is_found);
        }
        count
    }
}

fn word(window: &[u8]) -> u64 {
    window.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))
}
