//! Kinds of state that need no allocator: a text and a table of fixed capacity. Both lie in memory, which the node keeps.
#![allow(dead_code)]

/// A text of at most `N` bytes.
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// The text, or nothing where it is too long: `Text::<9>::of("hello")`.
    pub const fn of(text: &str) -> Text<N> {
        let mut new = Text { length: 0, bytes: [0; N] };
        if text.len() <= N {
            while new.length < text.len() {
                new.bytes[new.length] = text.as_bytes()[new.length];
                new.length += 1;
            }
        }
        new
    }

    /// Changes the text; false (and no change) if it is too long.
    pub fn set(&mut self, text: &str) -> bool {
        if text.len() > N {
            return false;
        }
        self.bytes[..text.len()].copy_from_slice(text.as_bytes());
        self.length = text.len();
        true
    }

    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or("")
    }
}

/// Whole numbers by name, for at most `N` names of at most 64 bytes: balances, votes.
pub struct Table<const N: usize> {
    used: usize,
    rows: [(Text<64>, i64); N],
}

impl<const N: usize> Table<N> {
    pub const fn new() -> Table<N> {
        Table { used: 0, rows: [(Text { length: 0, bytes: [0; 64] }, 0); N] }
    }

    pub fn get(&self, name: &str) -> Option<i64> {
        self.rows().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Sets a value; false if the table is full or the name too long.
    pub fn set(&mut self, name: &str, value: i64) -> bool {
        if let Some(row) = self.rows[..self.used].iter_mut().find(|row| row.0.text() == name) {
            row.1 = value;
            return true;
        }
        if self.used == N || !self.rows[self.used].0.set(name) {
            return false;
        }
        self.rows[self.used].1 = value;
        self.used += 1;
        true
    }

    pub fn rows(&self) -> impl Iterator<Item = (&str, i64)> {
        self.rows[..self.used].iter().map(|row| (row.0.text(), row.1))
    }
}
