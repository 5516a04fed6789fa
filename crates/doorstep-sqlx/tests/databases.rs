//! What must hold on every database. SQLite is always there; the servers' tests are ignored unless
//! they are asked for:
//!
//! ```sh
//! scripts/databases cargo test -p doorstep-sqlx --features postgres,mysql -- --include-ignored
//! ```

#![cfg(feature = "sqlite")]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod cases;
mod util;

/// The cases of `everywhere` on each database, and those of `servers` on those that a network leads to.
macro_rules! on_each_database {
    (everywhere { $($everywhere:tt)+ } servers { $($servers:tt)+ }) => {
        mod sqlite {
            tests!(sqlite: $($everywhere)+);
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            tests!(#[ignore = "needs DOORSTEP_POSTGRES_URL: scripts/databases"]
                postgres: $($everywhere)+ $($servers)+);
        }

        #[cfg(feature = "mysql")]
        mod mysql {
            tests!(#[ignore = "needs DOORSTEP_MYSQL_URL: scripts/databases"]
                mysql: $($everywhere)+ $($servers)+);
        }
    };
}

macro_rules! tests {
    ($(#[$ignored:meta])? $bed:ident: $($rest:tt)+) => {
        tests!(@rooms [$(#[$ignored])?] $bed $($rest)+);
    };
    (@rooms $ignored:tt $bed:ident $($room:ident: $($case:ident)+;)+) => {
        $($(tests!(@one $ignored $bed $room $case);)+)+
    };
    (@one [$(#[$ignored:meta])?] $bed:ident $room:ident $case:ident) => {
        #[tokio::test]
        $(#[$ignored])?
        async fn $case() {
            crate::cases::$room::$case(&crate::util::Bed::$bed().await).await;
        }
    };
}

/// What tests start as another process does its work here.
#[tokio::test]
#[ignore = "no test: those that need another process start it"]
async fn process() {
    util::process::serve().await;
}

mod sqlite_file {
    use crate::cases::sqlite_file as cases;

    #[tokio::test]
    async fn a_full_disk_lets_in_and_loses_nothing() {
        cases::a_full_disk_lets_in_and_loses_nothing(&crate::util::Bed::sqlite().await).await;
    }

    #[tokio::test]
    async fn a_column_that_ignores_case_lets_nobody_in() {
        cases::a_column_that_ignores_case_lets_nobody_in(&crate::util::Bed::sqlite().await).await;
    }

    #[tokio::test]
    async fn what_is_no_database_is_not_available() {
        cases::what_is_no_database_is_not_available(&crate::util::Bed::sqlite().await).await;
    }
}

on_each_database! {
    everywhere {
        users:
            user_ids_are_compared_byte_for_byte
            a_user_id_is_taken_once
            what_not_every_database_stores_is_refused
            a_batch_overwrites_nobody_and_is_all_or_nothing
            users_are_listed_in_pages
            a_disabled_account_is_denied_and_so_are_its_tokens
            a_deleted_user_leaves_no_token_behind
            a_user_without_a_password_logs_in_with_none;
        tokens:
            a_token_is_granted_what_it_was_made_for
            a_token_is_revoked_by_its_owner_alone
            a_token_expires
            the_last_use_is_written_once_an_hour;
        two_pools:
            what_one_does_the_other_sees
            one_new_hash_comes_of_two_logins
            a_replaced_hash_was_still_the_old_one
            a_changed_password_outlives_1000_rehashes
            migrations_run_at_once;
        two_processes:
            what_one_process_does_the_other_sees
            one_new_hash_comes_of_logins_in_two_processes
            a_password_changed_in_another_process_outlives_1000_rehashes
            two_processes_migrate_at_once;
        killed:
            a_killed_process_leaves_every_account_its_password;
        failures:
            without_tables_there_is_a_word_for_it
            a_closed_pool_grants_nobody
            an_error_cites_nobody
            a_held_lock_is_a_timeout_and_no_lost_connection;
        layer:
            without_tables_every_request_is_503
            without_a_free_connection_every_request_is_503
            a_hash_that_cannot_be_renewed_lets_in_and_stays
            a_read_only_database_lets_in_and_changes_nothing;
    }
    servers {
        network:
            a_server_that_is_gone_is_503_until_it_is_back
            a_network_that_swallows_is_503_and_keeps_no_connection
            a_terminated_connection_is_a_typed_error_and_the_next_one_works
            a_server_that_goes_during_a_rehash_keeps_the_password;
    }
}
