//! Each folder in `sessions/` is a session at a terminal: `command` holds the lines that are typed, `expected` what they
//! print and the status that they end in. To write `expected` anew after a change that is meant: `UPDATE=1 cargo test`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails in the shortest way")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `{out}` in a command stands for: a folder that is empty when the session begins. ` > {out}/FILE` at the end of a line
/// keeps what it prints in that file.
fn out_folder(session: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(session);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(line: &str, folder: &Path, out: &Path) -> String {
    let out = out.display().to_string();
    let (line, file) = line.split_once(" > {out}/").map_or((line, None), |(line, file)| (line, Some(file)));
    let line = line.replace("{out}", &out);
    let output = Command::new(env!("CARGO_BIN_EXE_dunlin"))
        .args(words(&line))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&out, "{out}");
    let stdout = match file {
        Some(file) => {
            fs::write(Path::new(&out).join(file), &output.stdout).unwrap();
            String::new()
        }
        None => text(&output.stdout),
    };
    let status = output.status.code().unwrap();
    format!("{stdout}{}status {status}\n", marked(&text(&output.stderr)))
}

/// Lines of standard error are told by a mark.
fn marked(text: &str) -> String {
    text.lines().map(|line| format!("! {line}\n")).collect()
}

/// The words of a line; those in quotes hold together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for character in line.chars() {
        match character {
            '\'' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            other => word.push(other),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

fn session(folder: &Path) -> Option<String> {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let out = out_folder(&name);
    let commands = fs::read_to_string(folder.join("command")).unwrap();
    let one = |line: &str| format!("$ dunlin {line}\n{}", run(line, folder, &out));
    let found: String = commands.lines().filter(|line| !line.is_empty()).map(one).collect();
    let path = folder.join("expected");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found).then(|| format!("=== {name}\n--- expected\n{expected}--- found\n{found}"))
}

#[test]
fn every_session_prints_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions");
    let mut folders: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("command").exists());
    folders.sort();
    assert!(folders.len() > 20, "the sessions are gone");
    let failures: Vec<String> = folders.iter().filter_map(|folder| session(folder)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
