//! The rounds, by the templates or by the kernels. The one place that knows who computes them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::secret::Secret;
use crate::work::sha::Sha2;
use crate::work::templates::Templates;
use crate::workspace::Workspace;

/// Each in a box of its own size, as the states are.
pub(super) enum Rounds<H: Sha2> {
    Templates(Box<Templates<H>>),
    #[cfg(feature = "kernels")]
    Kernel(Box<doorstep_kernels::sha_crypt::Rounds<H::Word>>),
}

impl<H: Sha2> Rounds<H> {
    /// With digest A of step 12, the sequence P of step 16 and the sequence S of step 20.
    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(super) fn new(
        digest: &H::Block,
        p: &[u8],
        s: &[u8],
        rounds: u32,
        workspace: &Workspace,
    ) -> Self {
        #[cfg(feature = "kernels")]
        if workspace.processor().is_some() {
            let digest = H::read_digest(&digest.as_ref()[..H::DIGEST_LEN]);
            let rounds = doorstep_kernels::sha_crypt::Rounds::new(&digest, p, s, rounds);
            return Self::Kernel(Box::new(rounds));
        }
        Self::Templates(Box::new(Templates::new(digest, p, s, rounds)))
    }

    pub(super) fn left(&self) -> u32 {
        match self {
            Self::Templates(templates) => templates.left(),
            #[cfg(feature = "kernels")]
            Self::Kernel(rounds) => rounds.left(),
        }
    }

    /// At most so many rounds.
    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(super) fn advance(&mut self, rounds: u32, workspace: &Workspace) {
        match self {
            Self::Templates(templates) => templates.advance(rounds),
            #[cfg(feature = "kernels")]
            Self::Kernel(kernel) => kernel.advance(processor(workspace), rounds),
        }
    }

    /// Brings all of them to their end.
    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(super) fn finish_together(all: Vec<&mut Self>, workspace: &Workspace) {
        #[cfg(feature = "kernels")]
        let mut in_lanes = Vec::new();
        for rounds in all {
            match rounds {
                Self::Templates(templates) => templates.advance(u32::MAX),
                #[cfg(feature = "kernels")]
                Self::Kernel(kernel) => in_lanes.push(&mut **kernel),
            }
        }
        #[cfg(feature = "kernels")]
        doorstep_kernels::sha_crypt::advance_together(
            processor(workspace),
            &mut in_lanes,
            u32::MAX,
        );
    }

    /// Digest C of the last round.
    pub(super) fn digest(&self) -> Secret {
        match self {
            Self::Templates(templates) => Secret::new(templates.digest()),
            #[cfg(feature = "kernels")]
            Self::Kernel(kernel) => {
                let mut digest = H::ZERO;
                H::write_digest(kernel.digest(), digest.as_mut());
                let secret = Secret::new(&digest.as_ref()[..H::DIGEST_LEN]);
                zeroize::Zeroize::zeroize(&mut digest);
                secret
            }
        }
    }
}

/// What was begun by a kernel goes on by it, in words, in a workspace that would not have begun so.
#[cfg(feature = "kernels")]
fn processor(workspace: &Workspace) -> doorstep_kernels::Processor {
    workspace.processor().unwrap_or(doorstep_kernels::Processor::portable())
}
