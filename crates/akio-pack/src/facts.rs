//! What a packed model says about itself, for people.

use akio_engine::packed::{PackError, Packed, tag};

/// One line for each fact. With `verify` the sha256 of the content is computed and compared.
///
/// # Errors
/// A section that is absent or malformed, or a content that has another sha256.
pub fn facts(packed: Packed<'_>, verify: bool) -> Result<String, PackError> {
    if verify {
        packed.verify()?;
    }
    let config = packed.config()?;
    let mut facts = format!(
        "\
name           {}
license        {}
architecture   {}
source         {}
source sha256  {}
sha256         {}
bytes          {}
context        {}
vocabulary     {}
",
        packed.text(tag::NAME)?,
        packed.text(tag::LICENSE)?,
        packed.text(tag::ARCH)?,
        packed.text(tag::SOURCE)?,
        packed.text(tag::SOURCE_SHA256)?,
        packed.sha256(),
        packed.bytes().len(),
        config.seq_len,
        config.vocab_size,
    );
    for line in packed.text(tag::TENSOR_NOTE)?.lines() {
        facts += &format!("tensors        {line}\n");
    }
    let args = packed.args_line()?;
    if !args.is_empty() {
        facts += &format!("arguments      {args}\n");
    }
    if verify {
        facts += "verified       the content has the sha256 above\n";
    }
    Ok(facts)
}
