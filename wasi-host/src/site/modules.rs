//! The two modules of a page around one model.

use akio_engine::packed::Packed;
use akio_pack::{PackToolError, module};

/// The module with the model, and the code for engines without relaxed SIMD, which has only room for it.
pub struct Modules {
    pub relaxed: Vec<u8>,
    pub plain: Vec<u8>,
}

impl Modules {
    /// Puts `model` where another one is in the modules of a page.
    ///
    /// # Errors
    /// `ModuleTooLarge` beyond `limit` bytes, and what else [`module::inject`] fails with.
    pub fn around(
        model: Packed<'_>,
        relaxed: &[u8],
        plain: &[u8],
        limit: u64,
    ) -> Result<Self, PackToolError> {
        let mut made = Self {
            relaxed: Vec::new(),
            plain: Vec::new(),
        };
        module::inject(relaxed, model, Some(limit), &mut made.relaxed)?;
        module::reserve(plain, model, Some(limit), &mut made.plain)?;
        Ok(made)
    }
}
