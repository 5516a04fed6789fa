//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::FirebaseScrypt;

import::family!(FirebaseScrypt::default());
