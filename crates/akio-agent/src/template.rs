//! The model's own chat template, rendered as its authors' tools render it.

use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig, value::Serde};
use minijinja_contrib::pycompat::unknown_method_callback;

use crate::{AgentError, Message};

/// Name of the only template in the environment; without a file ending nothing is escaped.
const CHAT: &str = "chat";

/// A Jinja chat template out of a GGUF.
pub struct Template<'a> {
    environment: Environment<'a>,
    bos_token: &'a str,
    eos_token: &'a str,
}

impl<'a> Template<'a> {
    /// Parses a template. `bos_token` and `eos_token` are the texts it may ask for.
    ///
    /// # Errors
    /// [`AgentError::Template`] if it is not valid Jinja.
    pub fn new(
        source: &'a str,
        bos_token: &'a str,
        eos_token: &'a str,
    ) -> Result<Self, AgentError> {
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()?,
        );
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_template(CHAT, source)?;
        Ok(Self {
            environment,
            bos_token,
            eos_token,
        })
    }

    /// The prompt for these messages, up to where the assistant's answer begins.
    ///
    /// # Errors
    /// [`AgentError::Template`] if the template refuses the conversation, for example because roles do
    /// not alternate, or needs what it is not given.
    pub fn render(&self, messages: &[Message]) -> Result<String, AgentError> {
        let prompt = self.environment.get_template(CHAT)?.render(context! {
            messages => Serde(messages),
            tools => (),
            documents => (),
            add_generation_prompt => true,
            bos_token => self.bos_token,
            eos_token => self.eos_token,
        })?;
        Ok(prompt)
    }
}

fn raise_exception(message: String) -> Result<(), Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}
