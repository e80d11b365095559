//! The files that the line `templates` wants, and which of them the folder lacks.

use crate::files;
use crate::output::count;
use crate::problem::Done;
use dunlin::lang::check::{WantedFile, wanted_files};
use dunlin::lang::model::Model;
use serde_json::{Value, json};
use std::path::Path;

/// What a folder of templates holds of what is wanted.
pub struct Templates {
    folder: String,
    wanted: usize,
    missing: Vec<WantedFile>,
}

impl Templates {
    /// Compares the folder beside a strategy with what the strategy wants; none where it has no line `templates`.
    pub fn of(strategy: &Path, model: &Model) -> Done<Option<Self>> {
        let Some(line) = &model.template_files else { return Ok(None) };
        let folder = strategy.parent().unwrap_or(Path::new("")).join(&line.directory);
        let there = files::names_in(&folder)?;
        let mut missing = wanted_files(model);
        let wanted = missing.len();
        missing.retain(|file| !there.iter().any(|name| is_file_of(name, &file.name)));
        Ok(Some(Self { folder: line.directory.clone(), wanted, missing }))
    }

    /// The lines of the sheet: how many, and each that is missing with a way to it.
    pub fn lines(&self) -> Vec<String> {
        let missing = match self.missing.len() {
            0 => "none missing".to_owned(),
            n => format!("{n} missing"),
        };
        let head = format!("{} wanted in {}, {missing}", count(self.wanted, "file", "files"), self.folder);
        let each = self.missing.iter().map(|file| format!("missing {}.*: {}", file.name, file.path));
        std::iter::once(head).chain(each).collect()
    }

    /// As data.
    pub fn json(&self) -> Value {
        let one = |file: &WantedFile| json!({ "file": format!("{}.*", file.name), "path": file.path });
        json!({
            "folder": self.folder,
            "wanted": self.wanted,
            "missing": self.missing.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

/// Whether a file has the wanted name and an ending.
fn is_file_of(file: &str, wanted: &str) -> bool {
    file.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('.')).is_some_and(|ending| !ending.is_empty())
}
