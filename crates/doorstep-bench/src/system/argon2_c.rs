//! The reference code of Argon2, as `build/argon2_c.rs` built it. It wipes its memory after use.

use std::cell::RefCell;
use std::ffi::c_int;
use std::ptr;

use doorstep_password::Argon2Params;

use crate::case::Memory;
use crate::peers::{About, Peer};

/// One peer for each build.
pub(super) fn peers(params: &Argon2Params, memory: Memory) -> Vec<Peer> {
    let peer = |build: &Build| {
        let (params, hash) = (*params, build.hash);
        let mut kept = Vec::new();
        Peer::new(build.who, move |input| {
            // Its own each time, so that no build finds in the cache what another has used.
            KEPT.with_borrow_mut(|lent| std::mem::swap(lent, &mut kept));
            let key = argon2id(hash, &params, &input.password, &input.salt, memory);
            KEPT.with_borrow_mut(|lent| std::mem::swap(lent, &mut kept));
            key
        })
    };
    BUILDS.iter().map(peer).collect()
}

pub(super) fn about() -> Vec<About> {
    let about = |build: &Build| About {
        who: build.who,
        what: format!(
            "opt.c of phc-winner-argon2 as argon2-sys {} has it, one thread, {}",
            env!("BENCH_ARGON2_SYS"),
            build.how
        ),
    };
    BUILDS.iter().map(about).collect()
}

struct Build {
    who: &'static str,
    how: &'static str,
    hash: Argon2Ctx,
}

type Argon2Ctx = unsafe extern "C" fn(*mut Context, c_int) -> c_int;

const BUILDS: &[Build] = &[
    #[cfg(argon2_c_gcc)]
    Build { who: "argon2-c-gcc-avx2", how: env!("BENCH_ARGON2_C_GCC"), hash: argon2_c_gcc },
    #[cfg(argon2_c_clang)]
    Build { who: "argon2-c-clang-native", how: env!("BENCH_ARGON2_C_CLANG"), hash: argon2_c_clang },
];

fn argon2id(
    hash: Argon2Ctx,
    params: &Argon2Params,
    password: &[u8],
    salt: &[u8],
    memory: Memory,
) -> Vec<u8> {
    const ARGON2ID: c_int = 2;
    let mut key = vec![0_u8; params.tag_len()];
    let mut context = Context {
        out: key.as_mut_ptr(),
        out_len: key.len() as u32,
        // Not written to: the flags do not ask for it to be wiped.
        password: password.as_ptr().cast_mut(),
        password_len: password.len() as u32,
        salt: salt.as_ptr().cast_mut(),
        salt_len: salt.len() as u32,
        secret: ptr::null_mut(),
        secret_len: 0,
        associated: ptr::null_mut(),
        associated_len: 0,
        passes: params.passes(),
        memory_kib: params.memory_kib(),
        lanes: params.lanes(),
        threads: 1,
        version: 0x13,
        allocate: (memory == Memory::Reused).then_some(lend),
        free: (memory == Memory::Reused).then_some(take_back),
        flags: 0,
    };
    // SAFETY: the context is laid out as the header has it; each pointer goes with its length, and
    // what it points to outlives the call. Password and salt are only read.
    let code = unsafe { hash(&mut context, ARGON2ID) };
    assert_eq!(code, 0, "Argon2 in C takes the parameters");
    key
}

/// `argon2_context`.
#[repr(C)]
struct Context {
    out: *mut u8,
    out_len: u32,
    password: *mut u8,
    password_len: u32,
    salt: *mut u8,
    salt_len: u32,
    secret: *mut u8,
    secret_len: u32,
    associated: *mut u8,
    associated_len: u32,
    passes: u32,
    memory_kib: u32,
    lanes: u32,
    threads: u32,
    version: u32,
    allocate: Option<unsafe extern "C" fn(*mut *mut u8, usize) -> c_int>,
    free: Option<unsafe extern "C" fn(*mut u8, usize)>,
    flags: u32,
}

/// A line of the cache, so that no vector is cut by its end.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "written by C alone")] [u8; 64]);

thread_local! {
    /// What `lend` lends: the callbacks are told of no other.
    static KEPT: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// # Safety
/// `memory` must be valid for a write, and what was lent before must have been taken back.
unsafe extern "C" fn lend(memory: *mut *mut u8, len: usize) -> c_int {
    KEPT.with_borrow_mut(|kept| {
        let lines = len.div_ceil(size_of::<Line>());
        if kept.len() < lines {
            kept.resize(lines, Line([0; 64]));
        }
        // SAFETY: the caller's promise. The lines stay where they are until the next is lent.
        unsafe { memory.write(kept.as_mut_ptr().cast()) };
        0
    })
}

/// There is nothing to do: it was wiped by its user, and is kept.
unsafe extern "C" fn take_back(_memory: *mut u8, _len: usize) {}

unsafe extern "C" {
    #[cfg(argon2_c_gcc)]
    fn argon2_c_gcc(context: *mut Context, kind: c_int) -> c_int;
    #[cfg(argon2_c_clang)]
    fn argon2_c_clang(context: *mut Context, kind: c_int) -> c_int;
}
