//! akio
