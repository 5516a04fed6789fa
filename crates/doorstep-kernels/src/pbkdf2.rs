//! PBKDF2 with HMAC (RFC 8018 §5.2), in lanes.
