//! An allocator for tests, which counts what is allocated, looks for secrets in what is freed, and can
//! run out of memory.
//!
//! It is the system's allocator. While a thread is inside of [`watch`], each block that this thread
//! frees is searched first, and also each block that it outgrows. It does not see what other threads
//! free. [`Stack`] looks at what calls left on the stack.
//!
//! ```
//! use doorstep_test_alloc::{Watching, watch};
//!
//! #[global_allocator]
//! static ALLOCATOR: Watching = Watching;
//!
//! let (_, seen) = watch(&[b"correct horse"], || drop(b"the correct horse".to_vec()));
//! assert_eq!((seen.allocations, seen.leaks), (1, 1));
//! ```

mod stack;
mod windows;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::NonNull;

pub use stack::{STACK_MARKER, Stack};

use windows::Windows;

/// Bytes of a secret that are enough to be found.
pub const WINDOW: usize = 8;

/// Blocks from this size on are to be wiped as a whole: they hold the state of an algorithm.
pub const STATE_LEN: usize = 4096;

/// Bytes of such a block that may be left: pointers, counters and a salt, but no key schedule.
const LEFT_OVER: usize = 128;

/// Blocks from this size on are counted apart.
pub const LARGE_LEN: usize = 1 << 20;

/// What a thread allocated and freed while it was watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Blocks allocated.
    pub allocations: usize,
    /// Blocks of [`LARGE_LEN`] and more allocated.
    pub large_allocations: usize,
    /// Blocks that were freed.
    pub frees: usize,
    /// Freed blocks that held a [`WINDOW`] of a secret.
    pub leaks: usize,
    /// The size of the first of these.
    pub first_leak: usize,
    /// Freed blocks of [`STATE_LEN`] and more that were not wiped.
    pub unwiped: usize,
    /// The size of the first of these.
    pub first_unwiped: usize,
    /// The most bytes other than zero in one freed block of [`STATE_LEN`] and more.
    pub dirtiest: usize,
}

/// What is looked for, and what was seen.
struct Watch {
    windows: Windows,
    seen: Cell<Seen>,
}

thread_local! {
    // Without a destructor, so that it can be read while the thread ends.
    static WATCH: Cell<Option<NonNull<Watch>>> = const { Cell::new(None) };
    static NO_LARGE_BLOCKS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `run` and says what this thread allocated and freed meanwhile.
///
/// Secrets shorter than [`WINDOW`] cannot be found.
pub fn watch<T>(secrets: &[&[u8]], run: impl FnOnce() -> T) -> (T, Seen) {
    let watch = Watch { windows: Windows::of(secrets), seen: Cell::default() };
    let end = End(WATCH.replace(Some(NonNull::from(&watch))));
    let output = run();
    drop(end);
    (output, watch.seen.get())
}

/// Runs `run` on a machine that has no block of [`LARGE_LEN`] or more left for this thread.
pub fn without_large_blocks<T>(run: impl FnOnce() -> T) -> T {
    struct End(bool);

    impl Drop for End {
        fn drop(&mut self) {
            NO_LARGE_BLOCKS.set(self.0);
        }
    }

    let _end = End(NO_LARGE_BLOCKS.replace(true));
    run()
}

/// Ends the watch, also when `run` panics, before what it points to is gone.
struct End(Option<NonNull<Watch>>);

impl Drop for End {
    fn drop(&mut self) {
        WATCH.set(self.0);
    }
}

/// The system's allocator, watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watching;

// SAFETY: every block comes from `System` and goes back to it with its own layout; what happens
// besides neither allocates nor panics. `realloc` is the trait's, over these.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that what an earlier owner left is not taken for the next one's.
        // SAFETY: the caller's promise about `layout` is the one that `alloc_zeroed` asks for.
        unsafe { self.alloc_zeroed(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE_LEN && NO_LARGE_BLOCKS.try_with(Cell::get) == Ok(true) {
            return std::ptr::null_mut();
        }
        note(|seen, _| seen.allocated(layout.size()));
        // SAFETY: the caller's promise about `layout` is the one that `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(|seen, windows| {
            // SAFETY: the block is still allocated, for reading too, and nobody else may use it any
            // more. It was zeroed when it was allocated, so that every byte has a value.
            let read = |at| unsafe { block.add(at).read_volatile() };
            seen.freed(layout.size(), windows, read);
        });
        // SAFETY: the caller's promise about `block` and `layout` is the one that `System` asks for.
        unsafe { System.dealloc(block, layout) }
    }
}

fn note(look: impl FnOnce(&mut Seen, &Windows)) {
    if let Ok(Some(watch)) = WATCH.try_with(Cell::get) {
        // SAFETY: `watch` keeps the pointer only as long as what it points to is on its stack.
        let watch = unsafe { watch.as_ref() };
        let mut seen = watch.seen.get();
        look(&mut seen, &watch.windows);
        watch.seen.set(seen);
    }
}

impl Seen {
    fn allocated(&mut self, len: usize) {
        self.allocations += 1;
        self.large_allocations += usize::from(len >= LARGE_LEN);
    }

    fn freed(&mut self, len: usize, windows: &Windows, read: impl Fn(usize) -> u8) {
        self.frees += 1;
        if windows.count_in(len, &read) > 0 {
            if self.leaks == 0 {
                self.first_leak = len;
            }
            self.leaks += 1;
        }
        if len >= STATE_LEN {
            let dirt = (0..len).filter(|&at| read(at) != 0).count();
            self.dirtiest = self.dirtiest.max(dirt);
            if dirt > LEFT_OVER {
                if self.unwiped == 0 {
                    self.first_unwiped = len;
                }
                self.unwiped += 1;
            }
        }
    }
}
