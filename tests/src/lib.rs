//! What the tests beside this folder share.

pub mod agreement;
pub mod aligned;
pub mod models;
mod noise;
pub mod tiny;
mod vocabulary;
