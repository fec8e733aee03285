//! The two builds of the module.

/// The vector instructions that a build of the module uses.
#[derive(Clone, Copy)]
pub enum Simd {
    /// Relaxed SIMD: the fastest, where there is such an engine.
    Relaxed,
    /// The 128-bit SIMD that every engine has.
    Plain,
}

impl Simd {
    pub fn name(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::Plain => "plain",
        }
    }

    /// Flag of cargo for every package with the feature.
    pub fn cargo_features(self) -> &'static str {
        match self {
            Self::Relaxed => "--features relaxed",
            Self::Plain => "",
        }
    }

    /// Flags of wasm-opt beside those that both builds need.
    pub fn wasm_opt_features(self) -> &'static str {
        match self {
            Self::Relaxed => "--enable-relaxed-simd",
            Self::Plain => "",
        }
    }
}
