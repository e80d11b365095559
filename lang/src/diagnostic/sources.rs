//! The texts that diagnostics point into.

use std::collections::BTreeMap;

/// Which file; the number is given by [`Sources::add`]. The default is the first file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// The files of one compilation, by number.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<u32>,
}

impl Sources {
    /// No files.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Takes up a file; `name` is what diagnostics print.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(self.files.len() as u32);
        let text = text.into();
        let line_starts = line_starts(&text);
        self.files.push(Source { name: name.into(), text, line_starts });
        id
    }

    /// One file alone.
    pub fn single(name: impl Into<String>, text: impl Into<String>) -> Sources {
        let mut sources = Sources::new();
        sources.add(name, text);
        sources
    }

    /// The name of a file; empty for an unknown one.
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |source| &source.name)
    }

    /// The text of a file; empty for an unknown one.
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |source| &source.text)
    }

    /// Names of all files with their numbers.
    pub fn names(&self) -> BTreeMap<&str, FileId> {
        let numbered = self.files.iter().enumerate();
        numbered.map(|(index, source)| (source.name.as_str(), FileId(index as u32))).collect()
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn line_column(&self, file: FileId, offset: u32) -> (u32, u32) {
        let Some(source) = self.file(file) else { return (1, 1) };
        let line = source.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = source.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = source.text.get(start as usize..offset as usize).unwrap_or("");
        (line as u32, before.chars().count() as u32 + 1)
    }

    fn file(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let after_breaks = text.match_indices('\n').map(|(at, _)| at as u32 + 1);
    std::iter::once(0).chain(after_breaks).collect()
}
