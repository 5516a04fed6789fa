//! Asks for a password at the console, without echo.
//!
//! What is typed passes through the buffers of `rpassword`, not all of which are wiped.

use doorstep_password::Secret;

use crate::refusal::Refusal;

/// The console.
pub(crate) struct Terminal;

impl Terminal {
    /// The console is opened with each question.
    pub(crate) fn open() -> Result<Self, Refusal> {
        Ok(Self)
    }

    /// Prompts, and reads a line of at most `limit` bytes.
    pub(crate) fn ask(&mut self, prompt: &str, limit: usize) -> Result<Secret, Refusal> {
        let secret = rpassword::prompt_password(prompt).map(Secret::from).map_err(|error| {
            Refusal::io(format!("no console to ask for the password at ({error}); use --stdin"))
        })?;
        if secret.len() > limit {
            return Err(Refusal::too_long());
        }
        Ok(secret)
    }
}
