//! The stored form of a case: compact, refused by any other machine, and checked when it is read.

use crate::case::{Case, Phase};
use crate::fault::Refusal;
use alloc::vec::Vec;
use dunlin_machine::binary::MachineHash;
use dunlin_machine::ir::Machine;

/// The first bytes of a stored case.
const MAGIC: &[u8; 4] = b"DUNC";
/// The version of the stored form.
const VERSION: u8 = 2;
/// How many bytes of its machine's hash a stored case carries; a case in JSON carries all.
const HASH: usize = 16;

/// Stores a case.
///
/// # Errors
/// [`Refusal::Unreadable`] if it cannot be written, which memory alone can cause.
pub fn save(case: &Case) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::from(*MAGIC);
    bytes.push(VERSION);
    let whole = postcard::to_allocvec(case).map_err(|_| Refusal::Unreadable("it cannot be written"))?;
    // The machine's hash comes first, as it is: the machine knows the rest of it.
    let (hash, rest) = whole.split_at_checked(case.machine.len()).ok_or(Refusal::Unreadable("it cannot be written"))?;
    let mut body: Vec<u8> = hash.iter().copied().take(HASH).collect();
    pack(rest, &mut body);
    bytes.extend_from_slice(&checksum(&body).to_be_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Reads a case back, for the machine that made it.
///
/// # Errors
/// [`Refusal::Unreadable`] for bytes that are no case, cut short or changed; [`Refusal::OtherMachine`].
pub fn restore(machine: &Machine, bytes: &[u8]) -> Result<Case, Refusal> {
    restore_with(machine, machine.hash(), bytes)
}

/// The same for who keeps the machine's hash, which takes longer to find than all the rest.
///
/// # Errors
/// As [`restore`].
pub fn restore_with(machine: &Machine, own: MachineHash, bytes: &[u8]) -> Result<Case, Refusal> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Refusal::Unreadable("it is not a saved case of Dunlin"))?;
    let (version, rest) = rest.split_first().ok_or(Refusal::Unreadable("it is cut short"))?;
    if *version != VERSION {
        return Err(Refusal::Unreadable("it has another format version"));
    }
    let (sum, body) = rest.split_first_chunk::<4>().ok_or(Refusal::Unreadable("it is cut short"))?;
    if checksum(body) != u32::from_be_bytes(*sum) {
        return Err(Refusal::Unreadable("it is cut short or was changed"));
    }
    let (hash, packed) = body.split_first_chunk::<HASH>().ok_or(Refusal::Unreadable("it is cut short"))?;
    if !own.0.starts_with(hash) {
        return Err(Refusal::OtherMachine);
    }
    let mut whole = Vec::from(own.0);
    unpack(packed, &mut whole).ok_or(Refusal::Unreadable("it is cut short or was changed"))?;
    let (case, left) =
        postcard::take_from_bytes::<Case>(&whole).map_err(|_| Refusal::Unreadable("it is cut short or was changed"))?;
    if left.len() >= 8 || left.iter().any(|byte| *byte != 0) {
        return Err(Refusal::Unreadable("something follows after its end"));
    }
    admit(machine, own, case)
}

/// Checks that a case that was read, from this form or another, fits the machine, whose hash is given.
///
/// # Errors
/// As [`restore`].
pub fn admit(machine: &Machine, own: MachineHash, case: Case) -> Result<Case, Refusal> {
    if case.machine != own.0 {
        return Err(Refusal::OtherMachine);
    }
    if !fits(machine, &case) {
        return Err(Refusal::Unreadable("it does not fit its machine"));
    }
    let mut case = case;
    case.state.forget_runs();
    Ok(case)
}

/// Whether every list of the case has the length, and every number the range, that its machine gives.
fn fits(machine: &Machine, case: &Case) -> bool {
    let stage = |s: dunlin_machine::ir::StageId| machine.stages.get(s.index());
    let triggers = |s: dunlin_machine::ir::ScopeId| machine.scopes.get(s.index()).map(|s| s.triggers.range().len());
    let place = |p: &crate::case::Place| {
        let (mut around, mut slots) = (p.scopes.iter(), 0);
        let mut scope = stage(p.stage).and_then(|s| s.scope);
        while let Some(id) = scope {
            let Some(a) = around.next().filter(|a| a.scope == id && triggers(id) == Some(usize::from(a.slots))) else {
                return false;
            };
            slots += usize::from(a.slots);
            scope = machine.scopes.get(id.index()).and_then(|s| s.parent);
        }
        around.next().is_none()
            && slots == p.scope_slots.len()
            && stage(p.stage).is_some_and(|s| s.triggers.range().len() == p.slots.len())
    };
    let approval = |a: &crate::case::Approval| {
        let action = machine.actions.get(a.action.index());
        action.is_some_and(|a| matches!(a.does, dunlin_machine::ir::Does::Approval(_)))
    };
    let calendar = |c: dunlin_machine::ir::CalendarId| c.index() < machine.calendars.len();
    place(&case.place)
        && case.before.as_ref().is_none_or(place)
        && case.facts.len() == machine.facts.len()
        && case.vars.len() == machine.vars.len()
        && case.kept.len() == machine.kept.len()
        && case.noted.len() == machine.noted.len()
        && case.sent.len() == machine.templates.len()
        && case.watches.len() == machine.watches.len()
        && case.watches.iter().zip(&machine.watches).all(|(s, w)| s.len() == w.triggers.range().len())
        && case.whenevers.len() == machine.whenevers.len()
        && case
            .whenevers
            .iter()
            .zip(&machine.whenevers)
            .all(|(s, w)| s.since.is_none() || s.slots.len() == w.triggers.range().len())
        && case.agreed.len() == machine.plans.len()
        && case.plan.as_ref().is_none_or(|p| fits_plan(machine, p))
        && case.approvals.iter().all(approval)
        && usize::from(case.currency) < machine.currencies.len()
        && calendar(case.calendar)
        && !case.persons.is_empty()
        && case
            .persons
            .iter()
            .all(|p| calendar(p.calendar) && p.zones.iter().all(|z| usize::from(*z) < machine.zones.len()))
        && case.ledger.claims.len() <= machine.limits.claims as usize
}

fn fits_plan(machine: &Machine, plan: &crate::case::Plan) -> bool {
    let terms = |t: &crate::case::Terms| t.amount > 0 && t.day <= 31;
    plan.plan.index() < machine.plans.len()
        && match &plan.phase {
            Phase::Offered => true,
            Phase::Accepted { terms: agreed, .. } => terms(agreed),
            Phase::Active(running) | Phase::Completed(running) => terms(&running.terms) && running.count > 0,
        }
}

/// Leaves out bytes of 0, of which a case has many: before every 8 bytes stands one that says which of them are not 0.
fn pack(bytes: &[u8], packed: &mut Vec<u8>) {
    for eight in bytes.chunks(8) {
        let there = eight.iter().zip(0u32..8).filter(|(byte, _)| **byte != 0);
        packed.push(there.fold(0, |set, (_, at)| set | 1 << at));
        packed.extend(eight.iter().filter(|byte| **byte != 0));
    }
}

/// Puts them back; bytes of 0 may follow after the end. None where bytes are missing.
fn unpack(mut packed: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    while let Some((there, mut rest)) = packed.split_first() {
        for at in 0u32..8 {
            if there >> at & 1 == 0 {
                bytes.push(0);
                continue;
            }
            let (byte, after) = rest.split_first()?;
            bytes.push(*byte);
            rest = after;
        }
        packed = rest;
    }
    Some(())
}

/// FNV-1a, 32 bits: finds what was cut or changed by accident.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
