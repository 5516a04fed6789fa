//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Werkzeug;

import::family!(Werkzeug);
