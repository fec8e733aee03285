//! `akio agent`: a task, done with the tools that were granted.

mod args;
mod trail;

use std::{env, path::PathBuf, time::Instant};

use akio_agent::{
    Options, Session,
    agent::{Agent, AgentEvent, AgentFinish, AgentOptions, Call, Decision, Outcome, Permission},
    tools::{BUILT_IN, Tools, built_in},
};
use akio_engine::packed::{Packed, tag};
use serde_json::json;

use super::{Console, Error, files::Files, prompt};
pub(crate) use args::AgentArgs;
use trail::Trail;

pub(super) fn run(
    packed: &Packed<'_>,
    args: &AgentArgs,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    console.quiet = args.quiet;
    let tools = grant(&args.tools)?;
    let mut world = Files::new(&folders(args)?, args.memory.clone())?;
    if args.replay {
        return trail::replay(args, tools, &mut world, console);
    }
    let task = task(args, console)?;
    let context = match args.ctx {
        Some(0) => packed.config()?.seq_len as usize,
        Some(context) => context,
        None => Options::default().context,
    };
    let session = Session::open(
        *packed,
        Options {
            context,
            ..Options::default()
        },
    )?;
    let permission = match (args.yes, args.deny) {
        (true, _) => Permission::Allow,
        (_, true) => Permission::Deny,
        _ if console.input_is_terminal => Permission::Ask,
        // --confirm cannot ask there.
        _ => Permission::Deny,
    };
    let options = AgentOptions {
        max_steps: args.max_steps,
        max_tokens: args.max_tokens,
        permission,
        ..AgentOptions::default()
    };
    let mut agent = Agent::new(session, tools, options);
    let mut trail = Trail::open(args.session.as_deref(), &mut agent, console)?;
    if args.dry_run {
        return propose(&mut agent, &task, args, &mut world, console);
    }
    agent.start(&task, &mut world)?;
    trail.begin(&task)?;
    let mut run = Run {
        args,
        is_open: !args.json,
        began: Instant::now(),
    };
    let outcome = loop {
        let event = agent.next(&mut world)?;
        if let Some(outcome) = run.show(event, &mut agent, &mut trail, console)? {
            break outcome;
        }
    };
    trail.end(&outcome)?;
    report(packed, args, &outcome, console)
}

/// One task, and how it is shown.
struct Run<'r> {
    args: &'r AgentArgs,
    /// The answer is printed as it comes.
    is_open: bool,
    /// When the step in progress began.
    began: Instant,
}

impl Run<'_> {
    fn show(
        &mut self,
        event: AgentEvent,
        agent: &mut Agent<'_>,
        trail: &mut Trail,
        console: &mut Console<'_>,
    ) -> Result<Option<Outcome>, Error> {
        match event {
            AgentEvent::Progress { done, total } if total > 0 => console.progress(done, total),
            AgentEvent::Progress { .. } => {}
            AgentEvent::Token(text) => {
                console.end_progress();
                if self.is_open {
                    console.print(&text)?;
                }
            }
            AgentEvent::ToolCall(call) => {
                console.end_progress();
                self.began = Instant::now();
                console.note(&format!("> {}", said(&call)));
            }
            AgentEvent::Approval(call) => ask(&call, agent, console)?,
            // No tool of the command is done elsewhere.
            AgentEvent::Execute(_) => {}
            AgentEvent::ToolResult(step) => {
                if step.decision == Decision::Denied && !console.input_is_terminal {
                    let why = match self.args.deny {
                        true => "--deny was given",
                        false => "nobody can be asked without a terminal; --yes allows it",
                    };
                    console.note(&format!("  not done: {why}"));
                } else if step.failed {
                    console.note(&format!("  {}", step.result));
                }
                trail.step(&step, self.began.elapsed())?;
            }
            AgentEvent::Citation {
                file,
                start_line,
                end_line,
            } => console.note(&format!("  from {file}, lines {start_line} to {end_line}")),
            AgentEvent::Memory(fact) => console.note(&format!("  kept: {fact}")),
            AgentEvent::Overflow => {
                console.note("the context is full: what was read is cut");
            }
            AgentEvent::Done(outcome) => return Ok(Some(outcome)),
        }
        Ok(None)
    }
}

/// Asks the person about a call that changes something. Every answer but a yes is a no.
fn ask(call: &Call, agent: &mut Agent<'_>, console: &mut Console<'_>) -> Result<(), Error> {
    console.say(&format!(
        "{}Do it? [y]es, [n]o, [d]eny all: ",
        preview(call)
    ));
    let line = console.read_line()?.unwrap_or_default();
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => agent.decide(true),
        "d" | "deny" => {
            agent.restrict(Permission::Deny);
            agent.decide(false);
        }
        _ => agent.decide(false),
    }
    Ok(())
}

/// A call on one line. Control characters in it could rewrite what a terminal shows.
fn said(call: &Call) -> String {
    let line = format!("{} {}", call.tool, call.arguments);
    let line: String = line
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// All of what a call would do, for the person who is asked.
fn preview(call: &Call) -> String {
    let mut text = format!("{} would be called with:\n", call.tool);
    for (name, value) in call.arguments.as_object().into_iter().flatten() {
        let value = match value.as_str() {
            Some(value) => value.to_owned(),
            None => value.to_string(),
        };
        let shown: String = value
            .chars()
            .map(|char| match char {
                '\n' | '\t' => char,
                char if char.is_control() => '\u{FFFD}',
                char => char,
            })
            .collect();
        text.push_str(&format!("  {name}: {}\n", shown.replace('\n', "\n    ")));
    }
    text
}

/// Says which tool would be called, without calling it.
fn propose(
    agent: &mut Agent<'_>,
    task: &str,
    args: &AgentArgs,
    world: &mut Files,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    if let Some(call) = agent.propose(task, world)? {
        let line = match args.json {
            true => json!(call).to_string(),
            false => format!("{} {}", call.tool, call.arguments),
        };
        return console.print(&format!("{line}\n"));
    }
    agent.start(task, world)?;
    let outcome = loop {
        if let AgentEvent::Done(outcome) = agent.next(world)? {
            break outcome;
        }
    };
    let line = match args.json {
        true => json!({"tool": "none", "answer": outcome.answer}).to_string(),
        false => format!("none: {}", outcome.answer),
    };
    console.print(&format!("{line}\n"))
}

fn report(
    packed: &Packed<'_>,
    args: &AgentArgs,
    outcome: &Outcome,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    if args.json {
        let object = json!({
            "answer": outcome.answer,
            "steps": outcome.steps,
            "finish_reason": outcome.finish_reason,
            "usage": {
                "prompt_tokens": outcome.prompt_tokens,
                "completion_tokens": outcome.completion_tokens,
            },
            "model": packed.text(tag::NAME)?,
        });
        console.print(&object.to_string())?;
    }
    console.print("\n")?;
    match outcome.finish_reason {
        AgentFinish::Steps => Err(Error::Steps(outcome.steps.len())),
        AgentFinish::Context => {
            console.note("akio: the context is full, so the answer ends here; raise it with --ctx");
            Ok(())
        }
        AgentFinish::Stop | AgentFinish::Length => Ok(()),
    }
}

/// The tools that the command line names.
fn grant(names: &[String]) -> Result<Tools, Error> {
    let mut tools = Tools::default();
    let names: Vec<&str> = match names.iter().any(|name| name == "all") {
        true => BUILT_IN.into(),
        false => names.iter().map(String::as_str).collect(),
    };
    for (name, tool) in names
        .into_iter()
        .filter_map(|name| Some((name, built_in(name)?)))
    {
        if tools.spec(name).is_none() {
            tools
                .grant(tool)
                .map_err(|error| Error::Usage(error.to_string()))?;
        }
    }
    Ok(tools)
}

/// The folders of the tools: those that are named, else those that the native host was told of, else the
/// working folder, if it can be seen.
fn folders(args: &AgentArgs) -> Result<Vec<PathBuf>, Error> {
    if !args.dir.is_empty() {
        return Ok(args.dir.clone());
    }
    if let Ok(granted) = env::var("AKIO_DIRS") {
        return Ok(granted.lines().map(PathBuf::from).collect());
    }
    let here = PathBuf::from(".");
    Ok(match std::fs::read_dir(&here) {
        Ok(_) => vec![here],
        Err(_) => Vec::new(),
    })
}

/// The task: the argument, and text from standard input in front of it.
fn task(args: &AgentArgs, console: &mut Console<'_>) -> Result<String, Error> {
    let piped = match console.input_is_terminal {
        true => None,
        false => Some(console.read_all()?),
    };
    let file = match &args.file {
        Some(path) => Some(prompt::read_file(path)?),
        None => None,
    };
    let parts = [file, piped, args.task.clone()];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    match parts.is_empty() {
        true => Err(Error::Usage(
            "there is no task; give it as an argument, with --file or on stdin".into(),
        )),
        false => Ok(parts.join("\n")),
    }
}
