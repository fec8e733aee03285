//! akio-pack
