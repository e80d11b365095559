//! The README is run: its strategies have no errors and pass their tests, its commands print what it shows.
//!
//! A line `…` in what it shows stands for any lines. To write the rest anew after a change that is meant:
//! `UPDATE=1 cargo test -p dunlin-cli --test readme`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails in the shortest way")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A block between fences: its language and its text.
struct Block<'r> {
    language: &'r str,
    text: &'r str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    let split = fenced.map(|block| block.split_once('\n').unwrap_or((block, "")));
    split.map(|(language, text)| Block { language, text }).collect()
}

/// A folder with the examples and the strategies of the page, each under its own name.
fn folder(page: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = fs::remove_dir_all(&folder);
    copy(&root().join("examples"), &folder.join("examples"));
    for block in blocks(page).iter().filter(|block| block.language == "dunlin") {
        let name = block.text.split_whitespace().nth(1).unwrap();
        fs::write(folder.join(name).with_extension("dun"), format!("{}\n", block.text)).unwrap();
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn run(line: &str, folder: &Path) -> String {
    let mut dunlin = Command::new(env!("CARGO_BIN_EXE_dunlin"));
    let words = line.split_whitespace().skip(1);
    let output = dunlin.args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// What was printed, shortened as the page shows it; where it can no longer be shortened so, all of it.
fn as_shown(printed: &str, shown: &str) -> String {
    let Some((before, after)) = shown.split_once("…") else { return printed.to_owned() };
    let lines: Vec<&str> = printed.lines().collect();
    let (head, tail) = (before.lines().count(), after.trim_start_matches('\n').lines().count());
    if head + tail >= lines.len() {
        return printed.to_owned();
    }
    let mut short = lines[..head].to_vec();
    short.push("…");
    short.extend(&lines[lines.len() - tail..]);
    short.join("\n")
}

#[test]
fn every_command_prints_what_the_page_shows() {
    let path = root().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let folder = folder(&page);
    let mut new = page.clone();
    let all = blocks(&page);
    let mut count = 0;
    for pair in all.windows(2).filter(|pair| pair[0].language == "sh" && pair[1].language == "text") {
        let shown = pair[1].text;
        let printed = as_shown(&run(pair[0].text, &folder), shown);
        new = new.replace(shown, &printed);
        count += 1;
    }
    assert!(count > 2, "the page shows {count} commands");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &new).unwrap();
    } else {
        assert!(new == page, "the README shows something else; with UPDATE=1 it would be:\n{new}");
    }
}

#[test]
fn its_first_command_runs() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let first =
        page.lines().find_map(|line| line.strip_prefix("    cargo run -p dunlin-cli -- ")).expect("a first command");
    assert!(!run(&format!("dunlin {first}"), &root()).is_empty());
}

#[test]
fn its_strategies_pass_their_tests() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let strategies: Vec<Block<'_>> = blocks(&page).into_iter().filter(|block| block.language == "dunlin").collect();
    assert!(!strategies.is_empty());
    for (number, block) in strategies.iter().enumerate() {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("readme_{number}.dun"));
        fs::write(&file, format!("{}\n", block.text)).unwrap();
        let line = |command: &str| format!("dunlin {command} {}", file.display());
        assert!(run(&line("check"), &root()).contains("no errors, no warnings"), "{}", block.text);
        run(&line("test"), &root());
        run(&line("fmt --check"), &root());
    }
}
