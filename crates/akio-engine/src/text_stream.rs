//! Whole UTF-8 out of token bytes.
