//! OpenAI's HTTP API as JSON, whatever serves it: `akio serve` on one machine, the HTTP component anywhere.
//!
//! [`request`] reads what clients send and gives what the module is asked, of which [`message`] and [`tools`] are parts;
//! [`response`] gives the answer back, whole or as chunks, and [`error`] what is said where there is none.

#![forbid(unsafe_code)]

pub mod error;
pub mod message;
pub mod request;
pub mod response;
pub mod tools;

pub use error::ApiError;
pub use request::Asked;
pub use response::{Done, Head, Kind};

/// Most bytes of a request: far more than a context holds.
pub const BODY_SIZE: usize = 4 << 20;
