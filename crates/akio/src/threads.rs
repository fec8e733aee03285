//! Threads that help the command, as many as the host gives.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Variable with the number of threads, the calling one included, that may be at work.
#[cfg(all(target_os = "wasi", feature = "threads"))]
const VARIABLE: &str = "AKIO_THREADS";

/// The kernels keep little on the stack.
#[cfg(all(target_os = "wasi", feature = "threads"))]
const STACK: usize = 256 << 10;

/// Calls `run` while helpers wait for work.
#[cfg(all(target_os = "wasi", feature = "threads"))]
pub fn with_helpers<T>(run: impl FnOnce() -> T) -> T {
    use akio_engine::pool;
    use std::{env, thread};

    let threads = env::var(VARIABLE).ok().and_then(|n| n.parse().ok());
    thread::scope(|scope| {
        for _ in 1..threads.unwrap_or(1_usize) {
            let helper = thread::Builder::new().stack_size(STACK);
            // Whoever gives fewer has reasons, and fewer do as well.
            if helper.spawn_scoped(scope, pool::work).is_err() {
                break;
            }
            HELPERS.fetch_add(1, Ordering::Relaxed);
        }
        let result = run();
        pool::dismiss();
        result
    })
}

/// Helpers that were started.
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// Threads at work, the calling one included.
pub fn number() -> usize {
    HELPERS.load(Ordering::Relaxed) + 1
}

/// Calls `run`: this build has no threads.
#[cfg(not(all(target_os = "wasi", feature = "threads")))]
pub fn with_helpers<T>(run: impl FnOnce() -> T) -> T {
    run()
}
