//! `akio chat`: every line of stdin is a message; on a terminal it may have several lines, all but
//! the last ended by a backslash.
//!
//! WASI preview 1 has no signals, so an answer is stopped by a line: on a terminal, stdin is polled
//! between two tokens. The native host turns Ctrl-C into such a line.

use std::path::Path;

use akio_agent::{FinishReason, Message, Overflow, Params, Prompt, Role, Session, default_system};
use akio_engine::packed::{Packed, tag};

use super::{
    Console, Error, args, native_host, open_session, random_seed, session_file::SessionFile,
    stream, system_prompt,
};

const HELP: &str = "\
/help          this list
/reset         forget the conversation
/system TEXT   start over with another system prompt
/stats         speed of the last answer and room in the context
/exit          end the chat; so does the end of stdin (Ctrl-D)
TEXT\\          on a terminal: the message goes on in the next line";

struct Chat<'a> {
    session: Session<'a>,
    params: Params,
    system: String,
    file: Option<SessionFile>,
    /// Messages of a resumed conversation that the session has not seen yet.
    resumed: Vec<Message>,
    /// A line typed while an answer was streaming.
    typed: Option<String>,
    stats: String,
    verbose: bool,
}

/// What a line asks for.
enum Line<'t> {
    Message(&'t str),
    Help,
    Reset,
    System(&'t str),
    Stats,
    Exit,
    Unknown(&'t str),
}

pub(super) fn run(
    packed: &Packed<'_>,
    args: &args::Chat,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let asked = system_prompt(&args.answer)?;
    let mut params = args.answer.params(random_seed()?);
    params.constraint = args.answer.constrained.read()?;
    let mut chat = Chat {
        session: open_session(packed, &args.answer, Overflow::Evict)?,
        params,
        system: String::new(),
        file: None,
        resumed: Vec::new(),
        typed: None,
        stats: "no answer yet".into(),
        verbose: args.answer.verbose,
    };
    if let Some(path) = &args.session {
        chat.resume(path, asked.is_some(), console)?;
    }
    if chat.resumed.is_empty() {
        let system = match asked {
            Some(system) => system,
            None => default_system(packed)?.to_owned(),
        };
        chat.begin(system)?;
    }
    if console.input_is_terminal {
        let stop = if native_host().is_some() {
            "Ctrl-C"
        } else {
            "Enter"
        };
        console.note(&format!(
            "{}: /help lists commands, {stop} stops an answer, Ctrl-D ends the chat",
            packed.text(tag::NAME)?
        ));
    }
    chat.talk(console)
}

impl Chat<'_> {
    fn talk(&mut self, console: &mut Console<'_>) -> Result<(), Error> {
        loop {
            let Some(line) = self.next_line(console)? else {
                return Ok(());
            };
            match read(&line) {
                Line::Message("") => {}
                Line::Message(text) => match self.answer(text, console) {
                    // A person can go on after what went wrong; a script cannot know of it.
                    Err(error) if console.input_is_terminal && error.is_survivable() => {
                        console.say(&format!("akio: {}\n", error.message()));
                    }
                    result => result?,
                },
                Line::Help => console.say(&format!("{HELP}\n")),
                Line::Reset => {
                    self.begin(self.system.clone())?;
                    console.note("the conversation is forgotten");
                }
                Line::System("") => {
                    console.say("/system needs a text, for example: /system Answer in French.\n")
                }
                Line::System(text) => {
                    self.begin(text.to_owned())?;
                    console.note("started over with this system prompt");
                }
                Line::Stats => console.say(&format!("{}\n", self.stats)),
                Line::Exit => return Ok(()),
                Line::Unknown(command) => {
                    console.say(&format!(
                        "there is no command {command}; /help lists those there are\n"
                    ));
                }
            }
        }
    }

    /// The line typed during the last answer, or the next one of stdin.
    fn next_line(&mut self, console: &mut Console<'_>) -> Result<Option<String>, Error> {
        if let Some(line) = self.typed.take() {
            return Ok(Some(line));
        }
        if console.input_is_terminal {
            console.say("> ");
        }
        console.read_line()
    }

    /// Starts a conversation.
    fn begin(&mut self, system: String) -> Result<(), Error> {
        self.session.reset();
        self.session.set_system(&system);
        self.system = system;
        self.resumed.clear();
        self.record(Role::System, &self.system.clone())
    }

    /// Goes on with the conversation of a session file, if it holds one.
    fn resume(
        &mut self,
        path: &Path,
        asked_system: bool,
        console: &mut Console<'_>,
    ) -> Result<(), Error> {
        let (file, resumed) = SessionFile::open(path)?;
        self.file = Some(file);
        if resumed.torn {
            console.note(&format!(
                "akio: the last line of {} was cut off and is dropped",
                path.display()
            ));
        }
        let Some(first) = resumed.messages.first() else {
            return Ok(());
        };
        if asked_system {
            return Err(Error::Usage(format!(
                "{} already has a system prompt; leave --system out, use /system in the chat, or use another file",
                path.display()
            )));
        }
        if first.role == Role::System {
            self.system = first.content.clone();
        }
        self.session.set_system(&self.system);
        console.note(&format!(
            "akio: going on with the conversation of {} ({} messages)",
            path.display(),
            resumed.messages.len()
        ));
        self.resumed = resumed.messages;
        Ok(())
    }

    fn answer(&mut self, text: &str, console: &mut Console<'_>) -> Result<(), Error> {
        let prompt = if self.resumed.is_empty() {
            Prompt::User(text.to_owned())
        } else {
            let user = Message {
                role: Role::User,
                content: text.to_owned(),
            };
            Prompt::Messages(self.resumed.iter().cloned().chain([user]).collect())
        };
        self.session.start(prompt, self.params.clone())?;
        self.record(Role::User, text)?;
        let typed = &mut self.typed;
        let answer = stream::answer(&mut self.session, console, true, |console| {
            if !console.input_is_terminal || !console.input.is_ready() {
                return Ok(false);
            }
            *typed = Some(console.read_line()?.unwrap_or_else(|| "/exit".into()))
                .filter(|line| !line.is_empty());
            Ok(true)
        })?;
        console.print("\n")?;
        if answer.finish.is_some() {
            // From now on the session holds them.
            self.resumed.clear();
            self.record(Role::Assistant, &answer.text)?;
        }
        // The next answer to the same words may differ, but not from one run to another.
        self.params.sampling.seed = self.params.sampling.seed.wrapping_add(1);
        self.stats = match &answer.finish {
            Some(finish) => format!(
                "{}; {} of {} tokens of the context in use",
                answer.summary(),
                finish.prompt_tokens + finish.completion_tokens,
                self.session.context()
            ),
            None => answer.summary(),
        };
        if self.verbose {
            console.note(&self.stats);
        }
        if answer
            .finish
            .as_ref()
            .is_some_and(|finish| finish.reason == FinishReason::Context)
        {
            console.note("akio: the context is full, so the answer ends here; /reset makes room");
        }
        Ok(())
    }

    fn record(&mut self, role: Role, content: &str) -> Result<(), Error> {
        match &mut self.file {
            Some(file) => file.append(role, content),
            None => Ok(()),
        }
    }
}

/// A line is a command if its first word is a slash and letters; a path such as `/etc/hosts` is not.
fn read(line: &str) -> Line<'_> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match word {
        "/help" | "/?" => Line::Help,
        "/reset" => Line::Reset,
        "/system" => Line::System(rest.trim()),
        "/stats" => Line::Stats,
        "/exit" | "/quit" | "/bye" => Line::Exit,
        _ => match word.strip_prefix('/') {
            Some(name) if name.chars().all(|letter| letter.is_ascii_alphabetic()) => {
                Line::Unknown(word)
            }
            _ => Line::Message(line),
        },
    }
}
