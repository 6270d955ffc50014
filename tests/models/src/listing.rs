//! One key and its index rows: writers, a lister, a repairer and a split, each of which may stop or sleep at every step.
//!
//! The head is (value, revision, time); a row is (state, value, time, time of its deletion) in the source partition and
//! in the target. Nothing is real but the order of events: timestamps are small numbers, and a lease is a flag that may
//! fall at any moment and then says that its holder acts on an old map.

use std::fmt::Debug;

use stateright::{Checker, Model, Property};

/// A safeguard of the protocol that a mutation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The row that asks the head, before the head changes.
    Intent,
    /// The fence before a row is corrected.
    Fence,
    /// The writer's check of its lease, between the row and the LWT.
    WritersLease,
    /// The lister's check of its lease, after its read.
    ListersLease,
    /// The wait before rows are copied.
    WaitBeforeCopy,
    /// The background write goes where the LWT's own view says.
    OwnView,
    /// After a lost reply the same revision is sent again, not a fresh one.
    SameRevision,
    /// After a lost reply anything unexpected is an error, not a second try.
    GiveUpWhenOvertaken,
    /// The repairer's check of its lease, before its fence.
    RepairersLease,
}

/// What a writer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Put,
    /// Its clock is ahead.
    PutAhead,
    Delete,
    DeleteAhead,
}

type Value = Option<u8>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Head {
    value: Value,
    /// Of the writer or the repairer that wrote it; 0 is nobody's.
    rev: u8,
    ts: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Row {
    /// None: no column was ever written.
    asks: Option<bool>,
    value: Value,
    ts: u8,
    deleted: u8,
}

impl Row {
    /// What is seen of it: whether it asks, its value, its time.
    fn seen(self) -> Option<(bool, Value, u8)> {
        self.asks.filter(|_| self.ts > self.deleted).map(|asks| (asks, self.value, self.ts))
    }

    fn write(&mut self, asks: bool, value: Value, ts: u8) {
        if (ts, asks) > (self.ts, self.asks == Some(true)) {
            (self.asks, self.value, self.ts) = (Some(asks), value, ts);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Start,
    /// Rows still to be written.
    Intent(u8),
    Lwt,
    /// The reply was lost.
    Unknown,
    /// Rows still to be settled.
    Settle(u8),
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Writer {
    kind: Kind,
    at: At,
    view: u8,
    lease: bool,
    read: Head,
    rev: u8,
    new: u8,
    tries: u8,
    /// An LWT whose reply was lost, on its way still: it may land once.
    flight: Option<Flight>,
    resent: bool,
    /// How often what it wants was done.
    effects: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Flight {
    read: Head,
    rev: u8,
    new: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Copying {
    Not,
    ToRead,
    Read(bool, Value, u8),
    Done,
}

/// Values that the head had while a lister was at work.
type Seen = u8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lister {
    Idle,
    Reads {
        view: u8,
        lease: bool,
        heads: Seen,
    },
    Checks {
        view: u8,
        lease: bool,
        heads: Seen,
        row: Option<(bool, Value, u8)>,
    },
    /// What it answered was no value that the head had meanwhile.
    Wrong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Repairer {
    Idle,
    Saw { view: u8, lease: bool, ts: u8, head: Head },
    Fixes { todo: u8, head: Head, view: u8, lease: bool },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    phase: u8,
    head: Head,
    /// The source and the target.
    rows: [Row; 2],
    writers: Vec<Writer>,
    copying: Copying,
    lister: Lister,
    repairer: Repairer,
    /// Fences so far.
    fences: u8,
    /// No clock shows less.
    now: u8,
}

/// Bit 0: the source; bit 1: the target.
const WRITTEN: [u8; 6] = [0b01, 0b11, 0b11, 0b11, 0b10, 0b10];
const READ: [usize; 6] = [0, 0, 0, 1, 1, 1];
const AHEAD: u8 = 4;
const FENCES_MAX: u8 = 2;

fn bit(value: Value) -> Seen {
    1 << value.unwrap_or_default()
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct Listing {
    pub kinds: Vec<Kind>,
    pub split: bool,
    pub repair: bool,
    /// The key is there at the start.
    pub there: bool,
    /// How often a refused writer starts again.
    pub retries: u8,
    /// Replies may be lost, and an LWT may land late.
    pub losses: bool,
    pub without: Option<Without>,
}

/// A step, and where it leads.
#[derive(Debug, Clone, PartialEq)]
pub struct Step(&'static str, State);

/// Takes a step of a writer: its name, and what it changes.
type Go<'a> = &'a mut dyn FnMut(&'static str, &dyn Fn(&mut State, &mut Writer));

impl Listing {
    fn lacks(&self, safeguard: Without) -> bool {
        self.without == Some(safeguard)
    }

    /// Nobody acts on an older map.
    fn everyone_is_at(&self, state: &State) -> bool {
        let phase = state.phase;
        let lister = match state.lister {
            Lister::Reads { view, lease, .. } | Lister::Checks { view, lease, .. } => !lease || view == phase,
            Lister::Idle | Lister::Wrong => true,
        };
        let repairer = match state.repairer {
            Repairer::Saw { view, lease, .. } | Repairer::Fixes { view, lease, .. } => !lease || view == phase,
            Repairer::Idle => true,
        };
        lister && repairer && state.writers.iter().all(|writer| !writer.lease || writer.view == phase)
    }

    fn writers(&self, state: &State, out: &mut Vec<Step>) {
        for index in 0..state.writers.len() {
            let writer = state.writers[index];
            let mut go = |label, change: &dyn Fn(&mut State, &mut Writer)| {
                let mut next = state.clone();
                let mut changed = writer;
                change(&mut next, &mut changed);
                if changed.at == At::Over {
                    // What it knew makes no difference any more.
                    let Writer { kind, flight, effects, .. } = changed;
                    changed = Writer { at: At::Over, flight, effects, ..Writer::fresh(kind) };
                }
                next.writers[index] = changed;
                out.push(Step(label, next));
            };
            if let Some(flight) = writer.flight {
                go("an LWT lands late", &|state, writer| {
                    writer.flight = None;
                    state.lwt(writer, index, flight);
                });
            }
            if writer.at == At::Over {
                continue;
            }
            go("a writer dies", &|_, writer| writer.at = At::Over);
            if writer.lease {
                go("a writer sleeps", &|_, writer| writer.lease = false);
            }
            self.announce(writer, index, &mut go);
            self.decide(writer, index, &mut go);
            self.settle(writer, index, &mut go);
        }
    }

    fn again(&self, writer: &mut Writer) {
        if writer.tries < self.retries {
            let Writer { tries, new, flight, effects, .. } = *writer;
            *writer = Writer { tries: tries + 1, new, flight, effects, ..Writer::fresh(writer.kind) };
        } else {
            writer.at = At::Over;
        }
    }

    /// A writer before its LWT: it reads, announces in each shard, and looks at its lease.
    fn announce(&self, writer: Writer, index: usize, go: Go<'_>) {
        match writer.at {
            At::Start => go("a writer reads", &|state, writer| {
                let deletes = matches!(writer.kind, Kind::Delete | Kind::DeleteAhead);
                if deletes && state.head.value.is_none() {
                    writer.at = At::Over;
                    return;
                }
                let ahead = matches!(writer.kind, Kind::PutAhead | Kind::DeleteAhead);
                writer.new = state.head.ts.max(writer.new).max(state.now) + 2 + if ahead { AHEAD } else { 0 };
                writer.rev = 1 + 8 * index as u8 + 2 * writer.tries;
                (writer.read, writer.view, writer.lease) = (state.head, state.phase, true);
                writer.at = At::Intent(if self.lacks(Without::Intent) { 0 } else { WRITTEN[state.phase as usize] });
            }),
            At::Intent(0) if writer.lease || self.lacks(Without::WritersLease) => {
                go("a writer's lease holds", &|_, writer| writer.at = At::Lwt);
            }
            At::Intent(0) => go("a writer's lease is over", &|_, writer| self.again(writer)),
            At::Intent(todo) => go("a writer announces", &|state, writer| {
                let (row, left) = first(todo);
                state.rows[row].write(true, None, writer.new);
                writer.at = At::Intent(left);
            }),
            _ => {}
        }
    }

    /// A writer's LWT, and what it does when it does not know its outcome.
    fn decide(&self, writer: Writer, index: usize, go: Go<'_>) {
        match writer.at {
            At::Lwt => {
                let sent = Flight { read: writer.read, rev: writer.rev, new: writer.new };
                go("a writer's LWT", &|state, writer| {
                    if state.lwt(writer, index, sent) {
                        writer.at = At::Settle(WRITTEN[writer.view as usize]);
                    } else if writer.resent && !self.lacks(Without::GiveUpWhenOvertaken) {
                        // The first may have been done, and undone since.
                        writer.at = At::Over;
                    } else {
                        self.again(writer);
                    }
                });
                if self.losses && writer.flight.is_none() && !writer.resent {
                    go("a reply is lost", &|_, writer| (writer.at, writer.flight) = (At::Unknown, Some(sent)));
                }
            }
            At::Unknown => go("a writer looks", &|state, writer| {
                let own = state.head.rev == writer.rev;
                if own {
                    writer.at = At::Settle(WRITTEN[writer.view as usize]);
                } else if state.head == writer.read && !writer.resent {
                    // The first may still land; then this one is refused, or the other way round.
                    (writer.at, writer.resent) = (At::Lwt, true);
                    if self.lacks(Without::SameRevision) {
                        writer.rev += 1;
                    }
                } else if self.lacks(Without::GiveUpWhenOvertaken) {
                    self.again(writer);
                } else {
                    writer.at = At::Over;
                }
            }),
            _ => {}
        }
    }

    /// A writer after its LWT: it writes what is true into each shard.
    fn settle(&self, writer: Writer, index: usize, go: Go<'_>) {
        let At::Settle(todo) = writer.at else { return };
        go("a writer settles", &|state, writer| {
            let all = WRITTEN[writer.view as usize];
            let todo = if self.lacks(Without::OwnView) && todo == all { WRITTEN[state.phase as usize] } else { todo };
            let (row, left) = first(todo);
            match writer.value(index) {
                Some(value) => state.rows[row].write(false, Some(value), writer.new + 1),
                None => state.rows[row].deleted = state.rows[row].deleted.max(writer.new + 1),
            }
            writer.at = if left == 0 { At::Over } else { At::Settle(left) };
        });
    }

    fn split(&self, state: &State, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State)| {
            let mut next = state.clone();
            change(&mut next);
            out.push(Step(label, next));
        };
        let waited = self.everyone_is_at(state);
        match (state.phase, state.copying) {
            (0 | 3, _) if waited => go("the map takes a step", &|state| {
                state.phase += 1;
                state.copying = Copying::Not;
            }),
            (4, _) if waited => go("the source is deleted", &|state| {
                state.phase = 5;
                state.rows[0] = Row { deleted: u8::MAX, ..Row::default() };
            }),
            (1, _) if waited || self.lacks(Without::WaitBeforeCopy) => go("the copy begins", &|state| {
                (state.phase, state.copying) = (2, Copying::ToRead);
            }),
            (2, Copying::ToRead) => go("a row is read to be copied", &|state| {
                state.copying =
                    state.rows[0].seen().map_or(Copying::Done, |(asks, value, ts)| Copying::Read(asks, value, ts));
            }),
            (2, Copying::Read(asks, value, ts)) => go("a row is copied", &|state| {
                state.rows[1].write(asks, value, ts);
                state.copying = Copying::Done;
            }),
            (2, Copying::Done) if waited => go("the map takes a step", &|state| {
                (state.phase, state.copying) = (3, Copying::Not);
            }),
            _ => {}
        }
    }

    fn lister(&self, state: &State, out: &mut Vec<Step>) {
        let mut go = |label, lister| out.push(Step(label, State { lister, ..state.clone() }));
        match state.lister {
            Lister::Idle => {
                go("a lister begins", Lister::Reads { view: state.phase, lease: true, heads: bit(state.head.value) });
            }
            Lister::Reads { view, lease, heads } => {
                let row = state.rows[READ[view as usize]].seen();
                go("a lister reads", Lister::Checks { view, lease, heads, row });
                if lease {
                    go("a lister sleeps", Lister::Reads { view, lease: false, heads });
                }
            }
            Lister::Checks { view, lease, heads, row } => {
                if lease {
                    go("a lister sleeps", Lister::Checks { view, lease: false, heads, row });
                }
                let wrong = match row {
                    // The head has the last word.
                    Some((true, ..)) => false,
                    Some((false, value, _)) => heads & bit(value) == 0,
                    None => heads & bit(None) == 0,
                };
                let believed = lease || self.lacks(Without::ListersLease);
                go("a lister answers", if believed && wrong { Lister::Wrong } else { Lister::Idle });
            }
            Lister::Wrong => {}
        }
    }

    fn repairer(&self, state: &State, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State)| {
            let mut next = state.clone();
            change(&mut next);
            out.push(Step(label, next));
        };
        match state.repairer {
            Repairer::Idle => {
                if let Some((true, _, ts)) = state.rows[READ[state.phase as usize]].seen() {
                    go("a repairer sees a row", &|state| {
                        state.repairer = Repairer::Saw { view: state.phase, lease: true, ts, head: state.head };
                    });
                }
            }
            Repairer::Saw { view, lease, ts, head } => {
                go("a repairer dies", &|state| state.repairer = Repairer::Idle);
                if lease {
                    go("a repairer sleeps", &|state| state.repairer = Repairer::Saw { view, lease: false, ts, head });
                }
                let todo = WRITTEN[view as usize];
                let new = (head.ts + 2).max(ts + 1).max(state.now);
                if self.lacks(Without::Fence) {
                    let head = Head { ts: new, ..head };
                    go("a repairer believes", &|state| state.repairer = Repairer::Fixes { todo, head, view, lease });
                } else if state.head == head
                    && state.fences < FENCES_MAX
                    && (lease || self.lacks(Without::RepairersLease))
                {
                    let fenced = Head { value: head.value, rev: 100 + state.fences, ts: new };
                    go("a repairer fences", &|state| {
                        (state.head, state.fences) = (fenced, state.fences + 1);
                        state.repairer = Repairer::Fixes { todo, head: fenced, view, lease };
                    });
                }
            }
            Repairer::Fixes { todo, head, view, lease } => {
                go("a repairer dies", &|state| state.repairer = Repairer::Idle);
                if lease {
                    go("a repairer sleeps", &|state| {
                        state.repairer = Repairer::Fixes { todo, head, view, lease: false };
                    });
                }
                go("a repairer corrects", &|state| {
                    let (row, left) = first(todo);
                    match head.value {
                        Some(value) => state.rows[row].write(false, Some(value), head.ts + 1),
                        None => state.rows[row].deleted = state.rows[row].deleted.max(head.ts + 1),
                    }
                    state.repairer =
                        if left == 0 { Repairer::Idle } else { Repairer::Fixes { todo: left, head, view, lease } };
                });
            }
        }
    }

    /// The head of an absent key is forgotten after days, when nobody who read it can still be at work.
    fn expiry(&self, state: &State, out: &mut Vec<Step>) {
        let idle = state.repairer == Repairer::Idle
            && state.writers.iter().all(|writer| matches!(writer.at, At::Start | At::Over) && writer.flight.is_none());
        if state.head.value.is_none() && state.head.rev != 0 && idle {
            let mut next = state.clone();
            next.now = next.now.max(state.head.ts);
            next.head = Head { value: None, rev: 0, ts: 0 };
            out.push(Step("a fence expires", next));
        }
    }
}

/// The first of the rows that are to be written, and the others.
fn first(todo: u8) -> (usize, u8) {
    let row = todo.trailing_zeros();
    (row as usize, todo & !(1 << row))
}

impl Writer {
    fn fresh(kind: Kind) -> Self {
        Self {
            kind,
            at: At::Start,
            view: 0,
            lease: false,
            read: Head { value: None, rev: 0, ts: 0 },
            rev: 0,
            new: 0,
            tries: 0,
            flight: None,
            resent: false,
            effects: 0,
        }
    }

    /// What the writer of this number writes.
    fn value(&self, index: usize) -> Value {
        matches!(self.kind, Kind::Put | Kind::PutAhead).then_some(2 + index as u8)
    }
}

impl State {
    /// A writer's LWT arrives; whether it is, or was, applied.
    fn lwt(&mut self, writer: &mut Writer, index: usize, sent: Flight) -> bool {
        if self.head != sent.read {
            return self.head.rev == sent.rev;
        }
        self.head = Head { value: writer.value(index), rev: sent.rev, ts: sent.new };
        writer.effects += 1;
        true
    }
}

impl Model for Listing {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let (head, row) = if self.there {
            let row = Row { asks: Some(false), value: Some(1), ts: 3, deleted: 0 };
            (Head { value: Some(1), rev: 99, ts: 2 }, row)
        } else {
            (Head { value: None, rev: 0, ts: 0 }, Row::default())
        };
        vec![State {
            phase: 0,
            head,
            rows: [row, Row::default()],
            writers: self.kinds.iter().map(|kind| Writer::fresh(*kind)).collect(),
            copying: Copying::Not,
            lister: Lister::Idle,
            repairer: Repairer::Idle,
            fences: 0,
            now: 2,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        self.writers(state, actions);
        if self.split {
            self.split(state, actions);
        }
        self.lister(state, actions);
        if self.repair {
            self.repairer(state, actions);
        }
        self.expiry(state, actions);
        // Whatever the head is while a lister is at work may be its answer.
        for Step(_, next) in actions.iter_mut() {
            let now = bit(next.head.value);
            if let Lister::Reads { heads, .. } | Lister::Checks { heads, .. } = &mut next.lister {
                *heads |= now;
            }
        }
    }

    fn next_state(&self, _: &State, Step(_, next): Step) -> Option<State> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("listings tell what is or was meanwhile", |_, state: &State| {
                state.lister != Lister::Wrong
            }),
            Property::always("nothing is done twice", |_, state: &State| {
                state.writers.iter().all(|writer| writer.effects < 2)
            }),
        ]
    }
}

/// Searches everything; the number of states, and the way to a wrong listing if there is one.
pub fn search(model: Listing) -> (usize, Option<Vec<String>>) {
    let checker = model.checker().threads(1).spawn_bfs().join();
    let path = checker.discoveries().into_values().next();
    let path = path
        .map(|path| path.into_actions().into_iter().map(|Step(label, state)| format!("{label}: {state:?}")).collect());
    (checker.unique_state_count(), path)
}
