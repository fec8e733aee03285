//! The beginnings of prompts that are the same each time, evaluated ahead of time.

use akio_engine::{
    TokenId,
    packed::{Packed, tag},
};

use crate::{AgentError, Message, Options, Session, agent::FILLING, default_system};

/// The content of the section `prefixes` of a packed model. Empty for a model without such a section or without a
/// chat template. `progress` is called with the tokens done and in all.
///
/// # Errors
/// As [`Session::open`] and [`Session::score`].
pub fn prefixes(
    packed: Packed<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<u8>, AgentError> {
    let mut section = Vec::new();
    let is_there = |tag| packed.section(tag).is_some();
    if !is_there(tag::PREFIXES) || !is_there(tag::TEMPLATE) {
        return Ok(section);
    }
    let mut session = Session::open(packed, Options::default())?;
    // A conversation's, and what goes before the arguments of a tool. A template may refuse system messages, and what
    // does not fit into the context is of no use.
    let fits = |tokens: &Vec<_>| (1..=session.context()).contains(&tokens.len());
    let beginnings: Vec<_> = [default_system(&packed)?, FILLING]
        .into_iter()
        .filter_map(|system| beginning(&session, system).ok().filter(fits))
        .collect();
    let total = beginnings.iter().map(Vec::len).sum();
    let mut before = 0;
    for tokens in &beginnings {
        let mut report = |done| progress(before + done, total);
        session.generator.save(tokens, &mut section, &mut report)?;
        before += tokens.len();
    }
    Ok(section)
}

/// What prompts with this system message have in common.
fn beginning(session: &Session<'_>, system: &str) -> Result<Vec<TokenId>, AgentError> {
    let encode = |user: &str| {
        let system = (!system.is_empty()).then(|| Message::system(system));
        let messages: Vec<_> = system.into_iter().chain([Message::user(user)]).collect();
        session.encode_messages(&messages)
    };
    let ((mut first, _), (second, _)) = (encode("A")?, encode("1")?);
    let common = first.iter().zip(&second).take_while(|(a, b)| a == b);
    first.truncate(common.count());
    Ok(first)
}
