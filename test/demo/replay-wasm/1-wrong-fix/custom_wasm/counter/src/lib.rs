//! counter: Counts. Never below zero.
//!
//! Begun by taskrunner from plan.md; yours from here on. Write the actions below: the node calls `handle` (host.rs), which
//! calls `run` here with the message (message.rs), and what goes into `reply` (reply.rs) is sent. json.rs reads JSON,
//! state.rs keeps texts and tables. There is no allocator and no `std`; what must last belongs into `State`.
#![no_std]
#![feature(simd_wasm64)] // memory_size and memory_grow
#![allow(stable_features, unused_variables)] // unused until every action is written

mod host;
mod json;
mod message;
mod reply;
mod state;

use message::{Message, Problem};
use reply::Reply;

/// What the module remembers. It lies in memory, which the node keeps from message to message.
pub struct State {
    pub count: i64,
}

static mut STATE: State = State { count: 0 };

/// Finds the action of a message. An `Err` becomes an error reply, and the process goes on.
fn run(message: &Message, reply: &mut Reply) -> Result<(), Problem> {
    if message.is_spawn() {
        return Ok(()); // the first message is the process itself
    }
    let state = host::state();
    match message.action() {
        "Inc" => inc(message, state, reply),
        "Dec" => dec(message, state, reply),
        "Get" => get(message, state, reply),
        _ => Err(Problem::new("unknown action ", message.action())),
    }
}

/// | Inc | Amount: int = 1 | count grows by Amount | the new count |
fn inc(message: &Message, state: &mut State, reply: &mut Reply) -> Result<(), Problem> {
    let amount = message.or("Amount", message.int("Amount"), 1)?;
    state.count = amount;
    reply.answer_int(state.count);
    Ok(())
}

/// | Dec | Amount: int = 1 | count shrinks, floor 0 | the new count |
fn dec(message: &Message, state: &mut State, reply: &mut Reply) -> Result<(), Problem> {
    let amount = message.or("Amount", message.int("Amount"), 1)?;
    state.count = (state.count - amount).max(0);
    reply.answer_int(state.count);
    Ok(())
}

/// | Get |  |  | the count |
fn get(message: &Message, state: &mut State, reply: &mut Reply) -> Result<(), Problem> {
    reply.answer_int(state.count);
    Ok(())
}
