//! Why a module cannot be used.

use std::fmt;

/// Why a module cannot be used. The host lives, and no case was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are no WebAssembly, or a kind of it that Dunlin does not write.
    NotWasm(String),
    /// It asks for something from outside: a module of Dunlin does not.
    Imports,
    /// It lacks something that every module of Dunlin has.
    NotOurs(&'static str),
    /// Its interface is of another version.
    OtherAbi {
        /// The version that it says.
        is: i32,
        /// The version that this host speaks.
        wanted: i32,
    },
    /// It is of another machine than the one that it is to run.
    OtherMachine,
    /// It ran longer than a strategy of its size can, or stopped in the middle: a fault of the module.
    Stopped(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWasm(why) => write!(f, "this is no WebAssembly module that can be run here: {why}"),
            Self::Imports => write!(f, "this module asks for functions of its host; a module of Dunlin asks for none"),
            Self::NotOurs(what) => write!(f, "this is no module of Dunlin: it has no `{what}`"),
            Self::OtherAbi { is, wanted } => {
                write!(f, "the module's interface has version {is}, this host speaks version {wanted}: build it again")
            }
            Self::OtherMachine => write!(f, "the module is of another strategy, or of another version of it"),
            Self::Stopped(why) => {
                write!(f, "the module stopped in the middle of a step, which is a fault of Dunlin: {why}")
            }
        }
    }
}

impl std::error::Error for Error {}
