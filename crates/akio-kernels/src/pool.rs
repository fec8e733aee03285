//! Threads that help with one piece of work after the other.
//!
//! Whoever makes threads (the command under the native host, a page) lets each of them call `work`;
//! [`each`] then shares items out among them and the calling thread. What is done with an item must not
//! depend on who does it or on how many there are, so that results are the same bits with any number of
//! threads. Without helpers [`each`] is a plain loop; in a module without the feature `threads` it is nothing else.
//!
//! A piece of work is open while its caller is at it. A helper that is awake takes items too; one that
//! comes late finds it closed, and nobody has waited for it. Between two pieces, which are microseconds apart
//! in the loop over the layers, helpers spin; when none comes, they sleep.

#[cfg(all(target_family = "wasm", not(feature = "threads")))]
pub use alone::{each, threads};
#[cfg(not(all(target_family = "wasm", not(feature = "threads"))))]
pub use shared::{dismiss, each, threads, work};

#[cfg(all(target_family = "wasm", not(feature = "threads")))]
mod alone {
    /// The calling thread and its helpers, of which there are none.
    pub const fn threads() -> usize {
        1
    }

    /// Calls `f` with every item.
    #[inline(always)]
    pub fn each<T: Send>(items: impl Iterator<Item = T> + Send, f: impl Fn(T) + Sync) {
        items.for_each(f);
    }
}

#[cfg(not(all(target_family = "wasm", not(feature = "threads"))))]
mod shared {
    use std::{
        hint, process, ptr,
        sync::{
            Condvar, Mutex, MutexGuard, PoisonError,
            atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering::SeqCst},
        },
    };

    /// How often a thread looks before it sleeps: for some 60 microseconds in a module.
    const SPINS: u32 = 50_000;

    /// Helpers that are inside of the open piece of work, ...
    const INSIDE: u32 = 0xff;
    /// ... whether it is open, ...
    const OPEN: u32 = 0x100;
    /// ... and its number, which wraps around, are one word.
    const NUMBER: u32 = 0x200;

    static STATE: AtomicU32 = AtomicU32::new(0);

    /// What every thread that takes part calls once.
    type Work<'a> = &'a (dyn Fn() + Sync);

    /// The open piece of work, on the stack of its caller.
    static WORK: AtomicPtr<Work<'static>> = AtomicPtr::new(ptr::null_mut());
    /// Some thread has the helpers.
    static TAKEN: AtomicBool = AtomicBool::new(false);
    static HELPERS: AtomicUsize = AtomicUsize::new(0);
    static DISMISSED: AtomicBool = AtomicBool::new(false);

    /// Threads asleep until [`STATE`] changes.
    static SLEEPERS: AtomicU32 = AtomicU32::new(0);
    static BED: Mutex<()> = Mutex::new(());
    static CALL: Condvar = Condvar::new();

    /// The calling thread and its helpers.
    pub fn threads() -> usize {
        HELPERS.load(SeqCst) + 1
    }

    /// Helps until helpers are dismissed. There can be 255; another one has nothing to do.
    pub fn work() {
        let counted = |helpers| (helpers < INSIDE as usize).then_some(helpers + 1);
        if HELPERS.fetch_update(SeqCst, SeqCst, counted).is_err() {
            return;
        }
        let mut last = None;
        loop {
            let dismissed = || DISMISSED.load(SeqCst);
            let new = |state: u32| state & OPEN != 0 && last != Some(state / NUMBER);
            let state = wait(|state| new(state) || dismissed());
            if dismissed() {
                break;
            }
            let entered = STATE.compare_exchange(state, state + 1, SeqCst, SeqCst);
            if entered.is_ok() {
                last = Some(state / NUMBER);
                help();
                STATE.fetch_sub(1, SeqCst);
                wake();
            }
        }
        HELPERS.fetch_sub(1, SeqCst);
    }

    /// Lets the helpers go, for good.
    pub fn dismiss() {
        DISMISSED.store(true, SeqCst);
        wake();
    }

    /// Takes part in the open piece of work, in which the calling thread is counted.
    #[expect(unsafe_code, reason = "threads share what lies on the stack of one")]
    fn help() {
        /// The caller of the work would go on without what this thread has left undone.
        struct Whole;
        impl Drop for Whole {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    process::abort();
                }
            }
        }
        let _whole = Whole;
        // SAFETY: a thread gets inside only while the work is open. `Open::new` has set the pointer before
        // that, and what it points to outlives the `Open`, which when it is dropped closes the work and waits
        // until nobody is inside.
        let work = unsafe { *WORK.load(SeqCst) };
        work();
    }

    /// A piece of work that helpers can get into.
    struct Open<'a>(#[expect(dead_code, reason = "borrowed until it is dropped")] &'a Work<'a>);

    impl<'a> Open<'a> {
        /// `None` while the helpers are with another one.
        fn new(work: &'a Work<'a>) -> Option<Self> {
            if TAKEN.swap(true, SeqCst) {
                return None;
            }
            WORK.store(ptr::from_ref(work).cast_mut().cast(), SeqCst);
            STATE.fetch_add(NUMBER | OPEN, SeqCst);
            wake();
            Some(Self(work))
        }
    }

    impl Drop for Open<'_> {
        fn drop(&mut self) {
            STATE.fetch_and(!OPEN, SeqCst);
            wait(|state| state & INSIDE == 0);
            TAKEN.store(false, SeqCst);
        }
    }

    /// Calls `f` with every item, on this thread and its helpers. Within `f`, and while the helpers are with another
    /// thread, it is a plain loop.
    pub fn each<T: Send>(items: impl Iterator<Item = T> + Send, f: impl Fn(T) + Sync) {
        if HELPERS.load(SeqCst) == 0 {
            return items.for_each(f);
        }
        let items = Mutex::new(items);
        let work = || {
            loop {
                // In a statement of its own, so that the lock is held only to get an item.
                let item = lock_soon(&items).next();
                match item {
                    Some(item) => f(item),
                    None => break,
                }
            }
        };
        let shared: Work<'_> = &work;
        let _open = Open::new(&shared);
        work();
    }

    /// Returns once the state is `ready`, first spinning and then sleeping.
    fn wait(ready: impl Fn(u32) -> bool) -> u32 {
        for _ in 0..SPINS {
            let state = STATE.load(SeqCst);
            if ready(state) {
                return state;
            }
            hint::spin_loop();
        }
        let mut bed = lock(&BED);
        SLEEPERS.fetch_add(1, SeqCst);
        let state = loop {
            let state = STATE.load(SeqCst);
            if ready(state) {
                break state;
            }
            bed = CALL.wait(bed).unwrap_or_else(PoisonError::into_inner);
        };
        SLEEPERS.fetch_sub(1, SeqCst);
        state
    }

    /// Wakes who sleeps, after the state has changed. Who has not fallen asleep yet sees the change.
    fn wake() {
        if SLEEPERS.load(SeqCst) > 0 {
            drop(lock(&BED));
            CALL.notify_all();
        }
    }

    /// As [`lock`], but spins at first: to fall asleep takes longer than this lock is held.
    fn lock_soon<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        for _ in 0..SPINS {
            if let Ok(guard) = mutex.try_lock() {
                return guard;
            }
            hint::spin_loop();
        }
        lock(mutex)
    }

    /// Nothing that a lock here guards is left half done by a panic.
    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::{each, threads, work};
    use std::thread;

    /// The helpers stay for the other tests of this process, whose results are the same with them.
    #[test]
    fn every_item_is_done_once_with_any_number_of_threads() {
        for helpers in 0..3 {
            while threads() < helpers + 1 {
                thread::spawn(work);
                while threads() < helpers + 1 {
                    thread::yield_now();
                }
            }
            for len in [0, 1, 2, 7, 100] {
                let mut items: Vec<usize> = (0..len).collect();
                for _ in 0..1000 {
                    each(items.iter_mut(), |item| *item += 1);
                }
                let want: Vec<usize> = (1000..1000 + len).collect();
                assert_eq!(items, want);
            }
        }
    }

    #[test]
    fn work_within_work_is_a_plain_loop() {
        let mut rows = vec![[0; 8]; 8];
        each(rows.iter_mut(), |row| {
            each(row.iter_mut(), |item| *item += 1)
        });
        assert_eq!(rows, [[1; 8]; 8]);
    }

    #[test]
    fn a_panic_of_the_caller_leaves_the_helpers_usable() {
        let failed = thread::spawn(|| each([1].iter(), |_| panic!("meant"))).join();
        assert!(failed.is_err());
        let mut items = [0; 64];
        each(items.iter_mut(), |item| *item += 1);
        assert_eq!(items, [1; 64]);
    }
}
