//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::LdapPbkdf2;

import::family!(LdapPbkdf2);
