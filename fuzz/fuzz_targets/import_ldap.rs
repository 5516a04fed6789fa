//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Ldap;

import::family!(Ldap);
