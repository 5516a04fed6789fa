//! Argon2 (RFC 9106), resumable at any block, in the memory of the caller.
