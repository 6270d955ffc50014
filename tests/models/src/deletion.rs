//! The deletion of a bucket against a PUT in flight: two deleters, one of which takes over what the other left, two
//! writers, and anybody who takes a deletion back. Each may stop or sleep at every step.

use stateright::{Checker, Model, Property};

/// A safeguard of the protocol that a mutation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The wait until nobody acts on the bucket as it was before.
    Wait,
    /// The writer's check of its lease, between the row and the LWT.
    Lease,
    /// The row that asks the head, before the head changes.
    Intent,
    /// The fence of heads that rows ask about.
    Fence,
    /// The bucket is dropped under the revision that its emptiness was proved under.
    Revision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bucket {
    Live,
    Deleting,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    None,
    Asks,
    Current,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Writer {
    Start,
    /// Saw a live bucket; whether the lease on that holds; the revision of the head that it read.
    Intent {
        lease: bool,
        read: u8,
    },
    Check {
        lease: bool,
        read: u8,
    },
    Lwt {
        lease: bool,
        read: u8,
    },
    Settle,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Deleter {
    Start,
    Mark(u8),
    Wait(u8),
    Proof(u8),
    /// Is to fence the head as it was read.
    Fence(u8, u8),
    Drop(u8),
    Revert(u8),
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    bucket: (Bucket, u8),
    head: (bool, u8),
    row: Row,
    writers: [Writer; 2],
    deleters: [Deleter; 2],
    /// The last revision that was given out.
    rev: u8,
}

#[derive(Debug, Clone)]
pub struct Deletion {
    pub without: Option<Without>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Step(&'static str, State);

/// Enough for every way that these can meet.
const REVISIONS_MAX: u8 = 9;

impl State {
    fn fresh(&mut self) -> u8 {
        self.rev += 1;
        self.rev
    }
}

impl Deletion {
    fn lacks(&self, safeguard: Without) -> bool {
        self.without == Some(safeguard)
    }

    fn writer(&self, state: &State, index: usize, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Writer| {
            let mut next = state.clone();
            next.writers[index] = change(&mut next);
            out.push(Step(label, next));
        };
        let now = state.writers[index];
        if now != Writer::Over {
            go("a writer dies", &|_| Writer::Over);
        }
        match now {
            Writer::Intent { lease: true, read } => go("a writer sleeps", &|_| Writer::Intent { lease: false, read }),
            Writer::Check { lease: true, read } => go("a writer sleeps", &|_| Writer::Check { lease: false, read }),
            Writer::Lwt { lease: true, read } => go("a writer sleeps", &|_| Writer::Lwt { lease: false, read }),
            _ => {}
        }
        match now {
            Writer::Start if state.bucket.0 == Bucket::Live => go("a writer sees a live bucket", &|state| {
                let next = Writer::Intent { lease: true, read: state.head.1 };
                if self.lacks(Without::Intent) { Writer::Check { lease: true, read: state.head.1 } } else { next }
            }),
            Writer::Intent { lease, read } => go("a writer announces", &|state| {
                state.row = Row::Asks;
                Writer::Check { lease, read }
            }),
            Writer::Check { lease, read } => go("a writer checks its lease", &|_| {
                if lease || self.lacks(Without::Lease) { Writer::Lwt { lease, read } } else { Writer::Start }
            }),
            Writer::Lwt { read, .. } => go("a writer's LWT", &|state| {
                if state.head.1 != read {
                    return Writer::Start;
                }
                state.head = (true, state.fresh());
                Writer::Settle
            }),
            Writer::Settle => go("a writer settles", &|state| {
                state.row = Row::Current;
                Writer::Over
            }),
            Writer::Start | Writer::Over => {}
        }
    }

    fn deleter(&self, state: &State, index: usize, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Deleter| {
            let mut next = state.clone();
            next.deleters[index] = change(&mut next);
            out.push(Step(label, next));
        };
        let now = state.deleters[index];
        if now != Deleter::Over {
            go("a deleter dies", &|_| Deleter::Over);
        }
        match now {
            Deleter::Start if state.bucket.0 != Bucket::Gone => {
                go("a deleter reads the bucket", &|state| Deleter::Mark(state.bucket.1));
            }
            Deleter::Mark(read) => go("a deleter marks the bucket", &|state| {
                if state.bucket.1 != read {
                    return Deleter::Over;
                }
                state.bucket = (Bucket::Deleting, state.fresh());
                Deleter::Wait(state.bucket.1)
            }),
            Deleter::Wait(rev) => {
                let leased = |writer: &Writer| {
                    matches!(
                        writer,
                        Writer::Intent { lease: true, .. }
                            | Writer::Check { lease: true, .. }
                            | Writer::Lwt { lease: true, .. }
                    )
                };
                if self.lacks(Without::Wait) || !state.writers.iter().any(leased) {
                    go("a deleter has waited", &|_| Deleter::Proof(rev));
                }
            }
            Deleter::Proof(rev) => go("a deleter reads the rows", &|state| match state.row {
                Row::Current => Deleter::Revert(rev),
                Row::Asks if self.lacks(Without::Fence) => {
                    if state.head.0 {
                        Deleter::Revert(rev)
                    } else {
                        Deleter::Drop(rev)
                    }
                }
                Row::Asks => Deleter::Fence(rev, state.head.1),
                Row::None => Deleter::Drop(rev),
            }),
            Deleter::Fence(rev, read) => go("a deleter fences the head", &|state| {
                if state.head.1 != read {
                    return Deleter::Proof(rev);
                }
                let holds = state.head.0;
                state.head.1 = state.fresh();
                state.row = if holds { Row::Current } else { Row::None };
                if holds { Deleter::Revert(rev) } else { Deleter::Drop(rev) }
            }),
            Deleter::Drop(rev) => go("a deleter drops the bucket", &|state| {
                if state.bucket.1 == rev || self.lacks(Without::Revision) {
                    state.bucket = (Bucket::Gone, state.fresh());
                }
                Deleter::Over
            }),
            Deleter::Revert(rev) => go("a deleter takes it back", &|state| {
                if state.bucket.1 == rev {
                    state.bucket = (Bucket::Live, state.fresh());
                }
                Deleter::Over
            }),
            Deleter::Start | Deleter::Over => {}
        }
    }
}

impl Model for Deletion {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            bucket: (Bucket::Live, 1),
            head: (false, 0),
            row: Row::None,
            writers: [Writer::Start; 2],
            deleters: [Deleter::Start; 2],
            rev: 1,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        for index in 0..2 {
            self.writer(state, index, actions);
            self.deleter(state, index, actions);
        }
        // A writer that finds a deletion which was left behind.
        if state.bucket.0 == Bucket::Deleting {
            let mut next = state.clone();
            next.bucket = (Bucket::Live, next.fresh());
            actions.push(Step("a deletion that was left behind is taken back", next));
        }
    }

    fn next_state(&self, _: &State, Step(_, next): Step) -> Option<State> {
        (next.rev <= REVISIONS_MAX).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no object is in a bucket that is gone", |_, state: &State| {
                state.bucket.0 != Bucket::Gone || !state.head.0
            }),
            Property::sometimes("a bucket goes", |_, state: &State| state.bucket.0 == Bucket::Gone),
        ]
    }
}

/// Searches everything; the number of states, and the way to an object that is lost, if there is one.
pub fn search(model: Deletion) -> (usize, Option<Vec<String>>) {
    let checker = model.checker().threads(1).spawn_bfs().join();
    let found = checker.discoveries().into_iter().find(|(name, _)| *name != "a bucket goes");
    let path = found.map(|(_, path)| {
        path.into_actions().into_iter().map(|Step(label, state)| format!("{label}: {state:?}")).collect()
    });
    (checker.unique_state_count(), path)
}
