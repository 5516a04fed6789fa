//! bcrypt, up to eight passwords interleaved on one core.
