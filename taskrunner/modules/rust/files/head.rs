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
