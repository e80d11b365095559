//! The files that the line `templates` wants: which of them the folder lacks, and which lack a placeholder that every
//! message must have. The host fills them in; here they are only looked at.

use crate::files;
use crate::output::count;
use crate::problem::Done;
use dunlin::lang::check::{WantedFile, wanted_files};
use dunlin::lang::model::Model;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// What a folder of templates holds of what is wanted.
pub struct Templates {
    folder: String,
    /// Whether there is such a folder.
    there: bool,
    wanted: usize,
    missing: Vec<WantedFile>,
    /// Files without a placeholder that `require` names, with these names.
    lacking: Vec<(String, Vec<String>)>,
    /// Files in which no placeholder can be looked for: they hold no UTF-8 text.
    unreadable: Vec<String>,
}

impl Templates {
    /// Compares the folder beside a strategy with what the strategy wants; none where it has no line `templates`.
    pub fn of(strategy: &Path, model: &Model) -> Done<Option<Self>> {
        let Some(line) = &model.template_files else { return Ok(None) };
        let folder = strategy.parent().unwrap_or(Path::new("")).join(&line.directory);
        let names = files::names_in(&folder)?;
        let mut templates = Self {
            folder: line.directory.clone(),
            there: names.is_some(),
            wanted: 0,
            missing: Vec::new(),
            lacking: Vec::new(),
            unreadable: Vec::new(),
        };
        let names = names.unwrap_or_default();
        for file in wanted_files(model) {
            templates.wanted += 1;
            let found: Vec<&String> = names.iter().filter(|name| is_file_of(name, &file.name)).collect();
            if found.is_empty() {
                templates.missing.push(file);
            }
            if !line.require.is_empty() {
                found.into_iter().try_for_each(|name| templates.look(&folder, name, &line.require))?;
            }
        }
        Ok(Some(templates))
    }

    /// Looks for the placeholders that every message must have.
    fn look(&mut self, folder: &Path, name: &str, require: &[String]) -> Done {
        let Ok(text) = String::from_utf8(files::bytes(&folder.join(name))?) else {
            self.unreadable.push(name.to_owned());
            return Ok(());
        };
        let there = placeholders(&text);
        let lacks: Vec<String> = require.iter().filter(|name| !there.contains(name.as_str())).cloned().collect();
        if !lacks.is_empty() {
            self.lacking.push((name.to_owned(), lacks));
        }
        Ok(())
    }

    /// The lines of the sheet: how many, each that is missing with a way to it, and what the others lack.
    pub fn lines(&self) -> Vec<String> {
        let (wanted, folder) = (count(self.wanted, "file", "files"), &self.folder);
        let head = match self.missing.len() {
            _ if !self.there => format!("{wanted} wanted in {folder}, and there is no such folder"),
            0 => format!("{wanted} wanted in {folder}, none missing"),
            n => format!("{wanted} wanted in {folder}, {n} missing"),
        };
        let missing = self.missing.iter().map(|file| format!("missing {}.*: {}", file.name, file.path));
        let lacking = self.lacking.iter().map(|(file, names)| format!("{folder}/{file} lacks {}", shown(names)));
        let unreadable = self
            .unreadable
            .iter()
            .map(|file| format!("{folder}/{file} is not UTF-8 text: nobody can look for what is required in it"));
        std::iter::once(head).chain(missing).chain(lacking).chain(unreadable).collect()
    }

    /// As data.
    pub fn json(&self) -> Value {
        let one = |file: &WantedFile| json!({ "file": format!("{}.*", file.name), "path": file.path });
        let lacks = |(file, names): &(String, Vec<String>)| json!({ "file": file, "names": names });
        json!({
            "folder": self.folder,
            "there": self.there,
            "wanted": self.wanted,
            "missing": self.missing.iter().map(one).collect::<Vec<_>>(),
            "lacking": self.lacking.iter().map(lacks).collect::<Vec<_>>(),
            "unreadable": self.unreadable,
        })
    }
}

/// Whether a file has the wanted name and an ending.
fn is_file_of(file: &str, wanted: &str) -> bool {
    file.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('.')).is_some_and(|ending| !ending.is_empty())
}

/// What stands between `{{` and `}}`, without the spaces around it.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).collect()
}

fn shown(names: &[String]) -> String {
    names.iter().map(|name| format!("{{{{ {name} }}}}")).collect::<Vec<_>>().join(" and ")
}
