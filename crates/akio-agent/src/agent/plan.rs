//! What to do next, from the task and from what was found so far.
//!
//! The tool that the task calls for comes first. Where more is needed, files that the task names are read,
//! then what is asked for is calculated, and then files are written or changed. A task is taken apart into
//! its clauses for that, each with a tool of its own. Of what files and tools say only numbers and names of
//! files count here.

use serde_json::{Value, json};

use super::{Call, Step};
use crate::{
    choose::Chooser,
    request,
    tools::{Kind, Tools, World, path},
};

/// The system prompt while the model writes arguments.
pub(crate) const FILLING: &str = "You fill in the arguments of a tool. Take them from the task and from \
    the text in front of it, letter for letter, and add nothing. Answer with JSON only.";

/// Files that are read for one task.
const MAX_FILES: usize = 4;
/// How sure the choice for a clause must be.
const SURE: f64 = 0.4;

/// What comes next.
pub(super) enum Intent {
    /// This call.
    Call(Call),
    /// A call for which the model writes arguments.
    Fill(Blank),
    /// The answer.
    Answer,
}

/// A call in which something is missing.
pub(super) struct Blank {
    pub(super) tool: String,
    /// What is known.
    known: Value,
    /// What the model writes.
    pub(super) schema: Value,
    pub(super) instruction: String,
    /// Whether the model writes a line of a file and what takes its place.
    is_line: bool,
}

impl Blank {
    /// All arguments, with what the model wrote.
    pub(super) fn arguments(&self, written: &str) -> Option<Value> {
        let written: Value = serde_json::from_str(written).ok()?;
        let mut arguments = self.known.clone();
        if self.is_line {
            arguments["edits"] = json!([{
                "old_text": written.get("line")?,
                "new_text": written.get("new_line")?,
            }]);
            return Some(arguments);
        }
        for (name, value) in written.as_object()? {
            arguments[name] = value.clone();
        }
        Some(arguments)
    }
}

/// A task and what it needs.
pub(super) struct Task {
    request: String,
    /// The tool that it calls for.
    pub(super) tool: Option<String>,
    /// Tools that change something and are called for by a clause, in their order, with the clause.
    effects: Vec<(String, String)>,
    /// Files that are there and that the task names.
    sources: Vec<String>,
    /// A file that the task names and that is not there.
    target: Option<String>,
    /// It asks for a number that has to be worked out.
    is_numeric: bool,
}

impl Task {
    pub(super) fn new(
        request: &str,
        chooser: &Chooser,
        tools: &Tools,
        world: &mut dyn World,
    ) -> Self {
        let mut tool = chooser.rank(request).first().and_then(|rank| rank.tool);
        // What can be calculated is meant to be.
        let calculator = tools.spec("calculate").map(|spec| spec.name.as_str());
        if tool.is_none()
            && request::files(request).is_empty()
            && tools.read_request("calculate", request, world).is_some()
        {
            tool = calculator;
        }
        let changes = |name: &str| tools.spec(name).is_some_and(|spec| spec.side_effect);
        let mut effects: Vec<(String, String)> = Vec::new();
        let clauses = clauses(request);
        for clause in &clauses {
            let ranks = chooser.rank(clause);
            let found = ranks
                .first()
                .filter(|rank| rank.score > SURE)
                .and_then(|rank| rank.tool)
                .filter(|tool| changes(tool));
            if let Some(tool) = found
                && !effects.iter().any(|(other, _)| other == tool)
            {
                effects.push((tool.into(), (*clause).into()));
            }
        }
        if let Some(tool) = tool.filter(|tool| changes(tool))
            && effects.is_empty()
        {
            effects.push((tool.into(), request.into()));
        }
        let (mut sources, mut target): (Vec<String>, Option<String>) = (Vec::new(), None);
        for file in request::files(request) {
            let found = path::locate(file, world)
                .ok()
                .and_then(|located| located.metadata);
            match found {
                Some(found) if found.kind == Kind::File => sources.push(file.to_owned()),
                _ => target = target.or(Some(file.to_owned())),
            }
        }
        let names_source = |clause: &str| {
            let clause = clause.to_lowercase();
            sources
                .iter()
                .any(|file| clause.contains(stem(file).as_str()))
        };
        // A fact that is kept names no file, and what is not there yet cannot be changed.
        let names_file = !sources.is_empty() || target.is_some();
        let writes = effects.iter().any(|(tool, _)| tool == "write_file") && target.is_some();
        effects.retain(|(tool, clause)| match tool.as_str() {
            "remember" => !names_file,
            "edit_file" => !writes || names_source(clause),
            _ => true,
        });
        // Of several steps, the first is to read what is named.
        let is_effect = |tool: &str| effects.iter().any(|(effect, _)| effect == tool);
        if !effects.is_empty()
            && !sources.is_empty()
            && tool.is_some_and(|tool| !is_effect(tool))
            && let Some(reader) = tools.spec("read_file")
        {
            tool = Some(&reader.name);
        }
        Self {
            request: request.trim().into(),
            tool: tool.map(Into::into),
            effects,
            sources,
            target,
            is_numeric: is_numeric(request),
        }
    }

    pub(super) fn request(&self) -> &str {
        &self.request
    }

    /// What comes after these steps.
    pub(super) fn next(&self, steps: &[Step], tools: &Tools, world: &mut dyn World) -> Intent {
        let granted = |name: &str| tools.spec(name).is_some();
        let done = |name: &str| steps.iter().any(|step| step.call.tool == name);
        if steps.last().is_some_and(|step| step.failed) {
            return Intent::Answer;
        }
        let Some(tool) = &self.tool else {
            return Intent::Answer;
        };
        let is_effect = self.effects.iter().any(|(effect, _)| effect == tool);
        let effect = self.effects.iter().find(|(effect, _)| !done(effect));
        let is_calculated = !self.is_numeric || done("calculate") || !granted("calculate");
        let reads = tool == "read_file" || tool == "file_glob_search" && self.wants_content();
        let is_enough = effect.is_none() && is_calculated && !reads;
        if !steps.is_empty() && is_enough {
            return Intent::Answer;
        }
        // The tool itself, if all that it needs stands in the task.
        if steps.is_empty() && (!is_effect || !self.needs_reading(tool)) {
            if let Some(arguments) = tools.read_request(tool, &self.request, world) {
                return Intent::Call(Call {
                    tool: tool.clone(),
                    arguments,
                });
            }
            if !is_effect && !matches!(tool.as_str(), "read_file" | "calculate") {
                return Intent::Fill(self.blank(tool, steps, tools));
            }
        }
        // Files that are named, then files that were found.
        if granted("read_file") {
            let is_read = |path: &str| {
                steps.iter().any(|step| {
                    step.call.tool == "read_file" && step.call.arguments["path"] == path
                })
            };
            let read = steps
                .iter()
                .filter(|step| step.call.tool == "read_file")
                .count();
            let found = self.found(steps);
            let next = self
                .sources
                .iter()
                .chain(&found)
                .find(|path| !is_read(path));
            if let Some(path) = next.filter(|_| read < MAX_FILES) {
                return Intent::Call(Call {
                    tool: "read_file".into(),
                    arguments: json!({"path": path}),
                });
            }
        }
        let is_open = steps.is_empty() && self.target.is_some() == self.sources.is_empty();
        if is_open && self.is_vague() && granted("file_glob_search") {
            let path = request::folder(&self.request, world).unwrap_or_else(|| ".".into());
            return Intent::Call(Call {
                tool: "file_glob_search".into(),
                arguments: json!({"path": path}),
            });
        }
        if !is_calculated && !steps.is_empty() && !self.is_written(steps) {
            return match self.calculation(steps, tools, world) {
                Some(call) => Intent::Call(call),
                None => Intent::Fill(self.blank("calculate", steps, tools)),
            };
        }
        if let Some((effect, _)) = effect {
            return self.effect(effect, steps, tools, world);
        }
        if steps.is_empty() && !is_effect {
            return Intent::Fill(self.blank(tool, steps, tools));
        }
        Intent::Answer
    }

    /// Whether files have to be read before this can be done.
    fn needs_reading(&self, tool: &str) -> bool {
        let others =
            self.sources.len() - usize::from(tool == "edit_file" && !self.sources.is_empty());
        others > 0 || tool == "write_file" && self.is_vague()
    }

    /// Whether what it is about is to be found first: nothing is quoted or spelled out in it.
    fn is_vague(&self) -> bool {
        let lower = format!(" {} ", self.request.to_lowercase());
        [
            "find",
            "count",
            "how many",
            "which",
            "folder",
            "director",
            "all the",
            "look up",
            "list of the",
            "zähle",
            "such",
        ]
        .iter()
        .any(|word| lower.contains(&format!(" {word}")))
            && !self.request.contains(':')
    }

    /// Files that a search has found and that the task is about.
    fn found(&self, steps: &[Step]) -> Vec<String> {
        let mut found: Vec<(usize, String)> = Vec::new();
        let words: Vec<String> = request::words(&self.request)
            .map(|word| word.to_lowercase())
            .filter(|word| word.chars().count() > 3)
            .collect();
        for step in steps {
            let lines = step.result.lines().filter(|line| !line.starts_with('['));
            match step.call.tool.as_str() {
                "file_glob_search" if self.wants_content() => {
                    for line in lines.filter(|line| !line.ends_with('/')) {
                        let lower = line.to_lowercase();
                        let hits = words.iter().filter(|word| lower.contains(word.as_str()));
                        found.push((hits.count(), line.into()));
                    }
                }
                "grep_search" if !self.effects.is_empty() => {
                    if let Some(path) = lines
                        .filter_map(|line| line.split_once(':'))
                        .map(|(path, _)| path)
                        .next()
                    {
                        found.push((1, path.into()));
                    }
                }
                _ => {}
            }
        }
        let best = found.iter().map(|(hits, _)| *hits).max().unwrap_or(0);
        found.retain(|(hits, _)| *hits == best);
        found
            .into_iter()
            .map(|(_, path)| path)
            .take(MAX_FILES)
            .collect()
    }

    /// Whether it asks for what is in files, not for their names or number.
    fn wants_content(&self) -> bool {
        const NAMES: [&str; 22] = [
            "file",
            "files",
            "filenames",
            "name",
            "names",
            "named",
            "called",
            "count",
            "list",
            "listing",
            "subfolders",
            "photos",
            "pictures",
            "pdfs",
            "archives",
            "datei",
            "dateien",
            "fichiers",
            "fichier",
            "archivo",
            "archivos",
            "folders",
        ];
        if self.is_count() {
            return false;
        }
        let says_names = request::words(&self.request)
            .any(|word| NAMES.contains(&&*word.to_lowercase()) || request::is_pattern(word));
        let is_glob = self.tool.as_deref() == Some("file_glob_search");
        !is_glob || !self.effects.is_empty() || self.is_numeric || !says_names
    }

    /// Whether it asks how many files there are.
    fn is_count(&self) -> bool {
        let lower = format!(" {} ", self.request.to_lowercase());
        [
            " count ",
            " how many ",
            " number of ",
            " zähle ",
            " combien ",
            " cuántos ",
        ]
        .iter()
        .any(|word| lower.contains(word))
            && request::words(&lower)
                .any(|word| word.starts_with("file") || request::is_pattern(word))
    }

    /// The calculation that the task asks for, with the numbers that were read.
    fn calculation(&self, steps: &[Step], tools: &Tools, world: &mut dyn World) -> Option<Call> {
        let observed = read(steps);
        let without_files: Vec<&str> = self
            .request
            .split_whitespace()
            .filter(|word| {
                !request::is_file(word.trim_matches(|char: char| !char.is_alphanumeric()))
            })
            .collect();
        let question = format!(
            "{}\n{}",
            without_files.join(" "),
            observed.replace('\n', " .\n")
        );
        let arguments = tools.read_request("calculate", &question, world)?;
        // Sums and differences are sure; what is to be multiplied or divided, the model knows better.
        let is_sure = arguments["expression"].as_str().is_some_and(|expression| {
            !expression.contains(['*', '/', '%']) || expression.starts_with("average")
        });
        is_sure.then(|| Call {
            tool: "calculate".into(),
            arguments,
        })
    }

    /// Whether the number that is asked for stands in what was read.
    fn is_written(&self, steps: &[Step]) -> bool {
        read(steps).lines().any(|line| {
            let line = line.to_lowercase();
            line.chars().any(|char| char.is_ascii_digit())
                && ["total", "sum ", "summe", "gesamt", "average"]
                    .iter()
                    .any(|word| line.contains(word))
        })
    }

    /// A call that changes something.
    fn effect(&self, tool: &str, steps: &[Step], tools: &Tools, world: &mut dyn World) -> Intent {
        if let (Some(count), Some(path), "write_file") = (self.count(steps), &self.target, tool) {
            return Intent::Call(Call {
                tool: tool.into(),
                arguments: json!({"path": path, "content": format!("{count}\n")}),
            });
        }
        if let Some(arguments) = tools.read_request(tool, &self.request, world)
            && (steps.is_empty() || tool != "write_file")
        {
            return Intent::Call(Call {
                tool: tool.into(),
                arguments,
            });
        }
        Intent::Fill(self.blank(tool, steps, tools))
    }

    /// How many files were found, if that is what is to be written.
    fn count(&self, steps: &[Step]) -> Option<usize> {
        let last = steps.last()?;
        if last.call.tool != "file_glob_search" || !self.is_count() {
            return None;
        }
        let found = last.result.lines().filter(|line| !line.starts_with('['));
        Some(found.filter(|line| *line != "nothing matches").count())
    }

    /// A call of this tool, with what is missing in it.
    pub(super) fn blank(&self, tool: &str, steps: &[Step], tools: &Tools) -> Blank {
        let spec = tools.spec(tool);
        let described = spec.map_or("", |spec| &spec.description);
        let mut blank = Blank {
            tool: tool.into(),
            known: json!({}),
            schema: spec.map_or_else(
                || json!({"type": "object"}),
                |spec| required(&spec.parameters),
            ),
            instruction: format!("Tool {tool}: {described}\nWrite its arguments."),
            is_line: false,
        };
        match tool {
            "write_file" => {
                if let Some(path) = self.target.as_ref().or_else(|| self.sources.last()) {
                    blank.known = json!({"path": path});
                    blank.schema =
                        object(&[("content", json!({"type": "string", "maxLength": 1500}))]);
                    blank.instruction =
                        format!("Write what {path} is to contain, and nothing else.");
                }
            }
            "calculate" if !steps.is_empty() => {
                let expression = json!({"type": "string", "maxLength": 80,
                                        "pattern": "^[0-9(][0-9. ()+*/-]*$"});
                blank.schema = object(&[("expression", expression)]);
                blank.instruction =
                    "Write the calculation that the task asks for, with the numbers \
                    above, for example 3 * 4.50 or 20 - 7."
                        .into();
            }
            "edit_file" => {
                let read = steps.iter().filter(|step| step.call.tool == "read_file");
                let named = |step: &&Step| {
                    step.call.arguments["path"]
                        .as_str()
                        .map(|path| self.is_changed(path))
                };
                let file = read
                    .clone()
                    .find(|step| named(step) == Some(true))
                    .or_else(|| read.clone().next_back());
                let lines: Vec<&str> = file
                    .map(|step| {
                        step.result
                            .lines()
                            .filter(|line| !line.trim().is_empty())
                            .take(64)
                            .collect()
                    })
                    .unwrap_or_default();
                if let (Some(step), false) = (file, lines.is_empty()) {
                    let path = &step.call.arguments["path"];
                    blank.known = json!({"path": path});
                    blank.schema = object(&[
                        ("line", json!({"enum": lines})),
                        ("new_line", json!({"type": "string", "maxLength": 300})),
                    ]);
                    blank.instruction = format!(
                        "Write the line of {path} that has to change, and the line that takes its place, \
                         which is different."
                    );
                    blank.is_line = true;
                }
            }
            _ => {}
        }
        blank
    }

    /// Whether a file is the one that the task wants changed.
    fn is_changed(&self, path: &str) -> bool {
        let clause = self.effects.iter().find(|(tool, _)| tool == "edit_file");
        clause.is_some_and(|(_, clause)| clause.to_lowercase().contains(&stem(path)))
    }
}

/// The name of a file without folders and ending, in small letters.
fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name).to_lowercase()
}

/// What was read in files.
fn read(steps: &[Step]) -> String {
    let read: Vec<&str> = steps
        .iter()
        .filter(|step| matches!(step.call.tool.as_str(), "read_file" | "grep_search"))
        .map(|step| step.result.as_str())
        .collect();
    read.join("\n")
}

fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> = properties
        .iter()
        .map(|(name, schema)| ((*name).into(), schema.clone()))
        .collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

/// The schema with what is required alone: what a small model may leave out, it had better leave out.
fn required(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let names: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    if names.is_empty() {
        return schema;
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| names.iter().any(|required| required == name));
    }
    schema
}

/// The parts of a task that can each be done by themselves.
fn clauses(request: &str) -> Vec<&str> {
    const JOINTS: [&str; 16] = [
        ". ",
        "? ",
        "! ",
        "; ",
        " and then ",
        ", then ",
        " and ",
        " then ",
        " und dann ",
        " und ",
        " et ",
        " y ",
        ", and ",
        "\n",
        ": then ",
        ", but ",
    ];
    let mut clauses = vec![request.trim()];
    for joint in JOINTS {
        clauses = clauses
            .into_iter()
            .flat_map(|clause| clause.split(joint))
            .collect();
    }
    clauses
        .into_iter()
        .map(str::trim)
        .filter(|clause| clause.split_whitespace().count() > 1)
        .take(16)
        .collect()
}

/// Whether a task asks for a number that has to be worked out.
fn is_numeric(request: &str) -> bool {
    const WORDS: [&str; 44] = [
        "together",
        "total",
        "sum",
        "altogether",
        "add up",
        "average",
        "mean",
        "difference",
        "more than",
        "heavier",
        "lighter",
        "older",
        "longer",
        "taller",
        "cheaper",
        "left",
        "remains",
        "remain",
        "taken off",
        "per cent",
        "percent",
        "calculate",
        "work out",
        "in all",
        "combined",
        "twice",
        "times",
        "pay for",
        "due",
        "cost all",
        "costs all",
        "minus",
        "plus",
        "less",
        "zusammen",
        "insgesamt",
        "summe",
        "durchschnitt",
        "unterschied",
        "ensemble",
        "en tout",
        "différence",
        "en total",
        "how much more",
    ];
    let lower = format!(
        " {} ",
        request.to_lowercase().replace(['?', ',', '.', '!'], " ")
    );
    WORDS
        .iter()
        .any(|word| lower.contains(&format!(" {word} ")))
}
