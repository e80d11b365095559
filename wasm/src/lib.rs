//! Runs emitted WebAssembly modules under wasmtime, as an engine that gives what the interpreter gives, to the byte.
//!
//! A module is a host's only view of the strategy: it has no imports, reads no clock and writes to its own memory alone.
//! What it may use is bounded: 16 MiB of memory, and instructions by the machine's own size.

mod decode;
mod engine;
mod error;
mod items;
mod log;
mod module;
mod refusals;
mod running;

pub use error::Error;
pub use items::Items;
pub use module::{Engine, Instance, Module};
