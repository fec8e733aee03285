//! Tools of the caller's own: the agent says what is to be called, and is told what came of it.

use akio_engine::{Constraint, ConstraintError};
use serde_json::Value;

use super::{GrantError, Tool, ToolError, ToolSpec, World};

/// A tool that is done outside of this crate.
pub struct Outside(ToolSpec);

impl Outside {
    /// A tool that is known by its description and examples, as the built-in ones are.
    ///
    /// # Errors
    /// [`GrantError::Schema`] if a model cannot be kept to the schema of its arguments.
    pub fn new(spec: ToolSpec) -> Result<Self, GrantError> {
        let constraint = Constraint::JsonSchema(spec.parameters.clone().into());
        match constraint.compile() {
            Ok(_) => Ok(Self(spec)),
            Err(error) => Err(GrantError::Schema {
                name: spec.name,
                pointer: match &error {
                    ConstraintError::Schema { pointer, .. } => pointer.clone(),
                    _ => String::new(),
                },
                message: error.to_string(),
            }),
        }
    }
}

impl Tool for Outside {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn call(&mut self, _: &Value, _: &mut dyn World) -> Result<String, ToolError> {
        Err(ToolError::Failed(format!(
            "{} is done elsewhere, and nobody did it",
            self.0.name
        )))
    }
}
