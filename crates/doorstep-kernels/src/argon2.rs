//! Argon2 (RFC 9106), resumable at any block, in the memory of the caller.
//!
//! ```text
//! Fill::begin ──► advance ──► … ──► advance ──► finish
//!  H_0, two blocks   any number of blocks        last column, H'
//!  of each lane      on any processor            the tag
//! ```
//!
//! The memory is lent to each piece and holds all that is secret between two of them; [`Fill`] holds
//! only how far it is. So whoever lends the memory wipes it, with [`wipe`], when the tag is made or
//! when the work is given up. What a piece leaves on the stack is not wiped.
//!
//! Lanes are filled one after another, segment by segment, as RFC 9106 §3.4 orders them: `lanes`
//! changes the tag, not the time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod block;
mod fill;
mod hash;
mod kernel;
mod params;
mod portable;
mod position;

pub use block::{Block, wipe};
pub use fill::Fill;
pub use hash::Inputs;
pub use params::{Params, Variant, Version};
