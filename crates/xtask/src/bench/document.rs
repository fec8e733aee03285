//! What was measured last of each part, in docs/benchmarks.json, and what is made of it: the tables in
//! docs/benchmarks.md, between two comments each, and a picture. The words around them are written by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::journal::Row;
use super::machine::Machine;
use super::{Part, picture, roofline, tables, targets};
use crate::paths;

/// One part, as it was measured last.
#[derive(Serialize, Deserialize)]
struct Measured {
    date: String,
    machine: Machine,
    rows: Vec<Row>,
}

/// All parts.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document {
    parts: BTreeMap<String, Measured>,
}

type Render = fn(&Document) -> String;

/// What stands between the comments, by their names.
const REGIONS: [(&str, Render); 9] = [
    ("machine", tables::machine),
    ("targets", targets::table),
    ("speed", tables::speed),
    ("roofline", roofline::table),
    ("kernels", tables::kernels),
    ("starts", tables::starts),
    ("page", tables::page),
    ("models of the page", tables::page_models),
    ("servers", tables::servers),
];

impl Document {
    pub fn read() -> Result<Self> {
        let text = read("benchmarks.json")?;
        serde_json::from_str(&text).context("docs/benchmarks.json is not what was written")
    }

    pub fn put(&mut self, part: Part, date: &str, machine: &Machine, rows: Vec<Row>) {
        let measured = Measured {
            date: date.to_owned(),
            machine: machine.clone(),
            rows,
        };
        self.parts.insert(part.name().to_owned(), measured);
    }

    pub fn rows(&self, part: Part) -> &[Row] {
        self.parts.get(part.name()).map_or(&[], |part| &part.rows)
    }

    /// The row with these labels.
    pub fn row(&self, part: Part, labels: &[(&str, &str)]) -> Option<&Row> {
        self.rows(part).iter().find(|row| row.is(labels))
    }

    /// The median of a value of that row.
    pub fn median(&self, part: Part, labels: &[(&str, &str)], value: &str) -> Option<f64> {
        self.row(part, labels)?.median(value)
    }

    /// The day and the machine of each part.
    pub fn machines(&self) -> impl Iterator<Item = (&str, &str, &Machine)> {
        let parts = self.parts.iter();
        parts.map(|(name, part)| (name.as_str(), part.date.as_str(), &part.machine))
    }

    pub fn write(&self) -> Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        write("benchmarks.json", &compact(&json))?;
        write("benchmarks.svg", &picture::draw(self))?;
        let markdown = self.fill(&read("benchmarks.md")?)?;
        write("benchmarks.md", &markdown)
    }

    /// The document with its tables made anew.
    fn fill(&self, markdown: &str) -> Result<String> {
        let mut filled = markdown.to_owned();
        for (name, render) in REGIONS {
            let begin = format!("<!-- measured: {name} -->\n");
            let missing = || format!("docs/benchmarks.md has no `{}`", begin.trim());
            let (before, rest) = filled.split_once(&begin).with_context(missing)?;
            let (_, after) = rest.split_once("<!-- end -->").with_context(missing)?;
            let table = render(self);
            filled = format!("{before}{begin}\n{table}\n<!-- end -->{after}");
        }
        Ok(filled)
    }
}

/// Puts the innermost lists and objects on one line each.
fn compact(json: &str) -> String {
    let mut compacted = String::with_capacity(json.len());
    let mut pending = String::new();
    for line in json.lines() {
        let text = line.trim();
        if text.ends_with(['{', '[']) {
            compacted.push_str(&pending);
            pending = format!("{line}\n");
        } else if pending.is_empty() {
            compacted.push_str(line);
            compacted.push('\n');
        } else if text.starts_with(['}', ']']) {
            let items: Vec<_> = pending.lines().collect();
            let (first, items) = items.split_first().unwrap_or((&"", &[]));
            let items: Vec<_> = items.iter().map(|item| item.trim()).collect();
            compacted.push_str(&format!("{first}{}{text}\n", items.join(" ")));
            pending.clear();
        } else {
            pending.push_str(line);
            pending.push('\n');
        }
    }
    compacted
}

fn path(name: &str) -> PathBuf {
    paths::root().join("docs").join(name)
}

fn read(name: &str) -> Result<String> {
    let path = path(name);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(name: &str, text: &str) -> Result<()> {
    let path = path(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_picture_are_those_of_the_measurements() {
        let document = Document::read().unwrap();
        let markdown = read("benchmarks.md").unwrap();
        assert_eq!(document.fill(&markdown).unwrap(), markdown);
        assert_eq!(picture::draw(&document), read("benchmarks.svg").unwrap());
    }

    #[test]
    fn only_what_has_no_lists_inside_becomes_one_line() {
        let value = serde_json::json!({ "a": { "b": [1, 2], "c": {} }, "d": 3 });
        let compacted = compact(&serde_json::to_string_pretty(&value).unwrap());
        assert!(compacted.contains("\n    \"b\": [1, 2],\n"), "{compacted}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&compacted).unwrap(),
            value
        );
    }
}
