//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Keycloak;

import::family!(Keycloak);
