//! The file of a conversation: one message per line, as JSON.
//!
//! Lines are only ever appended, each synced before the conversation goes on, so whatever ends the
//! program loses nothing but the line being written. A system message begins a conversation; the
//! last one in the file is the one that is resumed. A user message without an answer stays in the file
//! but is no part of the conversation, as in a session. What an agent did stands in lines of the role `tool`.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use akio_agent::{Message, Role};
use serde::Serialize;
use serde_json::Value;

use super::{
    Error,
    console::{read_bytes, utf8},
    error::Access,
};

/// An open session file.
pub(super) struct SessionFile {
    name: String,
    file: File,
}

/// What a session file held.
pub(super) struct Resumed {
    /// The last conversation, its system message first.
    pub(super) messages: Vec<Message>,
    /// The lines between them that say what an agent did.
    pub(super) steps: Vec<Value>,
    /// The last line was incomplete and is dropped.
    pub(super) torn: bool,
}

impl SessionFile {
    /// Opens or creates the file and reads the conversation that it ends with.
    pub(super) fn open(path: &Path) -> Result<(Self, Resumed), Error> {
        let name = path.display().to_string();
        let failed = |error| Error::file(path, Access::Write, error);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut bytes = read_bytes(&name, &file)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let last = &bytes[whole..];
        // A last line without its end may still be whole, if another program wrote it.
        let torn = !last.is_empty() && serde_json::from_slice::<Value>(last).is_err();
        if torn {
            file.set_len(whole as u64).map_err(failed)?;
            bytes.truncate(whole);
        } else if !last.is_empty() {
            file.write_all(b"\n").map_err(failed)?;
        }
        let (messages, steps) = parse(&name, &utf8(&name, bytes)?)?;
        let resumed = Resumed {
            messages,
            steps,
            torn,
        };
        Ok((Self { name, file }, resumed))
    }

    /// Appends a message and waits until it is on disk.
    pub(super) fn append(&mut self, role: Role, content: &str) -> Result<(), Error> {
        self.append_line(&Message {
            role,
            content: content.to_owned(),
        })
    }

    /// Appends a line and waits until it is on disk.
    pub(super) fn append_line(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let line = format!("{}\n", serde_json::json!(line));
        self.file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|error| Error::io(&self.name, error))
    }
}

fn parse(name: &str, text: &str) -> Result<(Vec<Message>, Vec<Value>), Error> {
    let mut messages = Vec::new();
    let mut steps = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let refuse = |error| {
            Error::Usage(format!(
                "{name}, line {}, is not a message of a conversation ({error}); \
                 correct the line or use another file",
                at + 1
            ))
        };
        let line: Value = serde_json::from_str(line).map_err(refuse)?;
        if line["role"] == "tool" {
            steps.push(line);
            continue;
        }
        let message: Message = serde_json::from_value(line).map_err(refuse)?;
        match (message.role, messages.last()) {
            (Role::System, _) => messages.clear(),
            // The one before was never answered: its turn failed, or the program ended.
            (
                Role::User,
                Some(Message {
                    role: Role::User, ..
                }),
            ) => _ = messages.pop(),
            _ => {}
        }
        messages.push(message);
    }
    _ = messages.pop_if(|message| message.role == Role::User);
    Ok((messages, steps))
}
