//! stdin of the process on Windows, where nobody says whether a read would return: no line stops an answer.

use std::io::{self, StdinLock};

use super::Input;

pub fn of_process() -> impl Input {
    io::stdin().lock()
}

impl Input for StdinLock<'static> {
    fn is_ready(&mut self) -> bool {
        false
    }
}
