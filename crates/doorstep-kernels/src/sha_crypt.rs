//! sha256-crypt and sha512-crypt, in lanes.
