//! Strategies as WebAssembly modules: written, and run in place of the interpreter.

use crate::problem::{Done, Problem};
use dunlin::Strategy;
use dunlin_wasm::{Engine, Instance, Module};

/// The strategy's module, as bytes.
pub fn emit(strategy: &Strategy) -> Done<Vec<u8>> {
    dunlin_emit::emit(strategy.machine()).map_err(|error| Problem::failed(error.to_string()))
}

/// The strategy's module, compiled for this computer.
pub fn module(strategy: &Strategy) -> Done<Module> {
    if !strategy.machine().figure_files().is_empty() {
        return Err(Problem::usage(
            "--figures goes with the interpreter: a module carries the figures that it was built with",
        ));
    }
    let wasm = emit(strategy)?;
    Engine::for_own_modules().and_then(|engine| engine.load(&wasm)).map_err(|error| Problem::failed(error.to_string()))
}

/// An instance of the strategy's module.
pub fn instance<'s>(module: &Module, strategy: &'s Strategy) -> Done<Instance<'s>> {
    module.instance(strategy.machine()).map_err(|error| Problem::failed(error.to_string()))
}
