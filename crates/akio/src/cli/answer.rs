//! `akio "prompt"`: one prompt, one answer.

use akio_agent::{FinishReason, Overflow, Prompt};
use akio_engine::packed::{Packed, tag};
use serde_json::json;

use super::{Console, Error, args::Ask, open_session, random_seed, stream, system_prompt};
use crate::json::reason_word;

pub(super) fn run(
    packed: &Packed<'_>,
    ask: &Ask,
    prompt: String,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let mut params = ask.answer.params(random_seed()?);
    params.constraint = ask.answer.constrained.read()?;
    let seed = params.sampling.seed;
    let mut session = open_session(packed, &ask.answer, Overflow::Stop)?;
    let prompt = if ask.raw {
        Prompt::Raw(prompt)
    } else {
        if let Some(system) = system_prompt(&ask.answer)? {
            session.set_system(&system);
        }
        Prompt::User(prompt)
    };
    session.start(prompt, params)?;
    let answer = stream::answer(&mut session, console, !ask.json, |_| Ok(false))?;
    let Some(finish) = &answer.finish else {
        return Ok(());
    };
    if ask.json {
        let object = json!({
            "text": answer.text,
            "tokens": answer.tokens,
            "finish_reason": reason_word(finish.reason),
            "usage": {
                "prompt_tokens": finish.prompt_tokens,
                "cached_tokens": finish.cached_tokens,
                "completion_tokens": finish.completion_tokens,
            },
            "timings": answer.timings,
            "seed": seed,
            "model": packed.text(tag::NAME)?,
        });
        console.print(&object.to_string())?;
    }
    console.print("\n")?;
    if finish.reason == FinishReason::Context {
        console.note("akio: the context is full, so the answer ends here; raise it with --ctx");
    }
    if ask.answer.verbose {
        console.note(&format!("{}; seed {seed}", answer.summary()));
    }
    Ok(())
}
