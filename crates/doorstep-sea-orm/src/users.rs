//! Users in an entity. Writes nothing but a renewed hash.

use std::fmt;

use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Replace, Scopes, TokenRecord};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ColumnType, DatabaseConnection, EntityTrait, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QuerySelect, Value,
};

use crate::error::{Error, ErrorKind};

/// The most rows that are looked through for the one whose user-id is the same byte for byte.
const EQUAL_ROWS: u64 = 16;

/// Which entity holds users, and in which of its columns.
///
/// The columns are of text, or of bytes that are UTF-8; the one of hashes may be nullable.
pub struct ModelUsers<E: EntityTrait> {
    username: E::Column,
    password: E::Column,
    disabled: fn(&E::Model) -> bool,
    scopes: fn(&E::Model) -> Scopes,
}

impl<E: EntityTrait> ModelUsers<E> {
    /// Users by `username`, with their hashes in `password`. Nobody is disabled, and no login has a
    /// scope.
    pub fn new(username: E::Column, password: E::Column) -> Self {
        Self { username, password, disabled: |_| false, scopes: |_| Scopes::NONE_ASKED }
    }

    /// Whether an account is disabled.
    pub fn disabled(self, disabled: fn(&E::Model) -> bool) -> Self {
        Self { disabled, ..self }
    }

    /// What a login by password may do.
    pub fn scopes(self, scopes: fn(&E::Model) -> Scopes) -> Self {
        Self { scopes, ..self }
    }

    /// The store: these users over a connection of the host's. Each statement is a transaction of
    /// its own, which is why it is not over one of the host's.
    pub fn over(self, connection: DatabaseConnection) -> ModelStore<E> {
        ModelStore { users: self, connection }
    }
}

impl<E: EntityTrait> Clone for ModelUsers<E> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<E: EntityTrait> fmt::Debug for ModelUsers<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelUsers")
            .field("username", &self.username)
            .field("password", &self.password)
            .finish_non_exhaustive()
    }
}

/// Users over a connection: a [`Store`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ModelStore<E: EntityTrait> {
    users: ModelUsers<E>,
    connection: DatabaseConnection,
}

impl<E> Store for ModelStore<E>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    type User = E::Model;
    type Error = Error;

    async fn find_user(
        &self,
        ask: &FindUser<E::Model>,
    ) -> Result<Option<(E::Model, Account)>, Error> {
        let ModelUsers { username, password, disabled, scopes } = &self.users;
        let alike = E::find()
            .filter(username.eq(as_stored(*username, ask.username())))
            .limit(EQUAL_ROWS)
            .all(&self.connection)
            .await?;
        let mut found = None;
        for model in alike {
            // To a collation it may be the same and be another.
            if text(model.get(*username))?.as_deref() != Some(ask.username()) {
                continue;
            }
            if found.replace(model).is_some() {
                return Err(ErrorKind::Ambiguous.into());
            }
        }
        let Some(model) = found else { return Ok(None) };
        let account = if disabled(&model) {
            Account::disabled()
        } else {
            Account::from(text(model.get(*password))?).with_scopes(scopes(&model))
        };
        Ok(Some((model, account)))
    }

    /// There are no tokens here.
    async fn find_token(
        &self,
        _: &FindToken<E::Model>,
    ) -> Result<Option<(E::Model, TokenRecord)>, Error> {
        Ok(None)
    }

    async fn replace_hash(&self, ask: &Replace<E::Model>) -> Result<bool, Error> {
        let password = self.users.password;
        let mut swap = E::update_many()
            .col_expr(password, Expr::value(as_stored(password, ask.new_hash())))
            // With the old hash in it, so that a password that was changed meanwhile stays.
            .filter(password.eq(as_stored(password, ask.old())));
        for key in E::PrimaryKey::iter() {
            let column = key.into_column();
            swap = swap.filter(column.eq(ask.user().get(column)));
        }
        Ok(swap.exec(&self.connection).await?.rows_affected == 1)
    }
}

/// What the column compares with: bytes if it has bytes.
fn as_stored(column: impl ColumnTrait, text: &str) -> Value {
    match column.def().get_column_type() {
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => {
            Value::Bytes(Some(text.as_bytes().to_vec()))
        }
        _ => Value::String(Some(text.to_owned())),
    }
}

fn text(stored: Value) -> Result<Option<String>, Error> {
    match stored {
        Value::String(text) => Ok(text),
        Value::Bytes(None) => Ok(None),
        Value::Bytes(Some(bytes)) => {
            String::from_utf8(bytes).map(Some).map_err(|_| ErrorKind::NotText.into())
        }
        _ => Err(ErrorKind::NotText.into()),
    }
}
