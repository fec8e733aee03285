//! The flags for arguments that a model brings along.

use clap::Args;

use crate::PackToolError;

/// What stands before the arguments of whoever runs the model.
#[derive(Args, Debug, Clone, Default)]
pub struct Arguments {
    /// Arguments that stand before those of each run, quoted as in a shell: flags, and before them the command
    /// that runs where none is typed; a typed flag wins
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    pub args: Option<String>,
    /// Tools of `akio agent` where its own --tools is not typed, for example calculate,get_datetime
    #[arg(long, value_name = "NAMES")]
    pub tools: Option<String>,
}

impl Arguments {
    /// Each by itself; `None` if nothing was said.
    ///
    /// # Errors
    /// `Arguments` if a quotation has no end.
    pub fn read(&self) -> Result<Option<Vec<String>>, PackToolError> {
        if self.args.is_none() && self.tools.is_none() {
            return Ok(None);
        }
        let line = self.args.as_deref().unwrap_or_default();
        let mut args = shlex::split(line).ok_or(PackToolError::Arguments {
            why: "a quotation has no end",
        })?;
        args.extend(self.tools.iter().map(|names| format!("--tools={names}")));
        Ok(Some(args))
    }
}

/// The section of a packed model.
///
/// # Errors
/// `Arguments` if one holds a NUL.
pub fn section(args: &[String]) -> Result<String, PackToolError> {
    if args.iter().any(|arg| arg.contains('\0')) {
        return Err(PackToolError::Arguments {
            why: "one holds a NUL, which no command line can",
        });
    }
    Ok(args.iter().map(|arg| format!("{arg}\0")).collect())
}
