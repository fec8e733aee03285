//! A call of one of the caller's tools in the place of an answer.

use akio_agent::{
    Agent, AgentError, Options, Session,
    agent::{AgentEvent, AgentOptions, Call, Choice},
    tools::{GrantError, Held, Outside, Tools},
};
use akio_engine::packed::Packed;
use serde::Deserialize;

use super::agent::OwnTool;

/// What is asked: which tool a task calls for, and with what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRequest {
    task: String,
    /// This one; else the one that the task calls for.
    tool: Option<String>,
    /// The one that it calls for most, if it calls for none.
    required: bool,
    tools: Vec<OwnTool>,
}

/// A call that is to be made, and what it took to find it.
#[derive(Debug)]
pub struct Called {
    /// The call.
    pub call: Call,
    /// Tokens that the model read.
    pub prompt_tokens: usize,
    /// Tokens that it wrote.
    pub completion_tokens: usize,
}

/// Why there is neither a call nor an answer.
#[derive(Debug)]
pub enum CallError {
    /// A tool cannot be one.
    Tool(GrantError),
    /// The model could not write the call.
    Agent(AgentError),
}

impl CallRequest {
    /// The call, or nothing if the task calls for none. A session of its own, so that one that holds a
    /// conversation keeps it.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn run(self, packed: Packed<'_>) -> Result<Option<Called>, CallError> {
        let mut tools = Tools::default();
        for own in self.tools {
            let granted = Outside::new(own.into()).and_then(|tool| tools.grant(Box::new(tool)));
            granted.map_err(CallError::Tool)?;
        }
        let choice = match &self.tool {
            Some(name) => Choice::Tool(name),
            None if self.required => Choice::Required,
            None => Choice::Auto,
        };
        let session = Session::open(packed, Options::default())?;
        let mut agent = Agent::new(session, tools, AgentOptions::default());
        let mut world = Held::new([]);
        if !agent.start_call(&self.task, choice, &mut world)? {
            return Ok(None);
        }
        loop {
            if let AgentEvent::ToolCall(call) = agent.next(&mut world)? {
                let (prompt_tokens, completion_tokens) = agent.usage();
                return Ok(Some(Called {
                    call,
                    prompt_tokens,
                    completion_tokens,
                }));
            }
        }
    }
}

impl From<AgentError> for CallError {
    fn from(error: AgentError) -> Self {
        Self::Agent(error)
    }
}
