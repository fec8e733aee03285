//! akio-agent
