//! The notices of a page.

use crate::embed::licence;
use akio_engine::packed::Packed;
use akio_pack::PackToolError;

/// Dashes in the line between two notices.
const RULE: usize = 80;

/// The notice of `model` in place of those of other models in `old`. The last one stays: it is that of data in the
/// module, whatever the model. None if there are no two.
///
/// # Errors
/// If the model is damaged.
pub fn renew(old: &str, model: Packed<'_>) -> Result<Option<String>, PackToolError> {
    let rule = format!("\n{}\n", "-".repeat(RULE));
    let Some((_, last)) = old.rsplit_once(&rule) else {
        return Ok(None);
    };
    Ok(Some(format!("{}{rule}{last}", licence(model)?)))
}
