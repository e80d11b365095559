//! The stored form of a machine: a `.dunm` file, and the hash that a case carries to name the machine it runs on.
//!
//! A file is the four letters `DUNM`, the format version (2 bytes, little-endian), the length of the body (4 bytes,
//! little-endian), the SHA-256 of the body, and the body itself. The same machine gives the same bytes everywhere.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ir::Machine;
use crate::verify::{Broken, verify};

/// The first bytes of every stored machine.
pub const MAGIC: [u8; 4] = *b"DUNM";
/// The version of the stored form; it rises whenever the tables of a machine change.
pub const FORMAT_VERSION: u16 = 3;

const VERSION_AT: usize = MAGIC.len();
const LENGTH_AT: usize = VERSION_AT + 2;
const HASH_AT: usize = LENGTH_AT + 4;
const BODY_AT: usize = HASH_AT + 32;

/// The SHA-256 of a machine's body: two machines with the same hash decide alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MachineHash(pub [u8; 32]);

impl MachineHash {
    fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// The first 12 digits, enough for people to tell machines apart.
    #[must_use]
    pub fn short(&self) -> String {
        let mut all = format!("{self}");
        all.truncate(12);
        all
    }
}

/// All 64 digits, in hexadecimal.
impl fmt::Display for MachineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes are not a machine that can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes do not begin as a stored machine does.
    NotAMachine,
    /// Stored by another version of Dunlin, in a form that this one does not read.
    OtherFormat {
        /// The version of the bytes.
        found: u16,
    },
    /// Bytes are missing at the end.
    CutShort,
    /// There are bytes after the end.
    TooLong,
    /// The body is not the one that was stored.
    Damaged,
    /// The body has the right hash and still does not hold the tables of a machine.
    Unreadable,
    /// The tables contradict each other.
    Broken(Broken),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAMachine => f.write_str("this is not a Dunlin machine (`dunlin build` writes them)"),
            Self::OtherFormat { found } => write!(
                f,
                "the machine is stored in format {found}, and this version of Dunlin reads format {FORMAT_VERSION}; \
                 build it again from its strategy"
            ),
            Self::CutShort => f.write_str("the machine is cut short; copy the file again"),
            Self::TooLong => f.write_str("there is something after the end of the machine; copy the file again"),
            Self::Damaged => f.write_str("the machine was changed after it was built: its hash does not match"),
            Self::Unreadable => f.write_str("the machine cannot be read: its body does not hold what its format says"),
            Self::Broken(broken) => write!(f, "the machine contradicts itself: {broken}"),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<Broken> for LoadError {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Machine {
    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        // A body beyond 4 GiB could not be read back; the verifier's bounds keep machines far below.
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(BODY_AT + body.len());
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(MachineHash::of(&body).0);
        bytes.extend(body);
        bytes
    }

    /// Reads the stored form and verifies the machine. Any bytes may be given; memory stays in proportion to them.
    ///
    /// # Errors
    /// Says what is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let body = checked_body(bytes)?;
        let (machine, rest): (Self, _) = postcard::take_from_bytes(body).map_err(|_| LoadError::Unreadable)?;
        // Numbers can be written in more than one way; only the shortest keeps one machine to one hash.
        if !rest.is_empty() || machine.body() != body {
            return Err(LoadError::Unreadable);
        }
        verify(&machine)?;
        Ok(machine)
    }

    /// The hash that names this machine. It is computed anew at each call: keep it.
    #[must_use]
    pub fn hash(&self) -> MachineHash {
        MachineHash::of(&self.body())
    }

    fn body(&self) -> Vec<u8> {
        // OK because a vector takes every byte, and every list of the machine knows its length.
        postcard::to_allocvec(self).unwrap_or_default()
    }
}

/// The body, once everything around it is right.
fn checked_body(bytes: &[u8]) -> Result<&[u8], LoadError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(LoadError::NotAMachine);
    }
    let found = u16::from_le_bytes(header(bytes, VERSION_AT)?);
    if found != FORMAT_VERSION {
        return Err(LoadError::OtherFormat { found });
    }
    let length = u32::from_le_bytes(header(bytes, LENGTH_AT)?);
    let hash = MachineHash(header(bytes, HASH_AT)?);
    let body = bytes.get(BODY_AT..).ok_or(LoadError::CutShort)?;
    match u32::try_from(body.len()) {
        Ok(found) if found < length => Err(LoadError::CutShort),
        Ok(found) if found == length => Ok(()),
        _ => Err(LoadError::TooLong),
    }?;
    if MachineHash::of(body) != hash {
        return Err(LoadError::Damaged);
    }
    Ok(body)
}

fn header<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], LoadError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(LoadError::CutShort)
}
