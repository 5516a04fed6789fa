//! DESIGN §1: `ModelBasicAuth(User, hasher, password_field)`. On SQLite in memory, with columns of
//! text, of text that ignores case, and of bytes.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

use doorstep::driver::{Store, drive};
use doorstep::password::{Bcrypt, Hashers, Pbkdf2, Prf};
use doorstep::{Authenticator, Basic, Bearer, Cause, Outcome, Replace, Scopes, Step, UnixTime};
use doorstep_sea_orm::{ErrorKind, ModelStore, ModelUsers};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, EntityTrait, Schema, Set,
};

mod user {
    use sea_orm::entity::prelude::*;

    /// With a key of two columns, so that each of them counts.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub name: String,
        pub hash: Option<String>,
        pub rights: String,
        pub locked: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod bytes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "byte_users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: Vec<u8>,
        pub hash: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn authenticator() -> Authenticator {
    let hashers =
        Hashers::new(Bcrypt::new(4).unwrap()).accept(Pbkdf2::new(Prf::Sha256, 1).unwrap());
    Authenticator::builder("test", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .build()
        .unwrap()
}

fn hash(password: &str) -> String {
    authenticator().hashers().hash(password.into()).unwrap().run().unwrap()
}

fn outdated_hash(password: &str) -> String {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 1).unwrap());
    hashers.hash(password.into()).unwrap().run().unwrap()
}

async fn database() -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    // It is gone with its last connection.
    options.max_connections(1);
    let connection = Database::connect(options).await.unwrap();
    let schema = Schema::new(connection.get_database_backend());
    connection.execute(&schema.create_table_from_entity(user::Entity)).await.unwrap();
    connection.execute(&schema.create_table_from_entity(bytes::Entity)).await.unwrap();
    connection
}

async fn add(connection: &DatabaseConnection, number: i64, name: &str, hash: Option<&str>) {
    let model = user::ActiveModel {
        tenant: Set(1),
        number: Set(number),
        name: Set(name.into()),
        hash: Set(hash.map(Into::into)),
        rights: Set("read".into()),
        locked: Set(false),
    };
    model.insert(connection).await.unwrap();
}

fn users(connection: &DatabaseConnection) -> ModelStore<user::Entity> {
    ModelUsers::<user::Entity>::new(user::Column::Name, user::Column::Hash)
        .disabled(|user| user.locked)
        .scopes(|user| Scopes::parse(&user.rights).unwrap_or_default())
        .over(connection.clone())
}

async fn login<S: Store>(
    store: &S,
    username: &str,
    password: &str,
) -> Result<Outcome<S::User>, S::Error> {
    drive(authenticator().login(username, password.into()), store, NOW).await
}

async fn logs_in<S: Store<Error = doorstep_sea_orm::Error>>(
    store: &S,
    username: &str,
    password: &str,
) -> bool {
    login(store, username, password).await.unwrap().granted().is_some()
}

/// A login up to where the new hash is to be put in the place of the old one.
async fn to_replace<S: Store<Error = doorstep_sea_orm::Error>>(
    store: &S,
    username: &str,
    password: &str,
) -> Replace<S::User> {
    let mut step = authenticator().login(username, password.into());
    loop {
        step = match step {
            Step::FindUser(ask) => match store.find_user(&ask).await.unwrap() {
                Some((user, account)) => ask.found(user, account),
                None => ask.not_found(),
            },
            Step::Verify(work) => work.run(),
            Step::Rehash(work) => work.run(),
            Step::Replace(ask) => return ask,
            Step::FindToken(_) | Step::Done(_) => panic!("the hash is not outdated"),
        };
    }
}

#[tokio::test]
async fn a_model_is_granted_with_what_its_columns_say() {
    let connection = database().await;
    add(&connection, 1, "alice", Some(&hash("a"))).await;
    add(&connection, 2, "robot", None).await;
    let store = users(&connection);
    let granted = login(&store, "alice", "a").await.unwrap().granted().unwrap();
    assert_eq!((granted.user().number, granted.scopes().as_str()), (1, "read"));
    assert!(!logs_in(&store, "alice", "b").await);
    assert!(!logs_in(&store, "robot", "").await);
    assert!(!logs_in(&store, "nobody", "a").await);

    connection.execute_unprepared("UPDATE users SET locked = 1").await.unwrap();
    let Ok(Outcome::Denied(denied)) = login(&store, "alice", "a").await else { panic!() };
    assert_eq!(denied.cause(), Cause::AccountDisabled);
}

#[tokio::test]
async fn a_collation_lets_nobody_in_as_another() {
    let connection = database().await;
    connection
        .execute_unprepared(
            "DROP TABLE users;
             CREATE TABLE users (tenant INTEGER, number INTEGER, name TEXT COLLATE NOCASE, hash TEXT,
                                 rights TEXT, locked INTEGER)",
        )
        .await
        .unwrap();
    add(&connection, 1, "admin", Some(&hash("a"))).await;
    let store = users(&connection);
    assert!(logs_in(&store, "admin", "a").await);
    // SQLite finds the row, and it is not this user's.
    assert!(!logs_in(&store, "Admin", "a").await);
    // With both there, each is found, whichever row comes first.
    add(&connection, 2, "Admin", Some(&hash("A"))).await;
    assert!(logs_in(&store, "Admin", "A").await && logs_in(&store, "admin", "a").await);
    assert!(!logs_in(&store, "Admin", "a").await && !logs_in(&store, "admin", "A").await);
    // Twice the same is for nobody to choose from.
    add(&connection, 3, "admin", Some(&hash("x"))).await;
    assert_eq!(login(&store, "admin", "a").await.unwrap_err().kind(), ErrorKind::Ambiguous);
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_where_it_still_is() {
    let connection = database().await;
    let same = outdated_hash("a");
    // The same hash in three rows: the key counts, all of it.
    add(&connection, 1, "alice", Some(&same)).await;
    add(&connection, 2, "bob", Some(&same)).await;
    let store = users(&connection);
    assert!(logs_in(&store, "alice", "a").await);
    let [alice, bob] = &user::Entity::find().all(&connection).await.unwrap()[..] else { panic!() };
    assert!(alice.hash.as_deref().unwrap().starts_with("$2b$"));
    assert_eq!(bob.hash.as_ref(), Some(&same));
    assert!(logs_in(&store, "alice", "a").await);

    // The password was changed while its hash was renewed.
    let ask = to_replace(&store, "bob", "a").await;
    let mut changed: user::ActiveModel = bob.clone().into();
    changed.hash = Set(Some(hash("b")));
    changed.update(&connection).await.unwrap();
    assert!(!store.replace_hash(&ask).await.unwrap());
    assert!(logs_in(&store, "bob", "b").await && !logs_in(&store, "bob", "a").await);
}

#[tokio::test]
async fn columns_of_bytes_are_compared_as_bytes() {
    let connection = database().await;
    let model = bytes::ActiveModel {
        name: Set("zo\u{eb}".into()),
        hash: Set(outdated_hash("z").into()),
        ..Default::default()
    };
    model.insert(&connection).await.unwrap();
    let store = ModelUsers::<bytes::Entity>::new(bytes::Column::Name, bytes::Column::Hash)
        .over(connection.clone());
    assert!(logs_in(&store, "zo\u{eb}", "z").await);
    let renewed = bytes::Entity::find().one(&connection).await.unwrap().unwrap();
    assert!(renewed.hash.starts_with(b"$2b$"));
    assert!(!logs_in(&store, "zoe\u{308}", "z").await);

    let wrong = ModelUsers::<bytes::Entity>::new(bytes::Column::Name, bytes::Column::Id)
        .over(connection.clone());
    assert_eq!(login(&wrong, "zo\u{eb}", "z").await.unwrap_err().kind(), ErrorKind::NotText);
}

#[tokio::test]
async fn it_knows_no_tokens_and_a_closed_database_grants_nobody() {
    let connection = database().await;
    add(&connection, 1, "alice", Some(&hash("a"))).await;
    let store = users(&connection);
    let step = authenticator().begin([("authorization", &b"Bearer abc"[..])]);
    let Ok(Outcome::Denied(denied)) = drive(step, &store, NOW).await else { panic!() };
    assert_eq!(denied.cause(), Cause::UnknownToken);

    connection.execute_unprepared("ALTER TABLE users RENAME TO elsewhere").await.unwrap();
    let error = login(&store, "alice", "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    connection.close().await.unwrap();
    let error = login(&store, "alice", "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!format!("{error} {error:?}").contains("alice"));
}
