//! What counts, when, against whom, and in which memory. Issue 5 §1, throttling.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "axum")]
mod layer;

use std::io::Write as _;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Barrier;
use std::time::Duration;

use doorstep::{Refuse, TokenDigest};
use doorstep_test_alloc::{Watching, watch};
use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::limiter::{Limiter, Place};
use super::time::Time;
use super::{Attempt, Failures, Throttle, ThrottleLimits, Tried, Verdict};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.7";

/// A throttle, and its clock.
struct Bench {
    throttle: Throttle,
    clock: FakeRelativeClock,
}

fn failures(burst: u32, one_each: u64) -> Failures {
    let burst = NonZeroU32::new(burst).unwrap();
    Failures { burst, one_each: Duration::from_secs(one_each) }
}

/// Small enough to count, and addresses not in the way.
fn limits() -> ThrottleLimits {
    ThrottleLimits {
        username: failures(3, 60),
        address: failures(1000, 1),
        known: failures(2, 600),
        ..ThrottleLimits::default()
    }
}

impl Bench {
    fn new(limits: ThrottleLimits) -> Self {
        let clock = FakeRelativeClock::default();
        Self { throttle: Throttle::at(limits, Time::of(clock.clone())), clock }
    }

    /// By default of 3 failures for a name.
    fn small() -> Self {
        Self::new(limits())
    }

    fn by_address(burst: u32) -> Self {
        let (username, address) = (failures(1000, 1), failures(burst, 60));
        Self::new(ThrottleLimits { username, address, ..limits() })
    }

    fn begin(&self, tried: Tried<'_>, from: &str) -> Result<Attempt<'_>, u32> {
        let client = (!from.is_empty()).then(|| from.parse::<IpAddr>().unwrap());
        self.throttle.shared.begin(tried, client).map_err(|why| match why {
            Refuse::Throttled { retry_after } => retry_after,
            other => panic!("{other:?}"),
        })
    }

    fn login(&self, username: &str, from: &str) -> Result<Attempt<'_>, u32> {
        self.begin(Tried::Password { username }, from)
    }

    /// A login with this end, or how long it was to wait.
    #[track_caller]
    fn ends(&self, verdict: Verdict, username: &str, from: &str) -> Result<(), u32> {
        self.login(username, from).map(|attempt| end(attempt, verdict))
    }

    fn fails(&self, username: &str, from: &str) -> Result<(), u32> {
        self.ends(Verdict::Failed, username, from)
    }

    /// Until it is throttled; how often.
    fn exhaust(&self, username: &str, from: &str) -> usize {
        (0..10_000).take_while(|_| self.fails(username, from).is_ok()).count()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn pass_secs(&self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }
}

fn end(mut attempt: Attempt<'_>, verdict: Verdict) {
    attempt.verdict = verdict;
}

#[test]
fn so_many_fail_then_one_in_so_much_time() {
    let bench = Bench::small();
    assert_eq!(bench.exhaust("Aladdin", HERE), 3);
    // Another name has its own.
    assert_eq!(bench.fails("Jafar", HERE), Ok(()));
    // RFC 9110 §10.2.3: whole seconds; rounded up, since earlier would be in vain.
    assert_eq!(bench.fails("Aladdin", HERE), Err(60));
    bench.pass(Duration::from_millis(500));
    assert_eq!(bench.fails("Aladdin", THERE), Err(60));
    bench.pass(Duration::from_millis(58_501));
    assert_eq!(bench.fails("Aladdin", HERE), Err(1));
    bench.pass(Duration::from_millis(999));
    assert_eq!(bench.fails("Aladdin", HERE), Ok(()));
    assert_eq!(bench.fails("Aladdin", HERE), Err(60));
    // Asking again in vain makes it no worse.
    bench.pass_secs(60);
    assert_eq!(bench.exhaust("Aladdin", HERE), 1);
    bench.pass_secs(3 * 60);
    assert_eq!(bench.exhaust("Aladdin", HERE), 3);
}

/// OWASP ASVS 4.0.3 §2.2.1: no more than 100 failures in an hour; here also from where the user is
/// known.
#[test]
fn no_more_than_a_hundred_fail_in_any_hour() {
    let bench = Bench::new(ThrottleLimits::default());
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    let mut failed = Vec::new();
    for second in 0..3 * 3600 {
        // From as many addresses as one likes.
        let from = format!("10.0.{}.{}", second / 256, second % 256);
        let fails = |from| bench.fails("Aladdin", from).is_ok();
        while failed.len() < 1000 && (fails(&from) || fails(HERE)) {
            failed.push(second);
        }
        bench.pass_secs(1);
    }
    let in_hour = |from| failed.iter().filter(|at| (from..=from + 3600).contains(*at)).count();
    assert_eq!((0..2 * 3600).map(in_hour).max(), Some(100));
}

#[test]
fn grants_are_never_too_many() {
    let bench = Bench::new(ThrottleLimits::default());
    for _ in 0..10_000 {
        assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    }
    // What failed before is neither forgiven for it nor made worse.
    assert_eq!(bench.exhaust("Jafar", THERE), 40);
    let bench = Bench::small();
    assert_eq!(bench.fails("Aladdin", HERE), Ok(()));
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    assert_eq!(bench.exhaust("Aladdin", THERE), 2);
}

/// A thousand guesses at once: no more pass the check than may fail.
#[test]
fn undecided_attempts_hold_their_places() {
    let bench = Bench::small();
    let begin = || (0..1000).map(|_| bench.login("Aladdin", "")).collect::<Vec<_>>();
    let attempts = begin();
    assert_eq!(attempts.iter().filter(|attempt| attempt.is_ok()).count(), 3);
    // They may yet be granted.
    assert!(attempts.iter().skip(3).all(|attempt| attempt.as_ref().err() == Some(&1)));
    let mut attempts = attempts.into_iter().flatten();
    end(attempts.next().unwrap(), Verdict::Granted);
    end(attempts.next().unwrap(), Verdict::Failed);
    end(attempts.next().unwrap(), Verdict::Undecided);
    let attempts: Vec<_> = begin().into_iter().flatten().collect();
    assert_eq!(attempts.len(), 2);
    attempts.into_iter().for_each(|attempt| end(attempt, Verdict::Failed));
    assert_eq!(bench.fails("Aladdin", ""), Err(60));
}

/// The same with threads, which race for the places.
#[test]
fn threads_do_not_come_between_check_and_charge() {
    let limits = ThrottleLimits { username: failures(100, 60), ..limits() };
    let (bench, barrier) = (Bench::new(limits), Barrier::new(8));
    let failed: usize = std::thread::scope(|scope| {
        let guess = || {
            barrier.wait();
            (0..1000).filter(|_| bench.fails("Aladdin", HERE).is_ok()).count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(guess)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(failed, 100);
}

/// A store that fails and a pool without room are nobody's fault.
#[test]
fn what_was_not_decided_counts_nothing() {
    let bench = Bench::new(ThrottleLimits { address: failures(3, 60), ..limits() });
    for _ in 0..10 {
        assert_eq!(bench.ends(Verdict::Undecided, "Aladdin", HERE), Ok(()));
    }
    assert_eq!(bench.exhaust("Aladdin", HERE), 3);
}

/// Who hangs up has learnt nothing of the user, and may have cost a hash.
#[test]
fn hanging_up_is_charged_to_the_address() {
    let bench = Bench::by_address(5);
    for _ in 0..5 {
        assert_eq!(bench.ends(Verdict::HungUp, "Aladdin", HERE), Ok(()));
    }
    assert_eq!(bench.fails("Aladdin", HERE), Err(60));
    assert_eq!(bench.exhaust("Jafar", THERE), 5);
    // Browsers of those who are known hang up all day.
    let bench = Bench::by_address(5);
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    for _ in 0..100 {
        assert_eq!(bench.ends(Verdict::HungUp, "Aladdin", HERE), Ok(()));
    }
    assert_eq!(bench.exhaust("Aladdin", HERE), 5 + 2);
    let bench = Bench::small();
    for _ in 0..100 {
        assert_eq!(bench.ends(Verdict::HungUp, "Aladdin", HERE), Ok(()));
    }
    assert_eq!(bench.exhaust("Aladdin", THERE), 3);
}

/// RFC 4291 §2.5.5.2, RFC 6052 §2.1, RFC 6177.
#[test]
fn addresses_that_are_one() {
    let one = |addresses: &[&str]| {
        let bench = Bench::by_address(1);
        addresses
            .iter()
            .all(|from| bench.fails(from, addresses[0]).is_ok() == (*from == addresses[0]))
            && addresses[1..].iter().all(|from| bench.fails("Aladdin", from).is_err())
    };
    assert!(one(&["192.0.2.1", "::ffff:192.0.2.1", "64:ff9b::192.0.2.1"]));
    assert!(one(&["2001:db8::1", "2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff"]));
    assert!(!one(&["192.0.2.1", "192.0.2.2"]));
    assert!(!one(&["2001:db8::1", "2001:db8:0:1::1"]));
    assert!(!one(&["64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2"]));
    // But of a /48 together no more than of sixteen addresses.
    let bench = Bench::by_address(2);
    let from = |n: usize| format!("2001:db8:0:{n:x}::1");
    assert_eq!((0..1000).filter(|n| bench.fails("Aladdin", &from(*n)).is_ok()).count(), 2 * 16);
    assert_eq!(bench.fails("Aladdin", "2001:db8:1::1"), Ok(()));
}

/// Without an address the user-id alone counts.
#[test]
fn without_an_address_by_name() {
    let bench = Bench::by_address(1);
    for n in 0..100 {
        assert_eq!(bench.fails(&n.to_string(), ""), Ok(()));
    }
    let bench = Bench::small();
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", ""), Ok(()));
    assert_eq!(bench.exhaust("Aladdin", ""), 3);
    let token = TokenDigest::of(b"token");
    for _ in 0..5000 {
        end(bench.begin(Tried::Token(&token), "").unwrap(), Verdict::Failed);
    }
}

/// A lookup that ignores case must not give 2^n times the guesses.
#[test]
fn names_that_differ_in_case_share_a_quota() {
    let bench = Bench::small();
    for username in ["ALADDIN", "aladdin", "AlAdDiN"] {
        assert_eq!(bench.fails(username, HERE), Ok(()));
    }
    assert_eq!(bench.fails("Aladdin", HERE), Err(60));
    assert_eq!(bench.fails("Aladdin ", HERE), Ok(()));
}

/// Throttling is no weapon against users: not from elsewhere, and from their own address only with
/// what they type wrong themselves.
#[test]
fn who_is_known_there_is_let_through() {
    let bench = Bench::small();
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    assert_eq!(bench.exhaust("Aladdin", THERE), 3);
    for _ in 0..1000 {
        assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    }
    // From elsewhere not, and nobody else from there.
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", "192.0.2.2"), Err(60));
    assert_eq!(bench.exhaust("Jafar", THERE), 3);
    assert_eq!(bench.ends(Verdict::Granted, "Jafar", HERE), Err(60));
    // No guessing: two may fail, also at once; the answer is that to the others.
    let attempts: Vec<_> = (0..10).map(|_| bench.login("Aladdin", HERE)).collect();
    assert_eq!(attempts.iter().filter(|attempt| attempt.is_ok()).count(), 2);
    assert!(attempts.iter().skip(2).all(|attempt| attempt.as_ref().err() == Some(&60)));
    attempts.into_iter().flatten().for_each(|attempt| end(attempt, Verdict::Failed));
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Err(60));
    // It recovers in its own time.
    for second in 1..=600 {
        bench.pass_secs(1);
        bench.exhaust("Aladdin", THERE);
        let verdict = bench.ends(Verdict::Granted, "Aladdin", HERE);
        assert_eq!(verdict.is_ok(), second == 600, "{second} {verdict:?}");
    }
}

/// Who is known there is not locked out by neighbours either.
#[test]
fn a_throttled_address_lets_those_through_who_are_known_there() {
    let bench = Bench::by_address(5);
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    assert_eq!(bench.exhaust("Jafar", HERE), 5);
    assert_eq!(bench.ends(Verdict::Granted, "Aladdin", HERE), Ok(()));
    assert_eq!(bench.ends(Verdict::Granted, "Jasmine", HERE), Err(60));
    assert_eq!(bench.exhaust("Aladdin", HERE), 2);
}

/// One account with many addresses does not push out other users' pairs.
#[test]
fn pairs_are_forgotten_for_those_of_the_same_user() {
    let bench = Bench::small();
    let users: Vec<_> = (0..100).map(|n| format!("user {n}")).collect();
    for user in &users {
        assert_eq!(bench.ends(Verdict::Granted, user, HERE), Ok(()));
    }
    for n in 0..10_000 {
        let from = format!("2001:db8:{n:x}::1");
        assert_eq!(bench.ends(Verdict::Granted, "Jafar", &from), Ok(()));
    }
    let known = |user: &&String| {
        bench.exhaust(user, THERE);
        bench.ends(Verdict::Granted, user, HERE).is_ok()
    };
    // 16 384 sets: that one of the hundred shares Jafar's is possible.
    assert!(users.iter().filter(known).count() >= 98);
    bench.exhaust("Jafar", THERE);
    let known =
        |n: &i32| bench.ends(Verdict::Granted, "Jafar", &format!("2001:db8:{n:x}::1")).is_ok();
    assert_eq!((0..10_000).filter(known).collect::<Vec<_>>(), (9992..10_000).collect::<Vec<_>>());
}

/// By address only, apart from passwords, and without places: it is the store that is spared.
#[test]
fn tokens_count_by_address() {
    let bench = Bench::by_address(5);
    let (held, unknown) = (TokenDigest::of(b"held"), TokenDigest::of(b"unknown"));
    let [held, unknown] = [&held, &unknown].map(Tried::Token);
    let many: Vec<_> = (0..1000).map(|_| bench.begin(held, HERE).unwrap()).collect();
    many.into_iter().for_each(|attempt| end(attempt, Verdict::Granted));
    for _ in 0..5 {
        end(bench.begin(unknown, HERE).unwrap(), Verdict::Failed);
    }
    assert_eq!(bench.begin(unknown, HERE).err(), Some(60));
    // A neighbour's token that was granted there passes, and so do passwords and other addresses.
    let many: Vec<_> = (0..1000).map(|_| bench.begin(held, HERE).unwrap()).collect();
    many.into_iter().for_each(|attempt| end(attempt, Verdict::Granted));
    assert_eq!(bench.begin(held, THERE).map(drop), Ok(()));
    assert_eq!(bench.exhaust("Aladdin", HERE), 5);
}

/// A million names: as much memory as none, the throttled one is not forgotten, and others pass.
#[test]
fn a_million_names_take_no_memory() {
    let limits = ThrottleLimits::default();
    let (slots, bench) = (limits.slots, Bench::new(limits));
    assert!(bench.throttle.memory() <= 50 * slots, "{}", bench.throttle.memory());
    assert_eq!(bench.exhaust("victim", ""), 40);
    let (throttled, seen) = watch(&[], || {
        let fails = |n: &u32| {
            let mut name = [0; 8];
            write!(&mut name[..], "{n:08}").unwrap();
            bench.fails(str::from_utf8(&name).unwrap(), "").is_ok()
        };
        (0..1_000_000).filter(|n| !fails(n)).count()
    });
    assert_eq!(seen.allocations, 0);
    // Who has both slots of the victim's is throttled with it: one of 512 · 128² names, 0.12 of these.
    assert!(throttled <= 5, "{throttled}");
    assert_eq!(bench.fails("victim", ""), Err(90));
    let left = bench.exhaust("somebody", "");
    assert!((10..=40).contains(&left), "{left}");
}

/// Nobody is throttled for others' failures before a large part of the table is full.
#[test]
fn full_slots_hit_few_others() {
    let bench = Bench::new(ThrottleLimits::default());
    for n in 0..1000 {
        assert!(bench.exhaust(&format!("attacked {n}"), "") <= 40);
    }
    let hit = (0..10_000).filter(|n| bench.login(&format!("other {n}"), "").is_err()).count();
    // (1000 / 65 536)² of them would be two or three.
    assert!(hit <= 30, "{hit}");
}

/// Whatever a host asks for.
#[test]
fn extreme_limits_are_kept_without_a_panic() {
    let bursts = [1, 2, u32::MAX];
    let times = [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX];
    for (burst, one_each) in bursts.iter().flat_map(|burst| times.map(|time| (*burst, time))) {
        for slots in [0, 1, 255, 256, 1 << 12] {
            let all = Failures { burst: NonZeroU32::new(burst).unwrap(), one_each };
            let (username, address, known) = (all, all, all);
            let bench = Bench::new(ThrottleLimits { username, address, known, slots, ..limits() });
            for _ in 0..3 {
                let _ = bench.fails("Aladdin", "2001:db8::1");
                bench.pass_secs(1_000_000_000);
                let _ = bench.ends(Verdict::Granted, "Aladdin", "2001:db8::1");
            }
            if burst == 1 && one_each == Duration::MAX {
                let _ = bench.fails("Jafar", "");
                assert!(bench.fails("Jafar", "").is_err());
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Begin { name: u8, from: u8 },
    End { which: prop::sample::Index, verdict: u8 },
    Pass { millis: u64 },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        5 => (0..4_u8, 0..3_u8).prop_map(|(name, from)| Event::Begin { name, from }),
        4 => (any::<prop::sample::Index>(), 0..5_u8)
            .prop_map(|(which, verdict)| Event::End { which, verdict }),
        1 => (0..30_000_u64).prop_map(|millis| Event::Pass { millis }),
    ];
    prop::collection::vec(event, 0..300)
}

proptest! {
    /// In no time did more attempts pass the check that failed in the end than the quota has for
    /// that time; whatever came between check and verdict, and whoever shares the slots.
    #[test]
    fn never_more_failures_than_the_quota(events in events(), slots in prop::sample::select(vec![0, 1 << 12])) {
        let limits = ThrottleLimits { address: failures(5, 7), slots, ..limits() };
        let (by_name, by_address) = (limits.username, limits.address);
        let bench = Bench::new(limits);
        let (mut now, mut open) = (0_u64, Vec::new());
        // When they passed the check, by name and by address; pairs are never known.
        let (mut names, mut addresses) = (vec![vec![]; 4], vec![vec![]; 3]);
        for event in events {
            match event {
                Event::Begin { name, from } => {
                    let begun = bench.login(&name.to_string(), &format!("192.0.2.{from}"));
                    open.extend(begun.map(|attempt| (attempt, name, from, now)));
                }
                Event::End { which, verdict } if !open.is_empty() => {
                    let (attempt, name, from, begun) = open.swap_remove(which.index(open.len()));
                    match verdict {
                        0 => end(attempt, Verdict::Undecided),
                        _ => {
                            end(attempt, Verdict::Failed);
                            names[usize::from(name)].push(begun);
                            addresses[usize::from(from)].push(begun);
                        }
                    }
                }
                Event::End { .. } => {}
                Event::Pass { millis } => {
                    now += millis;
                    bench.pass(Duration::from_millis(millis));
                }
            }
        }
        names.into_iter().for_each(|failed| assert_within(failed, by_name));
        addresses.into_iter().for_each(|failed| assert_within(failed, by_address));
    }

    /// And what is granted is never in another's way, as long as there are places.
    #[test]
    fn grants_leave_no_trace(events in events()) {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::new(failures(300, 60), 0, Time::of(clock.clone()));
        // Slots of its own for each, in both rows.
        let enter = |name: u8| limiter.enter(u64::from(name) | u64::from(name) << 16);
        let mut open = Vec::new();
        for event in events {
            match event {
                Event::Begin { name, .. } => open.push(enter(name).unwrap()),
                Event::End { which, .. } if !open.is_empty() => {
                    open.swap_remove(which.index(open.len()));
                }
                Event::End { .. } => {}
                Event::Pass { millis } => clock.advance(Duration::from_millis(millis)),
            }
        }
        drop(open);
        for name in 0..4 {
            let places: Vec<_> = (0..1000).map_while(|_| enter(name).ok()).collect();
            prop_assert_eq!(places.len(), 300);
        }
    }

    /// The same of keys that share their slots, each with two others: what one uses is never lost to
    /// what others do, not even while a slot is full.
    #[test]
    fn shared_slots_forget_nothing(
        events in prop::collection::vec((0..4_u64, any::<bool>(), 0..40_u64), 0..200),
    ) {
        let clock = FakeRelativeClock::default();
        let quota = failures(3, 60);
        let limiter = Limiter::new(quota, 0, Time::of(clock.clone()));
        let (mut now, mut failed, mut open) = (0, vec![vec![]; 4], vec![]);
        for (key, is_late, seconds) in events {
            // Bits of the first row, and of the second.
            if let Ok(place) = limiter.enter((key & 1) | (key & 2) << 15) {
                failed[key as usize].push(now);
                open.push(place);
            }
            if !is_late {
                open.iter_mut().for_each(Place::charge);
                open.clear();
            }
            now += seconds * 1000;
            clock.advance(Duration::from_secs(seconds));
        }
        open.iter_mut().for_each(Place::charge);
        drop(open);
        failed.into_iter().for_each(|failed| assert_within(failed, quota));
    }
}

/// In no stretch of time were there more than the burst and what is forgiven in it. In milliseconds.
#[track_caller]
fn assert_within(mut failed: Vec<u64>, quota: Failures) {
    failed.sort_unstable();
    for (at, first) in failed.iter().enumerate() {
        for (more, last) in failed[at..].iter().enumerate() {
            let forgiven = (last - first) / quota.one_each.as_millis() as u64;
            assert!((more as u64) < u64::from(quota.burst.get()) + forgiven, "{failed:?}");
        }
    }
}
