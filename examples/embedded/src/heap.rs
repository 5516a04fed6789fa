//! A heap of a fixed size that knows how much of it was in use at once. It is no part of doorstep, and
//! any other allocator does as well.

#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use embedded_alloc::LlffHeap;

/// Bytes of the heap: what two logins in turn need, and some room.
pub const SIZE: usize = 8 * 1024;

#[global_allocator]
static HEAP: Counting =
    Counting { heap: LlffHeap::empty(), live: AtomicUsize::new(0), peak: AtomicUsize::new(0) };

/// Gives the heap its memory; to be called once, before anything is allocated. A later call does
/// nothing.
pub fn init() {
    static mut MEMORY: [MaybeUninit<u8>; SIZE] = [MaybeUninit::uninit(); SIZE];
    static BEGUN: AtomicBool = AtomicBool::new(false);
    if !BEGUN.swap(true, Relaxed) {
        // SAFETY: `MEMORY` has `SIZE` bytes, nothing else names it, and this is reached once.
        unsafe { HEAP.heap.init(&raw mut MEMORY as usize, SIZE) }
    }
}

/// The most bytes that were allocated at once: what was asked for, without the allocator's own.
pub fn peak() -> usize {
    HEAP.peak.load(Relaxed)
}

struct Counting {
    heap: LlffHeap,
    live: AtomicUsize,
    peak: AtomicUsize,
}

// SAFETY: `LlffHeap` allocates; the counters touch no memory of its.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `LlffHeap` asks for.
        let block = unsafe { self.heap.alloc(layout) };
        if !block.is_null() {
            let live = self.live.fetch_add(layout.size(), Relaxed) + layout.size();
            self.peak.fetch_max(live, Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { self.heap.dealloc(block, layout) }
    }
}
