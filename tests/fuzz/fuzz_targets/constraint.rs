//! Any text as a schema, an expression, a grammar or a choice: refused, or followed to an end that always
//! comes in time.
#![no_main]

use std::{rc::Rc, sync::LazyLock};

use akio_engine::{
    constraint::{Constraint, ConstraintError, Matcher, Schema, Vocabulary},
    packed::Packed,
    tokenizer::Tokenizer,
};
use akio_pack::files::AlignedBytes;

const BUDGET: usize = 48;

static TINY: LazyLock<AlignedBytes> = LazyLock::new(|| {
    let gguf = std::io::Cursor::new(include_bytes!("../../../models/tiny/tiny.gguf"));
    let packing = akio_pack::pack(gguf, &akio_pack::Options::default(), &mut |_, _| {});
    AlignedBytes::copy_from(&packing.expect("the tiny model packs").blob)
});

thread_local! {
    static VOCABULARY: Rc<Vocabulary<'static>> = {
        let packed = Packed::open(TINY.as_slice()).expect("it opens");
        Rc::new(Vocabulary::new(Tokenizer::open(&packed).expect("it has a tokenizer")))
    };
}

libfuzzer_sys::fuzz_target!(|input: (u8, &str, &[u8])| {
    let (kind, text, choices) = input;
    let constraint = match kind % 4 {
        0 => match Schema::parse(text) {
            Ok(schema) => Constraint::JsonSchema(schema),
            Err(_) => return,
        },
        1 => Constraint::Regex(text.into()),
        2 => Constraint::Grammar(text.into()),
        _ => Constraint::Choice(text.lines().map(str::to_owned).collect()),
    };
    match follow(&constraint, choices) {
        // A way is refused as too complex or never begun, but no way ends in the middle.
        Ok(()) | Err(ConstraintError::TooComplex) => {}
        Err(error) => assert_ne!(error, ConstraintError::NotAllowed),
    }
});

fn follow(constraint: &Constraint, choices: &[u8]) -> Result<(), ConstraintError> {
    let mut matcher = Matcher::new(&constraint.compile()?, VOCABULARY.with(Rc::clone))?;
    matcher.limit(BUDGET)?;
    for choice in choices.iter().cycle().take(BUDGET) {
        if matcher.is_final() {
            break;
        }
        let allowed = matcher.allowed()?;
        let tokens: Vec<u32> = (0..1024).filter(|id| allowed.contains(*id)).collect();
        assert!(!tokens.is_empty());
        let token = tokens[usize::from(*choice) * 31 % tokens.len()];
        match matcher.advance(token) {
            // An end token is allowed where the text is complete.
            Err(ConstraintError::NotAllowed) if matcher.is_complete() => break,
            result => result?,
        }
    }
    assert!(matcher.is_complete() || choices.is_empty());
    Ok(())
}
