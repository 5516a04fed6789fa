//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Atlassian;

import::family!(Atlassian);
