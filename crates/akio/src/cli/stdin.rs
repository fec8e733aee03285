//! stdin of the process.

use std::io::{self, BufRead, BufReader, Read};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, read},
    stdio::stdin,
};

use super::Input;

pub fn of_process() -> impl Input {
    Stdin(BufReader::new(RawStdin))
}

/// The standard library's own hides whether its buffer holds anything.
struct Stdin(BufReader<RawStdin>);

impl Input for Stdin {
    fn is_ready(&mut self) -> bool {
        const AT_ONCE: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        !self.0.buffer().is_empty() || wait(Some(&AT_ONCE))
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl BufRead for Stdin {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

struct RawStdin;

impl Read for RawStdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match read(stdin(), &mut *buffer) {
                // Some hosts make stdin non-blocking once it has been polled.
                Err(Errno::AGAIN) => {
                    wait(None);
                }
                Err(Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
    }
}

/// Waits for stdin, at most for `timeout`, and tells whether something (also its end) is there.
fn wait(timeout: Option<&Timespec>) -> bool {
    let stdin = stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    matches!(poll(&mut fds, timeout), Ok(1..))
}
