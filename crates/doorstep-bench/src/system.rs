//! Where this program leaves Rust: the system that it runs on, and the peers in C.

#![allow(unsafe_code)]

use std::time::Duration;
#[cfg(not(target_os = "linux"))]
use std::time::Instant;

#[cfg(feature = "system-peers")]
mod argon2_c;
#[cfg(feature = "system-peers")]
mod libxcrypt;
#[cfg(feature = "system-peers")]
mod openssl;
#[cfg(feature = "system-peers")]
mod peers;

#[cfg(feature = "system-peers")]
pub(crate) use peers::{about, peers};

/// Time that the calling thread has had on a core, since some moment: what others did on that core
/// in between is not in it, what the kernel did for the thread is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadTime(Duration);

impl ThreadTime {
    #[cfg(target_os = "linux")]
    pub(crate) fn now() -> Self {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is valid for a write.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
        assert_eq!(failed, 0, "Linux has a clock for each thread");
        Self(Duration::new(now.tv_sec as u64, now.tv_nsec as u32))
    }

    /// Elsewhere it is the time on the wall.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn now() -> Self {
        static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        Self(BEGIN.elapsed())
    }

    /// The time between then and now.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

/// The core that the process runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub(crate) core: usize,
    /// Not so if the process was started on this core alone, as by `taskset`.
    pub(crate) by_us: bool,
}

/// Keeps the calling thread, and those that it starts, on one of the `cores` that it was given: on
/// the only one, or the last of several, which has the least to do besides.
pub(crate) fn pin(cores: &[usize]) -> Option<Pinned> {
    match *cores {
        [] => None,
        [core] => Some(Pinned { core, by_us: false }),
        [.., core] => pin_to(core).then_some(Pinned { core, by_us: true }),
    }
}

/// The cores that the calling thread may run on.
#[cfg(target_os = "linux")]
pub(crate) fn cores() -> Vec<usize> {
    // SAFETY: a `cpu_set_t` is an array of bits, of which zero is one.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is as large as it is said to be; 0 is the calling thread.
    let failed = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    if failed != 0 {
        return Vec::new();
    }
    // SAFETY: `CPU_ISSET` reads within the set for each number below `CPU_SETSIZE`.
    (0..libc::CPU_SETSIZE as usize).filter(|core| unsafe { libc::CPU_ISSET(*core, &set) }).collect()
}

/// Nothing here is known about other systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn cores() -> Vec<usize> {
    Vec::new()
}

/// Whether the calling thread runs on `core` alone from now on.
#[cfg(target_os = "linux")]
pub(crate) fn pin_to(core: usize) -> bool {
    // SAFETY: a `cpu_set_t` is an array of bits, of which zero is one.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    if core >= libc::CPU_SETSIZE as usize {
        return false;
    }
    // SAFETY: `core` is within the set.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: `set` is as large as it is said to be; 0 is the calling thread.
    unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) == 0 }
}

/// Nothing here is known about other systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pin_to(_core: usize) -> bool {
    false
}

/// Has the allocator ask the kernel for each large block, so that fresh memory is fresh for all who
/// allocate it. glibc would raise its threshold once such a block was freed, and reuse the pages.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn map_large_blocks() -> bool {
    // SAFETY: `mallopt` may be called at any time, and takes any value here.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024) == 1 }
}

/// Nothing here is known about other allocators.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn map_large_blocks() -> bool {
    false
}
