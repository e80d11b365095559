//! The stored form: what is written is read back, and bytes that are anything else are refused, whatever they hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use dunlin_machine::binary::{FORMAT_VERSION, LoadError};
use dunlin_machine::ir::Machine;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const BODY_AT: usize = 42;

/// Puts a body into an envelope that is right for it.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"DUNM".to_vec();
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(Sha256::digest(body));
    bytes.extend(body);
    bytes
}

fn refused(bytes: &[u8]) -> LoadError {
    Machine::from_bytes(bytes).expect_err("bytes that are not a machine")
}

#[test]
fn what_is_written_is_read_back() {
    let machine = sample::machine();
    let bytes = machine.to_bytes();
    let back = Machine::from_bytes(&bytes).unwrap();
    assert_eq!(back, machine);
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!(back.hash(), machine.hash());
    assert_eq!(sealed(&bytes[BODY_AT..]), bytes);
}

#[test]
fn the_hash_names_the_body() {
    let mut machine = sample::machine();
    let hash = machine.hash();
    let shown = hash.to_string();
    assert_eq!(hash.0.as_slice(), Sha256::digest(&machine.to_bytes()[BODY_AT..]).as_slice());
    assert_eq!((shown.len(), hash.short()), (64, shown[..12].to_owned()));
    machine.params[1].value += 1;
    assert_ne!(machine.hash(), hash);
}

#[test]
fn every_beginning_is_refused() {
    let bytes = sample::machine().to_bytes();
    for end in 0..bytes.len() {
        let expected = if end < 4 { LoadError::NotAMachine } else { LoadError::CutShort };
        assert_eq!(refused(&bytes[..end]), expected, "cut at {end}");
    }
}

#[test]
fn other_bytes_are_refused() {
    let bytes = sample::machine().to_bytes();
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        refused(&bytes)
    };
    assert_eq!(changed(0, b'X'), LoadError::NotAMachine);
    assert_eq!(changed(4, 9), LoadError::OtherFormat { found: 9 });
    assert_eq!(changed(10, bytes[10] ^ 1), LoadError::Damaged);
    assert_eq!(changed(BODY_AT + 3, bytes[BODY_AT + 3] ^ 1), LoadError::Damaged);
    assert_eq!(refused(&[bytes.as_slice(), &[0]].concat()), LoadError::TooLong);
    assert_eq!(refused(&sealed(&[&bytes[BODY_AT..], &[0]].concat())), LoadError::Unreadable);
    assert_eq!(refused(&sealed(&[])), LoadError::Unreadable);
}

#[test]
fn a_number_has_one_way_to_be_written() {
    let body = &sample::machine().to_bytes()[BODY_AT..];
    // The length of the name, 4, with a byte more than it needs.
    assert_eq!(body[0], 4);
    let longer = [&[0x84, 0x00], &body[1..]].concat();
    assert_eq!(refused(&sealed(&longer)), LoadError::Unreadable);
}

#[test]
fn a_machine_that_contradicts_itself_is_refused() {
    let mut machine = sample::machine();
    machine.stages[0].rule.0 = 999;
    assert!(matches!(refused(&machine.to_bytes()), LoadError::Broken(_)));
}

#[test]
fn enormous_lengths_take_no_memory() {
    let long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(refused(&sealed(&long)), LoadError::Unreadable);
    let body = sample::machine().to_bytes()[BODY_AT..].to_vec();
    for at in 0..body.len() {
        let hostile = [&body[..at], &long[5..], &body[at..]].concat();
        let _ = Machine::from_bytes(&sealed(&hostile));
    }
}

/// A machine that was read can be stored again and shown.
fn sound(machine: &Machine) {
    assert_eq!(Machine::from_bytes(&machine.to_bytes()).as_ref(), Ok(machine));
    assert!(!machine.to_string().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn changed_bodies_are_refused_or_sound(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut body = sample::machine().to_bytes()[BODY_AT..].to_vec();
        for (at, to) in changes {
            let at = at.index(body.len());
            body[at] = to;
        }
        if let Ok(machine) = Machine::from_bytes(&sealed(&body)) {
            sound(&machine);
        }
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Machine::from_bytes(&bytes).is_err());
        prop_assert!(Machine::from_bytes(&sealed(&bytes)).is_err());
    }
}
