//! The command `dunlin`.

#[allow(dead_code)]
mod progress;
#[allow(dead_code)]
mod tables;

fn main() {}
