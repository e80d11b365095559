//! Changes to known bytes, read from random ones, so that what is tried stays close to what is right.

/// How many bytes one change takes.
const SIZE: usize = 4;

/// Changes a copy of `base`: four bytes of `script` are one change (what, where in two bytes, the new byte).
pub fn edited(base: &[u8], script: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for change in script.chunks_exact(SIZE) {
        let at = usize::from(u16::from_le_bytes([change[1], change[2]]));
        edit(&mut bytes, change[0] % 3, at, change[3]);
    }
    bytes
}

/// The same for what is longer than two bytes say: they are the 65,536ths of its length.
pub fn edited_far(base: &[u8], script: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for change in script.chunks_exact(SIZE) {
        let part = usize::from(u16::from_le_bytes([change[1], change[2]]));
        let at = part * bytes.len() / 65_536;
        edit(&mut bytes, change[0] % 3, at, change[3]);
    }
    bytes
}

fn edit(bytes: &mut Vec<u8>, what: u8, at: usize, byte: u8) {
    let at = at % (bytes.len() + 1);
    match what {
        0 if at < bytes.len() => bytes[at] = byte,
        1 if at < bytes.len() => drop(bytes.remove(at)),
        _ => bytes.insert(at, byte),
    }
}
