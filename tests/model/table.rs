//! What should come of every answer to every step. Knows nothing of the machine but its words.

use std::collections::{BTreeMap, VecDeque};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing was sent yet.
    Begin,
    FindUser(Claim),
    FindToken,
    /// `begun`: some of the work is done.
    Verify {
        account: Account,
        begun: bool,
    },
    /// `answered`: the client has its grant, and the step goes on behind the response.
    Rehash {
        begun: bool,
        salted: bool,
        answered: bool,
    },
    Replace {
        answered: bool,
    },
    Granted(Left),
    Anonymous,
    Denied(Why),
    /// The host lost interest.
    Dropped,
}

/// What is to be looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    Password,
    Proof,
}

/// Which receipt a grant leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    None,
    /// For the hash that was verified.
    ForTheHash,
    /// For the hash that was stored in its place.
    ForTheNewHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    Malformed,
    Duplicate,
    Ambiguous,
    TooLong,
    UnknownUser,
    NoPassword,
    AccountDisabled,
    UnusableHash,
    Mismatch,
    UnknownToken,
    AnotherToken,
    TokenExpired,
    TokenRevoked,
    Refused,
}

impl Why {
    /// Whether it is decided by what the host has stored, and so must not show.
    pub fn is_stored(self) -> bool {
        use Why::{Ambiguous, Duplicate, Malformed, Refused, TooLong};
        !matches!(self, Malformed | Duplicate | Ambiguous | TooLong | Refused)
    }
}

/// What a host can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Send(Sent),
    Found(Account),
    Holds(Token),
    NotFound,
    Refuse,
    Run(How),
    /// `advance(0)`: the first piece and, of work that is begun, all the others.
    Piece,
    Recall(Offer),
    /// `with_rng`, of a generator that has some or has none.
    Entropy(bool),
    Skip,
    Defer,
    GrantNow,
    Done(Stored),
    Drop,
}

impl Answer {
    /// Those after which a request may be where it was. A host that gives no others is its own undoing.
    pub fn may_stay(self) -> bool {
        matches!(self, Answer::Recall(_) | Answer::Entropy(_) | Answer::GrantNow)
    }
}

/// How a request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    Login,
    LoginWithControl,
    Basic,
    Bearer,
    Proof,
    Nothing,
    UnknownScheme,
    Malformed,
    Twice,
    TwoSchemes,
    TooLong,
}

/// What is found under a user-id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    Right,
    /// The right password's, as nobody would hash it today.
    Outdated,
    /// The hash, and with it the user, of the other request.
    Anothers,
    AnothersOutdated,
    /// Not found at all.
    Nobody,
    NoPassword,
    Disabled,
    /// A hash, and a character behind it.
    Corrupt,
    UnknownFormat,
    OverTheLimit,
}

/// What is found under a token's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    Good,
    Anothers,
    Expired,
    Revoked,
    OfDisabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// In fresh memory.
    Fresh,
    /// In the workspace that all share.
    Shared,
    /// In company of somebody who gets nothing.
    Together,
}

/// Whose receipt is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offer {
    /// This user's, for the hash that is current.
    Own,
    /// The same, for the outdated hash, from when it was not.
    OwnOutdated,
    Anothers,
}

/// What the store says of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stored {
    Replaced,
    /// Another hash is there by now.
    Changed,
    Failed,
}

impl State {
    /// The table: `None` for what the compiler lets nobody answer here.
    pub fn next(self, answer: Answer) -> Option<State> {
        use Answer::{Defer, Done, Drop, Entropy, Found, GrantNow, Holds, NotFound, Piece, Recall};
        use Answer::{Refuse, Run, Send, Skip};
        use State::{Anonymous, Begin, Denied, Dropped, FindToken, FindUser, Granted, Rehash};
        use State::{Replace, Verify};

        let verify = |account| Verify { account, begun: false };
        let rehash = |salted, answered| Rehash { begun: false, salted, answered };
        Some(match (self, answer) {
            (Begin, Send(Sent::Login | Sent::Basic)) => FindUser(Claim::Password),
            (Begin, Send(Sent::Proof)) => FindUser(Claim::Proof),
            (Begin, Send(Sent::Bearer)) => FindToken,
            (Begin, Send(Sent::Nothing | Sent::UnknownScheme)) => Anonymous,
            (Begin, Send(Sent::Malformed | Sent::LoginWithControl)) => Denied(Why::Malformed),
            (Begin, Send(Sent::Twice)) => Denied(Why::Duplicate),
            (Begin, Send(Sent::TwoSchemes)) => Denied(Why::Ambiguous),
            (Begin, Send(Sent::TooLong)) => Denied(Why::TooLong),

            (FindUser(Claim::Password), Found(account)) => verify(account),
            (FindUser(Claim::Password), NotFound) => verify(Account::Nobody),
            (FindUser(Claim::Proof), Found(Account::Right)) => Granted(Left::None),
            (FindUser(Claim::Proof), Found(account)) => Denied(match account {
                Account::NoPassword => Why::NoPassword,
                Account::Disabled => Why::AccountDisabled,
                _ => Why::Mismatch,
            }),
            (FindUser(Claim::Proof), NotFound) => Denied(Why::UnknownUser),
            (FindUser(_), Refuse) => Denied(Why::Refused),

            (FindToken, Holds(Token::Good)) => Granted(Left::None),
            (FindToken, Holds(Token::Anothers)) => Denied(Why::AnotherToken),
            (FindToken, Holds(Token::Expired)) => Denied(Why::TokenExpired),
            (FindToken, Holds(Token::Revoked)) => Denied(Why::TokenRevoked),
            (FindToken, Holds(Token::OfDisabled)) => Denied(Why::AccountDisabled),
            (FindToken, NotFound) => Denied(Why::UnknownToken),
            (FindToken, Refuse) => Denied(Why::Refused),

            (Verify { account: Account::Right, .. }, Recall(Offer::Own)) => {
                Granted(Left::ForTheHash)
            }
            (Verify { .. }, Recall(_)) => self,
            (Verify { account, begun: false }, Piece) => Verify { account, begun: true },
            (Verify { account, .. }, Run(_) | Piece) => match account {
                Account::Right => Granted(Left::ForTheHash),
                Account::Outdated => rehash(true, false),
                Account::Anothers | Account::AnothersOutdated => Denied(Why::Mismatch),
                Account::Nobody => Denied(Why::UnknownUser),
                Account::NoPassword => Denied(Why::NoPassword),
                Account::Disabled => Denied(Why::AccountDisabled),
                Account::Corrupt | Account::UnknownFormat | Account::OverTheLimit => {
                    Denied(Why::UnusableHash)
                }
            },
            (Verify { .. }, Refuse) => Denied(Why::Refused),

            (Rehash { salted: false, .. }, Run(How::Fresh | How::Shared) | Piece) => {
                Granted(Left::None)
            }
            (Rehash { begun: false, salted, answered }, Piece) => {
                Rehash { begun: true, salted, answered }
            }
            (Rehash { answered, .. }, Run(How::Fresh | How::Shared) | Piece) => {
                Replace { answered }
            }
            (Rehash { answered, .. }, Entropy(some)) => rehash(some, answered),
            (Rehash { .. }, Skip | Defer) => Granted(Left::None),
            (Rehash { begun, salted, .. }, GrantNow) => Rehash { begun, salted, answered: true },

            (Replace { .. }, Done(Stored::Replaced)) => Granted(Left::ForTheNewHash),
            (Replace { .. }, Done(Stored::Changed | Stored::Failed)) => Granted(Left::None),

            (Begin, _) => return None,
            (state, Drop) if !state.is_end() => Dropped,
            _ => return None,
        })
    }

    pub fn is_end(self) -> bool {
        use State::{Anonymous, Denied, Dropped, Granted};
        matches!(self, Granted(_) | Anonymous | Denied(_) | Dropped)
    }

    /// As the documentation calls it.
    pub fn name(self) -> &'static str {
        match self {
            State::Begin => "Begin",
            State::FindUser(_) => "FindUser",
            State::FindToken => "FindToken",
            State::Verify { .. } => "Verify",
            State::Rehash { .. } => "Rehash",
            State::Replace { .. } => "Replace",
            State::Granted(_) => "Granted",
            State::Anonymous => "Anonymous",
            State::Denied(_) => "Denied",
            State::Dropped => "Dropped",
        }
    }
}

/// Every answer there is, to whatever step.
pub fn answers() -> impl Iterator<Item = Answer> + Clone {
    use Account::{Anothers, AnothersOutdated, Corrupt, Disabled, NoPassword, Outdated};
    use Account::{OverTheLimit, Right, UnknownFormat};
    let sent = [
        Sent::Login,
        Sent::LoginWithControl,
        Sent::Basic,
        Sent::Bearer,
        Sent::Proof,
        Sent::Nothing,
        Sent::UnknownScheme,
        Sent::Malformed,
        Sent::Twice,
        Sent::TwoSchemes,
        Sent::TooLong,
    ];
    let accounts = [
        Right,
        Outdated,
        Anothers,
        AnothersOutdated,
        NoPassword,
        Disabled,
        Corrupt,
        UnknownFormat,
        OverTheLimit,
    ];
    let tokens = [Token::Good, Token::Anothers, Token::Expired, Token::Revoked, Token::OfDisabled];
    let others = [
        Answer::NotFound,
        Answer::Refuse,
        Answer::Run(How::Fresh),
        Answer::Run(How::Shared),
        Answer::Run(How::Together),
        Answer::Piece,
        Answer::Recall(Offer::Own),
        Answer::Recall(Offer::OwnOutdated),
        Answer::Recall(Offer::Anothers),
        Answer::Entropy(true),
        Answer::Entropy(false),
        Answer::Skip,
        Answer::Defer,
        Answer::GrantNow,
        Answer::Done(Stored::Replaced),
        Answer::Done(Stored::Changed),
        Answer::Done(Stored::Failed),
        Answer::Drop,
    ];
    sent.into_iter()
        .map(Answer::Send)
        .chain(accounts.into_iter().map(Answer::Found))
        .chain(tokens.into_iter().map(Answer::Holds))
        .chain(others)
}

/// Each state that can be reached, with a shortest way to it.
pub fn closure() -> BTreeMap<State, Vec<Answer>> {
    let mut ways = BTreeMap::from([(State::Begin, Vec::new())]);
    let mut open = VecDeque::from([State::Begin]);
    while let Some(state) = open.pop_front() {
        for answer in answers() {
            let Some(next) = state.next(answer) else { continue };
            if !ways.contains_key(&next) {
                let mut way = ways[&state].clone();
                way.push(answer);
                ways.insert(next, way);
                open.push_back(next);
            }
        }
    }
    ways
}
