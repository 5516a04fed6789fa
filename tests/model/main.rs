//! The graph of the machine, explored to its end: every answer to every step, in every order, by one
//! request and by two at once. The table of `table.rs` says what comes of each answer, `machine.rs`
//! gives it to the machine, and the table in the docs of `doorstep::step` is held against both.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]
#![cfg(all(feature = "argon2", feature = "getrandom", feature = "kernels", feature = "pbkdf2"))]

mod machine;
mod race;
mod table;
#[path = "../util/mod.rs"]
mod util;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use doorstep::password::Workspace;

use machine::{Request, World};
use table::{Answer, Claim, How, Sent, State, answers, closure};

/// The two words of a transition's ends, and that of the answer between them.
type Row = (String, String, String);

#[test]
fn the_docs_have_every_transition_and_no_other() {
    let edges = closure().into_keys().flat_map(|state| {
        answers().filter_map(move |answer| Some((state, answer, state.next(answer)?)))
    });
    let rows = edges.filter_map(|(from, answer, to)| {
        let (answer, to) = match answer {
            Answer::Found(_) | Answer::Holds(_) => ("found", to.name()),
            Answer::NotFound => ("not_found", to.name()),
            Answer::Refuse => ("refuse", to.name()),
            // Of pieces, the docs know the last.
            Answer::Piece if from.name() == to.name() => return None,
            Answer::Run(_) | Answer::Piece => ("run", to.name()),
            Answer::Recall(_) => ("recall", to.name()),
            Answer::Skip => ("skip", to.name()),
            Answer::Defer => ("defer", to.name()),
            // The step goes on, and the request is granted.
            Answer::GrantNow => ("grant_now", "Granted"),
            Answer::Done(_) => ("done", to.name()),
            Answer::Send(_) | Answer::Entropy(_) | Answer::Drop => return None,
        };
        Some((from.name().into(), answer.into(), to.into()))
    });
    let (rows, documented) = (rows.collect::<BTreeSet<Row>>(), documented());
    let difference = |a: &BTreeSet<Row>, b| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(difference(&rows, &documented), [], "not in the docs");
    assert_eq!(difference(&documented, &rows), [], "only in the docs");
}

/// The rows of the docs' table: what stands in brackets explains.
fn documented() -> BTreeSet<Row> {
    let docs = include_str!("../../src/step.rs");
    let table = docs.split_once("//! # The transitions").unwrap().1;
    let table = table.split_once("//! ```text\n").unwrap().1.split_once("//! ```\n").unwrap().0;
    let rows: BTreeSet<_> = table
        .lines()
        .map(|line| {
            let mut words = line.trim_start_matches("//!").split_whitespace().map(String::from);
            (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
        })
        .collect();
    assert!(rows.len() > 10, "the table was not found");
    rows
}

/// Every state that can be reached, and every answer that can be given there.
#[test]
fn every_answer_in_every_state() {
    let states = closure();
    for world in [World::pbkdf2(), World::argon2()] {
        for (state, answer) in edges() {
            let path = [&*states[&state], &[answer]].concat();
            take(&world, &path, &mut Workspace::new());
        }
    }
    println!("{} states, {} answers", states.len(), edges().len());
}

/// Every path to its end, with one answer on it that may lead back to where it was given.
#[test]
fn every_answer_in_every_order() {
    for world in [World::pbkdf2(), World::argon2()] {
        let (mut paths, mut workspace) = (0, Workspace::new());
        for_each_path(1, &mut |path| {
            paths += 1;
            take(&world, path, &mut workspace);
        });
        println!("{paths} paths");
    }
}

/// Takes a path with the machine, and holds it against the table after each answer.
fn take<'w>(world: &'w World, path: &[Answer], workspace: &mut Workspace) -> (State, Request<'w>) {
    let (mut state, mut request) = (State::Begin, Request::new(world, 0));
    for &answer in path {
        state = state.next(answer).unwrap();
        request.answer(answer, workspace, state);
    }
    (state, request)
}

/// Every answer to every state.
fn edges() -> BTreeSet<(State, Answer)> {
    let edges = closure().into_keys().flat_map(|state| {
        let possible = move |answer: &Answer| state.next(*answer).is_some();
        answers().filter(possible).map(move |answer| (state, answer))
    });
    edges.collect()
}

/// Calls `visit` with each path from the beginning to an end that has at most `stays` answers that may
/// stay.
fn for_each_path(stays: usize, visit: &mut impl FnMut(&[Answer])) {
    fn go(state: State, stays: usize, path: &mut Vec<Answer>, visit: &mut impl FnMut(&[Answer])) {
        if state.is_end() {
            return visit(path);
        }
        for answer in answers() {
            let Some(next) = state.next(answer) else { continue };
            let left = stays.checked_sub(usize::from(answer.may_stay()));
            if let Some(left) = left {
                path.push(answer);
                go(next, left, path, visit);
                path.pop();
            }
        }
    }
    go(State::Begin, stays, &mut Vec::new(), visit);
}

/// Liveness: each answer leads nearer to the end, but for those that may stay, which never lead back to
/// an earlier step. Work that is run whole ends after a beginning and four answers.
#[test]
fn every_path_ends() {
    // How far it is from the end, by steps and then by pieces.
    let rank = |state| match state {
        State::Begin => (5, 0),
        State::FindUser(_) | State::FindToken => (4, 0),
        State::Verify { begun, .. } => (3, u32::from(!begun)),
        State::Rehash { begun, .. } => (2, u32::from(!begun)),
        State::Replace { .. } => (1, 0),
        State::Granted(_) | State::Anonymous | State::Denied(_) | State::Dropped => (0, 0),
    };
    for (state, answer) in edges() {
        let next = state.next(answer).unwrap();
        if answer.may_stay() {
            assert!(rank(next).0 <= rank(state).0, "{state:?} {answer:?} {next:?}");
        } else {
            assert!(rank(next) < rank(state), "{state:?} {answer:?} {next:?}");
        }
        assert!(next.is_end() || answers().any(|answer| next.next(answer).is_some()));
    }
    let (mut whole, mut in_pieces) = (0, 0);
    for_each_path(0, &mut |path| {
        in_pieces = in_pieces.max(path.len());
        if !path.contains(&Answer::Piece) {
            whole = whole.max(path.len());
        }
    });
    println!("at most {whole} answers, {in_pieces} with a pause in each work");
    assert_eq!((whole, in_pieces), (5, 7));
}

/// Whatever is stored, a client that is refused is told the same, byte for byte, and after as many
/// pieces of work.
#[test]
fn no_stored_cause_is_visible() {
    let world = World::pbkdf2();
    let is_run = |answer: &Answer| matches!(answer, Answer::Run(_));
    let mut pieces = BTreeSet::new();
    let mut shown: BTreeMap<Sent, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for_each_path(0, &mut |path| {
        let &Answer::Send(sent) = &path[0] else { panic!("begun by {:?}", path[0]) };
        let (state, request) = take(&world, path, &mut Workspace::new());
        let State::Denied(why) = state else { return };
        if why.is_stored() {
            // Who has an outdated hash costs what that costs: `Hashers::shares` is for that.
            let preferred = !path.contains(&Answer::Found(table::Account::AnothersOutdated));
            if preferred && path.contains(&Answer::Piece) && !path.iter().any(is_run) {
                pieces.insert(request.pieces);
            }
            let (causes, refusals) = shown.entry(sent).or_default();
            causes.insert(format!("{why:?}"));
            refusals.insert(request.refusal().unwrap());
        }
    });
    for (sent, (causes, refusals)) in &shown {
        println!("{sent:?}: {causes:?}");
        assert!(causes.len() >= 4, "{sent:?}: {causes:?}");
        assert_eq!(refusals.len(), 1, "{sent:?}: {refusals:?}");
    }
    assert_eq!(pieces.len(), 1, "{pieces:?}");
    assert!(shown.keys().eq(&[Sent::Login, Sent::Basic, Sent::Bearer, Sent::Proof]));
}

/// What is done next at a host that has two requests.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// The request of this number is answered.
    Answer(usize, Answer),
    /// Both wait for a verdict, and are run together.
    Both,
}

/// Two requests of two users that share an authenticator, a workspace and a batch.
struct Pair<'w> {
    requests: [Request<'w>; 2],
    states: [State; 2],
    workspace: &'w mut Workspace,
}

impl<'w> Pair<'w> {
    fn new(world: &'w World, workspace: &'w mut Workspace) -> Self {
        Self {
            requests: [0, 1].map(|who| Request::new(world, who)),
            states: [State::Begin; 2],
            workspace,
        }
    }

    /// Where a move leads, by the table of one request alone: neither knows of the other.
    fn next(states: [State; 2], next: Move) -> Option<[State; 2]> {
        match next {
            Move::Answer(number, answer) => {
                let mut states = states;
                states[number] = states[number].next(answer)?;
                Some(states)
            }
            Move::Both => match states {
                [first @ State::Verify { .. }, second @ State::Verify { .. }] => {
                    let run = Answer::Run(How::Together);
                    Some([first.next(run)?, second.next(run)?])
                }
                _ => None,
            },
        }
    }

    #[track_caller]
    fn make(&mut self, next: Move) {
        self.states = Self::next(self.states, next).unwrap();
        match next {
            Move::Answer(number, answer) => {
                let state = self.states[number];
                self.requests[number].answer(answer, self.workspace, state);
            }
            Move::Both => Request::run_both(&mut self.requests, self.workspace, self.states),
        }
    }
}

/// Every pair of states that two requests can be in, and every answer to either there.
#[test]
fn two_requests_are_each_as_if_alone() {
    let world = World::argon2();
    let moves = || {
        let of = |number| answers().map(move |answer| Move::Answer(number, answer));
        of(0).chain(of(1)).chain([Move::Both])
    };
    let begin = [State::Begin; 2];
    let mut ways = BTreeMap::from([(begin, Vec::new())]);
    let mut open = VecDeque::from([begin]);
    let (mut count, mut workspace) = (0, Workspace::new());
    while let Some(states) = open.pop_front() {
        for next in moves() {
            let Some(reached) = Pair::next(states, next) else { continue };
            count += 1;
            let way = ways[&states].clone();
            let mut pair = Pair::new(&world, &mut workspace);
            way.iter().chain([&next]).for_each(|&next| pair.make(next));
            ways.entry(reached).or_insert_with(|| {
                open.push_back(reached);
                [way, vec![next]].concat()
            });
        }
    }
    println!("{} pairs of states, {count} moves", ways.len());
    let alone = closure().len();
    assert_eq!(ways.len(), alone * alone);
}

/// Every order of the steps of two requests, for a path of each kind.
#[test]
fn two_requests_in_every_order() {
    let world = World::argon2();
    let mut paths: Vec<Vec<Answer>> = Vec::new();
    for_each_path(0, &mut |path| {
        let usual = |answer: &Answer| !matches!(answer, Answer::Drop | Answer::Refuse);
        let shared = |answer: &Answer| !matches!(answer, Answer::Run(How::Fresh | How::Together));
        let begun = [Answer::Send(Sent::Basic), Answer::Send(Sent::Bearer)].contains(&path[0]);
        if begun && path.iter().all(|answer| usual(answer) && shared(answer)) {
            paths.push(path.to_vec());
        }
    });
    // One for each set of states on the way: what differs besides is tried above.
    let mut kinds = BTreeSet::new();
    paths.retain(|path| {
        let mut state = State::Begin;
        kinds.insert(
            path.iter()
                .map(|&answer| {
                    state = state.next(answer).unwrap();
                    state.name()
                })
                .collect::<Vec<_>>(),
        )
    });
    let (mut orders, mut workspace) = (0, Workspace::new());
    for (number, first) in paths.iter().enumerate() {
        for second in &paths[number..] {
            race::for_each_order(&mut [first.len(), second.len()], &mut Vec::new(), &mut |order| {
                orders += 1;
                let mut pair = Pair::new(&world, &mut workspace);
                let mut rest = [first.iter(), second.iter()];
                for &number in order {
                    pair.make(Move::Answer(number, *rest[number].next().unwrap()));
                }
                assert!(pair.states.iter().all(|state| state.is_end()));
            });
        }
    }
    println!("{orders} orders of {} paths with each other", paths.len());
}

/// How far a beginning gets by itself, whoever is asked (DESIGN §2, the graph).
#[test]
fn what_the_request_alone_decides_asks_nobody() {
    let world = World::pbkdf2();
    for answer in answers() {
        let Some(state) = State::Begin.next(answer) else { continue };
        Request::new(&world, 0).answer(answer, &mut Workspace::new(), state);
        let asks =
            matches!(state, State::FindUser(Claim::Password | Claim::Proof) | State::FindToken);
        assert!(asks || state.is_end());
    }
}
