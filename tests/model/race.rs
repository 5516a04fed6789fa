//! Two logins and a change of the password, of one account, in every order: the change stands.

use std::convert::Infallible;

use doorstep::password::Workspace;
use doorstep::{Outcome, Step};

use crate::machine::World;
use crate::util::User;

/// What an account's row holds, and the password that it was made of.
#[derive(Clone)]
struct Row {
    hash: String,
    password: &'static str,
}

/// A login is at most: look up, verify, hash anew, and put that where the old hash still is.
const STEPS: usize = 4;

/// Two logins' steps, and the one that changes the password.
const TURNS: [usize; 3] = [STEPS, STEPS, 1];

#[test]
fn a_new_password_outlives_every_order_of_two_logins() {
    let world = World::argon2();
    let mut orders = 0;
    for_each_order(&mut TURNS.clone(), &mut Vec::new(), &mut |order| {
        orders += 1;
        let row = play(&world, order, |row, old| row.hash == old);
        assert_eq!(row.password, world.users[1].password, "{order:?}");
    });
    println!("{orders} orders");
    assert_eq!(orders, 630);
}

/// Without a change, the hash is renewed by whoever comes first.
#[test]
fn two_logins_renew_a_hash_once() {
    let world = World::argon2();
    for_each_order(&mut [STEPS, STEPS, 0], &mut Vec::new(), &mut |order| {
        let row = play(&world, order, |row, old| row.hash == old);
        assert_eq!(row.password, world.users[0].password);
        assert_eq!(world.auth.hashers().needs_update(&row.hash), Ok(false), "{order:?}");
    });
}

/// What the comparison is for, and that the first test would notice.
#[test]
fn a_store_that_does_not_compare_undoes_a_change() {
    let world = World::argon2();
    let mut undone = 0;
    for_each_order(&mut TURNS.clone(), &mut Vec::new(), &mut |order| {
        let row = play(&world, order, |_, _| true);
        undone += usize::from(row.password != world.users[1].password);
    });
    println!("{undone} orders undo it");
    assert!(undone > 100);
}

/// Plays the turns in this order, and returns the row that they leave. `may_write` is the store's
/// condition to replace a hash.
fn play(world: &World, order: &[usize], may_write: impl Fn(&Row, &str) -> bool) -> Row {
    let [before, after] = &world.users;
    let mut row = Row { hash: before.outdated.clone(), password: before.password };
    let mut workspace = Workspace::new();
    let mut logins = [0, 1].map(|_| {
        let step: Step<User> = world.auth.login(before.name, before.password.into());
        Some((step, false))
    });
    for &turn in order {
        if turn == logins.len() {
            row = Row { hash: after.current.clone(), password: after.password };
            continue;
        }
        let (step, mut was_right) = logins[turn].take().unwrap();
        let next = match step {
            Step::FindUser(ask) => {
                was_right = row.password == before.password;
                ask.found(7, row.hash.as_str())
            }
            Step::Verify(work) => work.run_in(&mut workspace),
            Step::Rehash(work) => work.run_in(&mut workspace),
            Step::Replace(ask) => {
                let writes = may_write(&row, ask.old());
                if writes {
                    row = Row { hash: ask.new_hash().into(), password: before.password };
                }
                ask.done(Ok::<_, Infallible>(writes))
            }
            done @ Step::Done(_) => done,
            Step::FindToken(_) => panic!("a login has no token"),
        };
        logins[turn] = Some((next, was_right));
    }
    for (step, was_right) in logins.into_iter().flatten() {
        let Step::Done(outcome) = step else { panic!("{step:?}") };
        assert_eq!(matches!(outcome, Outcome::Granted(_)), was_right, "{order:?}");
    }
    let verdict = world.auth.hashers().verify(row.password.into(), &row.hash).unwrap();
    assert!(verdict.run().unwrap().is_match());
    row
}

/// Calls `visit` with each order in which so many turns of each can be taken.
pub fn for_each_order(
    left: &mut [usize],
    order: &mut Vec<usize>,
    visit: &mut impl FnMut(&[usize]),
) {
    if left.iter().all(|&left| left == 0) {
        return visit(order);
    }
    for who in 0..left.len() {
        if left[who] > 0 {
            left[who] -= 1;
            order.push(who);
            for_each_order(left, order, visit);
            order.pop();
            left[who] += 1;
        }
    }
}
