//! The tests live beside this file; see `oracle.rs` and `hosts.rs`.
