//! A small JSON reader and writer. Values are places in the text: reading allocates only for strings with escapes.
#![allow(dead_code)]

const DEEPEST: usize = 64;

/// One JSON value: the bytes from its first to its last character.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    bytes: &'a [u8],
}

impl<'a> Value<'a> {
    /// The text as one value, or None if it is not exactly that (or nested deeper than 64).
    pub fn parse(text: &'a [u8]) -> Option<Value<'a>> {
        let start = space(text, 0);
        let end = skip(text, start)?;
        if space(text, end) != text.len() {
            return None;
        }
        Some(Value { bytes: &text[start..end] })
    }

    /// The value of a key of an object.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        let mut members = self.members();
        members.find(|(name, _)| name.is(key)).map(|(_, value)| value)
    }

    /// The keys and values of an object; nothing for other values.
    pub fn members(self) -> Members<'a> {
        Members { bytes: self.bytes, at: if self.bytes.first() == Some(&b'{') { 1 } else { self.bytes.len() } }
    }

    /// The values of a list; nothing for other values.
    pub fn items(self) -> Items<'a> {
        Items { bytes: self.bytes, at: if self.bytes.first() == Some(&b'[') { 1 } else { self.bytes.len() } }
    }

    /// The text of a string.
    pub fn text(self) -> Option<&'a str> {
        let inner = self.inner()?;
        if !inner.contains(&b'\\') {
            return core::str::from_utf8(inner).ok();
        }
        decode(inner)
    }

    pub fn integer(self) -> Option<i64> {
        core::str::from_utf8(self.bytes).ok()?.parse().ok()
    }

    pub fn boolean(self) -> Option<bool> {
        match self.bytes {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    pub fn is_null(self) -> bool {
        self.bytes == b"null"
    }

    /// The value as it was written.
    pub fn raw(self) -> &'a str {
        core::str::from_utf8(self.bytes).unwrap_or("")
    }

    fn inner(self) -> Option<&'a [u8]> {
        match self.bytes {
            [b'"', inner @ .., b'"'] => Some(inner),
            _ => None,
        }
    }

    fn is(self, text: &str) -> bool {
        match self.inner() {
            Some(inner) if !inner.contains(&b'\\') => inner == text.as_bytes(),
            _ => self.text() == Some(text),
        }
    }
}

/// Walks over an object.
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Value<'a>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, after) = element(self.bytes, self.at)?;
        let (value, next) = element(self.bytes, after)?;
        self.at = next;
        Some((name, value))
    }
}

/// Walks over a list.
pub struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (value, next) = element(self.bytes, self.at)?;
        self.at = next;
        Some(value)
    }
}

/// The value at or after `at`, past blanks, commas and colons, and where it ends. The text is known to be JSON.
fn element(bytes: &[u8], at: usize) -> Option<(Value<'_>, usize)> {
    let mut start = space(bytes, at);
    while matches!(bytes.get(start), Some(b',' | b':')) {
        start = space(bytes, start + 1);
    }
    let end = skip(bytes, start)?;
    Some((Value { bytes: &bytes[start..end] }, end))
}

fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Where the value that begins at `at` ends; None if it is not JSON.
fn skip(bytes: &[u8], at: usize) -> Option<usize> {
    let mut closers = [0u8; DEEPEST]; // no recursion: the node's stack is small
    let mut depth = 0;
    let mut at = at;
    loop {
        // a value begins here
        at = match bytes.get(at)? {
            open @ (b'{' | b'[') => {
                let closer = if *open == b'{' { b'}' } else { b']' };
                let inside = space(bytes, at + 1);
                if bytes.get(inside) == Some(&closer) {
                    inside + 1
                } else {
                    *closers.get_mut(depth)? = closer;
                    depth += 1;
                    at = if closer == b'}' { key(bytes, inside)? } else { inside };
                    continue;
                }
            }
            b'"' => skip_string(bytes, at)?,
            _ => skip_word(bytes, at)?,
        };
        // a value has ended here
        loop {
            if depth == 0 {
                return Some(at);
            }
            at = space(bytes, at);
            let closer = closers[depth - 1];
            match *bytes.get(at)? {
                b',' => {
                    at = space(bytes, at + 1);
                    if closer == b'}' {
                        at = key(bytes, at)?;
                    }
                    break;
                }
                byte if byte == closer => {
                    depth -= 1;
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

/// Past a key and its colon.
fn key(bytes: &[u8], at: usize) -> Option<usize> {
    let end = space(bytes, skip_string(bytes, at)?);
    if bytes.get(end) != Some(&b':') {
        return None;
    }
    Some(space(bytes, end + 1))
}

fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            0..=31 => return None,
            _ => at += 1,
        }
    }
}

fn skip_word(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while matches!(bytes.get(end), Some(b'a'..=b'z' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E')) {
        end += 1;
    }
    let word = &bytes[at..end];
    let number = matches!(word.first(), Some(b'-' | b'0'..=b'9'))
        && word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if number || word == b"true" || word == b"false" || word == b"null" {
        return Some(end);
    }
    None
}

/// A string's escapes resolved, in memory that lasts until the next message.
fn decode<'a>(inner: &[u8]) -> Option<&'a str> {
    let start = crate::host::allocate(inner.len());
    if start.is_null() {
        return None;
    }
    let out = unsafe { core::slice::from_raw_parts_mut(start, inner.len()) };
    let (mut from, mut to) = (0, 0);
    while from < inner.len() {
        let mut put = |byte: u8| {
            out[to] = byte;
            to += 1;
        };
        if inner[from] != b'\\' {
            put(inner[from]);
            from += 1;
            continue;
        }
        from += 2;
        match *inner.get(from - 1)? {
            b'n' => put(b'\n'),
            b't' => put(b'\t'),
            b'r' => put(b'\r'),
            b'b' => put(8),
            b'f' => put(12),
            b'u' => {
                let (point, used) = code_point(&inner[from..])?;
                from += used;
                let mut utf8 = [0; 4];
                for byte in point.encode_utf8(&mut utf8).bytes() {
                    put(byte);
                }
            }
            byte @ (b'"' | b'\\' | b'/') => put(byte),
            _ => return None,
        }
    }
    core::str::from_utf8(&out[..to]).ok()
}

/// The character of `XXXX` or of a surrogate pair `XXXX\uXXXX`, and how many bytes it took.
fn code_point(hex: &[u8]) -> Option<(char, usize)> {
    let first = four(hex)?;
    if !(0xD800..0xDC00).contains(&first) {
        return Some((char::from_u32(first)?, 4));
    }
    if hex.get(4..6)? != b"\\u" {
        return None;
    }
    let second = four(hex.get(6..)?)?;
    if !(0xDC00..0xE000).contains(&second) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))?, 10))
}

fn four(hex: &[u8]) -> Option<u32> {
    let mut value = 0;
    for byte in hex.get(..4)? {
        value = value * 16 + (*byte as char).to_digit(16)?;
    }
    Some(value)
}

/// Hands a text to `put`, piece by piece, as a JSON string with its quotes; false as soon as `put` refuses.
pub fn quote(text: &str, mut put: impl FnMut(&[u8]) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut good = put(b"\"");
    for (at, byte) in bytes.iter().enumerate() {
        let (escape, length) = match byte {
            b'"' => (*b"\\\"0000", 2),
            b'\\' => (*b"\\\\0000", 2),
            b'\n' => (*b"\\n0000", 2),
            b'\r' => (*b"\\r0000", 2),
            b'\t' => (*b"\\t0000", 2),
            0..=31 => (control(*byte), 6),
            _ => continue,
        };
        good = good && put(&bytes[done..at]) && put(&escape[..length]);
        done = at + 1;
    }
    good && put(&bytes[done..]) && put(b"\"")
}

fn control(byte: u8) -> [u8; 6] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}
