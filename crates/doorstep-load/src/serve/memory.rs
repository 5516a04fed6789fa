//! A store in memory: two maps that nobody writes to.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Replace, TokenRecord};

use crate::seed::{self, Seeds};

pub(super) struct Memory {
    users: HashMap<Arc<str>, String>,
    tokens: HashMap<[u8; 32], (Arc<str>, TokenRecord)>,
}

impl Memory {
    pub(super) fn new(seeds: Seeds) -> Self {
        let users = seeds.users.into_iter().map(|(name, hash)| (Arc::from(name), hash)).collect();
        let record = seed::token_record();
        let token = (*record.digest.as_bytes(), (Arc::from(seed::USERNAMES[0]), record));
        Self { users, tokens: HashMap::from([token]) }
    }
}

impl Store for Memory {
    type User = Arc<str>;
    type Error = Infallible;

    async fn find_user(
        &self,
        ask: &FindUser<Arc<str>>,
    ) -> Result<Option<(Arc<str>, Account)>, Infallible> {
        let found = self.users.get_key_value(ask.username());
        Ok(found.map(|(name, hash)| (name.clone(), Account::from(hash.as_str()))))
    }

    async fn find_token(
        &self,
        ask: &FindToken<Arc<str>>,
    ) -> Result<Option<(Arc<str>, TokenRecord)>, Infallible> {
        Ok(self.tokens.get(ask.digest().as_bytes()).cloned())
    }

    /// Nothing here is outdated.
    async fn replace_hash(&self, _: &Replace<Arc<str>>) -> Result<bool, Infallible> {
        Ok(false)
    }
}
