//! The reply under construction: JSON, written as the actions go. Nothing to write here.
#![allow(dead_code)] // not every module needs every helper

use crate::host::allocate;
use crate::json::quote;
use crate::message::Problem;
use core::ptr::null_mut;

/// Bytes that grow as they are written; they last until the next message.
struct Buffer {
    start: *mut u8,
    used: usize,
    room: usize,
}

impl Buffer {
    const fn new() -> Buffer {
        Buffer { start: null_mut(), used: 0, room: 0 }
    }

    fn push(&mut self, bytes: &[u8]) -> bool {
        if self.used + bytes.len() > self.room {
            let room = (self.used + bytes.len()) * 2;
            let start = allocate(room);
            if start.is_null() {
                return false;
            }
            unsafe { core::ptr::copy_nonoverlapping(self.start, start, self.used) };
            self.start = start;
            self.room = room;
        }
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(self.used), bytes.len()) };
        self.used += bytes.len();
        true
    }

    fn bytes(&self) -> &[u8] {
        if self.used == 0 {
            return b"";
        }
        unsafe { core::slice::from_raw_parts(self.start, self.used) }
    }
}

/// The reply under construction: messages to send, and the data that a reader of the results sees.
pub struct Reply {
    pub sender: &'static str,
    messages: Buffer,
    data: Buffer,
    complete: bool,
}

impl Reply {
    pub fn new() -> Reply {
        Reply { sender: "", messages: Buffer::new(), data: Buffer::new(), complete: true }
    }

    /// Answers the sender.
    pub fn answer(&mut self, data: &str) {
        let sender = self.sender;
        self.say(data);
        self.send(sender, data, &[]);
    }

    pub fn answer_int(&mut self, number: i64) {
        self.answer(Digits::of(number).text());
    }

    /// Answers the sender with `error: ...` and a tag `Error`. The process goes on; a panic would stop it for ever.
    pub fn error(&mut self, problem: Problem) {
        let mut text = Buffer::new();
        let written = text.push(b"error: ") && text.push(problem.what.as_bytes()) && text.push(problem.which.as_bytes());
        self.complete &= written;
        if let Ok(data) = core::str::from_utf8(text.bytes()) {
            let sender = self.sender;
            self.say(data);
            self.send(sender, data, &[("Error", data.get(7..).unwrap_or(""))]);
        }
    }

    /// Sends a message to anybody.
    pub fn send(&mut self, target: &str, data: &str, tags: &[(&str, &str)]) {
        let start = if self.messages.used > 0 { "," } else { "" };
        self.raw(start);
        self.raw("{\"Target\":");
        self.string(target);
        self.raw(",\"Data\":");
        self.string(data);
        self.raw(",\"Tags\":[");
        for (index, (name, value)) in tags.iter().enumerate() {
            self.raw(if index > 0 { ",{\"name\":" } else { "{\"name\":" });
            self.string(name);
            self.raw(",\"value\":");
            self.string(value);
            self.raw("}");
        }
        self.raw("]}");
    }

    /// Sets the data of the results.
    fn say(&mut self, data: &str) {
        self.data.used = 0;
        self.complete &= quote(data, |bytes| self.data.push(bytes));
    }

    fn raw(&mut self, text: &str) {
        self.complete &= self.messages.push(text.as_bytes());
    }

    fn string(&mut self, text: &str) {
        self.complete &= quote(text, |bytes| self.messages.push(bytes));
    }

    pub fn finish(&mut self) -> *const u8 {
        if self.data.used == 0 {
            self.say("");
        }
        let mut out = Buffer::new();
        let complete = self.complete
            && out.push(b"{\"ok\":true,\"response\":{\"Output\":{\"data\":")
            && out.push(self.data.bytes())
            && out.push(b"},\"Messages\":[")
            && out.push(self.messages.bytes())
            && out.push(b"]}}\0\0\0\0\0\0\0\0"); // the node reads eight bytes at a time
        if complete {
            return out.start;
        }
        TOO_LARGE.as_ptr()
    }
}

static TOO_LARGE: &[u8] = b"{\"ok\":true,\"response\":{\"Output\":{\"data\":\"error: out of memory\"},\"Messages\":[]}}\0\0\0\0\0\0\0\0";

/// A whole number as text.
pub struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    pub fn of(number: i64) -> Digits {
        let mut digits = Digits { bytes: [b'0'; 20], start: 20 };
        let mut rest = number.unsigned_abs();
        while digits.start == 20 || rest > 0 {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if number < 0 {
            digits.start -= 1;
            digits.bytes[digits.start] = b'-';
        }
        digits
    }

    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[self.start..]).unwrap_or("")
    }
}
