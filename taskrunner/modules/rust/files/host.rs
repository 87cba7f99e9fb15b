//! The border to the node: memory, the texts that come in, the text that goes out. Nothing to write here.
//!
//! For every message the node calls `malloc` twice, writes the message and the process as JSON (each with a NUL behind
//! it), calls `handle` with both pointers, and reads the JSON text that `handle` points to, up to its NUL.
//! It keeps the module's memory between messages and forgets everything else.

use crate::json::Value;
use crate::message::{Message, Problem};
use crate::reply::Reply;
use core::arch::wasm64;
use core::ptr::{addr_of, addr_of_mut, null_mut};

/// Memory for one message and its reply. It is part of the module's first memory, so that the node can restore it;
/// longer texts make the memory grow, and a memory that has grown is lost when the node restores the process.
const SCRATCH: usize = 4 << 20;
const PAGE: usize = 65536;

static mut SCRATCH_BYTES: [u8; SCRATCH] = [0; SCRATCH];
static mut NEXT: usize = 0; // the next free byte; 0 before the first use
static mut LIMIT: usize = 0; // where the present region ends
static mut ANSWERED: bool = false;

extern "C" {
    static __heap_base: u8;
}

/// Room for `size` bytes that lasts until the next message, or null if there is none.
pub fn allocate(size: usize) -> *mut u8 {
    unsafe {
        if NEXT == 0 {
            NEXT = addr_of!(SCRATCH_BYTES) as usize;
            LIMIT = NEXT + SCRATCH;
        }
        let start = match NEXT.checked_add(15) {
            Some(sum) => sum & !15,
            None => return null_mut(),
        };
        match start.checked_add(size) {
            Some(end) if end <= LIMIT => {
                NEXT = end;
                start as *mut u8
            }
            _ => allocate_above(size),
        }
    }
}

/// The same behind the module's first memory, which grows for it.
unsafe fn allocate_above(size: usize) -> *mut u8 {
    let heap = (addr_of!(__heap_base) as usize + 15) & !15;
    let start = if NEXT < heap { heap } else { (NEXT + 15) & !15 };
    let end = match start.checked_add(size) {
        Some(end) if end < usize::MAX - PAGE => end,
        _ => return null_mut(),
    };
    let have = wasm64::memory_size(0) * PAGE;
    if end > have && wasm64::memory_grow(0, (end - have + PAGE - 1) / PAGE) == usize::MAX {
        return null_mut();
    }
    NEXT = end;
    LIMIT = wasm64::memory_size(0) * PAGE;
    start as *mut u8
}

#[no_mangle]
pub extern "C" fn malloc(size: usize) -> *mut u8 {
    unsafe {
        if ANSWERED {
            ANSWERED = false;
            NEXT = 0; // the last reply has been read: its memory is free again
        }
    }
    allocate(size)
}

/// The node never calls it; without exactly this type it would put a heap of its own into the memory.
#[no_mangle]
pub extern "C" fn free(_: *mut u8) {}

#[no_mangle]
pub extern "C" fn handle(message: *const u8, _process: *const u8) -> *const u8 {
    let mut reply = Reply::new();
    match text_at(message).and_then(Value::parse) {
        Some(json) => {
            let message = Message::of(json);
            reply.sender = message.from();
            if let Err(problem) = crate::run(&message, &mut reply) {
                reply.error(problem);
            }
        }
        None => reply.error(Problem::new("the message is no JSON", "")),
    }
    unsafe { ANSWERED = true };
    reply.finish()
}

/// The bytes from a pointer up to a NUL, if both lie in memory.
fn text_at(pointer: *const u8) -> Option<&'static [u8]> {
    let size = wasm64::memory_size(0) * PAGE;
    let start = pointer as usize;
    let mut end = start;
    while end < size {
        if unsafe { *(end as *const u8) } == 0 {
            return Some(unsafe { core::slice::from_raw_parts(pointer, end - start) });
        }
        end += 1;
    }
    None
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    wasm64::unreachable() // a trap: the node answers with an error at once
}

/// The module's state, which lies in memory.
pub fn state() -> &'static mut crate::State {
    // one message at a time: nobody else holds it
    unsafe { &mut *addr_of_mut!(crate::STATE) }
}
