//! One blob, written for key A and perhaps copied to key B: a publisher that starts again when it is refused, a copier,
//! deleters of both, and two sweepers that run again and again. Each may stop at every step, or sleep for days.
//!
//! A tick is half the grace period. An entry of the log is due after two; a request lives for two at most; fences of
//! absent heads and dead blobs are remembered for [`REMEMBERED`].

use stateright::{Checker, Model, Property};

/// A safeguard of the protocol that a mutation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The log before the first chunk.
    LogFirst,
    /// The claim after a refused publication.
    Claim,
    /// The state check when a reference is added.
    StateCheck,
    /// The destination's head is read before the reference is added.
    CopyOrder,
    /// The fence before a verdict.
    Fence,
    /// The state between live and dead.
    Dying,
    /// The id of the sweep in it.
    SweepId,
    /// A head that was read long ago is read again, and no request outlives what is remembered.
    TimeRule,
    /// The second deletion, of what arrived late.
    SecondDeletion,
}

/// Ticks after which an entry is looked at.
const DUE: u8 = 2;
/// Ticks after which a request is cut off.
const LIFE: u8 = 2;
/// Ticks for which fences of absent heads, and dead blobs, are remembered.
const REMEMBERED: u8 = 4;
/// Entries at once. Sweepers that are late double them, and could do so for ever.
const ENTRIES_MAX: usize = 3;
/// How often a refused publisher or copier starts again.
const RETRIES: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
struct Head {
    holds: bool,
    /// 0: no row, or one that has expired.
    rev: u8,
    /// Ticks since it was absent.
    age: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Verdict {
    None,
    Live(u8),
    Dying(u8),
    Dead { sweep: u8, age: u8 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    /// Asks for a second deletion, not for a judgement.
    dead: bool,
    age: u8,
    /// Which one it is: whoever took an entry removes that one, and no other of the same age.
    id: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Start,
    Log,
    Write,
    Refer,
    /// Only where the order of a copy is the wrong one.
    ReadLate,
    Lwt,
    ReadAgain,
    Claim,
    Over,
}

/// A publisher, a copier or a deleter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Actor {
    at: At,
    read: Head,
    /// Ticks since the head was read, and since it began.
    read_age: u8,
    life: u8,
    tries: u8,
}

const FRESH: Actor =
    Actor { at: At::Start, read: Head { holds: false, rev: 0, age: 0 }, read_age: 0, life: 0, tries: 0 };
const OVER: Actor = Actor { at: At::Over, ..FRESH };

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Sweeping {
    Idle,
    /// Has an entry, and read the verdict.
    Read(Entry, Verdict),
    /// Is to look at a key's head.
    Look {
        entry: Entry,
        sweep: u8,
        key: usize,
    },
    /// Is to fence a key's head as it was read.
    Fence {
        entry: Entry,
        sweep: u8,
        key: usize,
        read: Head,
    },
    References {
        entry: Entry,
        sweep: u8,
    },
    Conclude {
        entry: Entry,
        sweep: u8,
        live: bool,
    },
    Erase(Entry),
    LogAgain(Entry),
}

impl Verdict {
    fn sweep_mut(&mut self) -> Option<&mut u8> {
        match self {
            Self::Live(sweep) | Self::Dying(sweep) | Self::Dead { sweep, .. } => Some(sweep),
            Self::None => None,
        }
    }
}

impl Sweeping {
    fn entry(self) -> Option<Entry> {
        match self {
            Self::Idle => None,
            Self::Read(entry, _) | Self::Erase(entry) | Self::LogAgain(entry) => Some(entry),
            Self::Look { entry, .. } | Self::Fence { entry, .. } => Some(entry),
            Self::References { entry, .. } | Self::Conclude { entry, .. } => Some(entry),
        }
    }

    fn entry_mut(&mut self) -> Option<&mut Entry> {
        match self {
            Self::Idle => None,
            Self::Read(entry, _) | Self::Erase(entry) | Self::LogAgain(entry) => Some(entry),
            Self::Look { entry, .. } | Self::Fence { entry, .. } => Some(entry),
            Self::References { entry, .. } | Self::Conclude { entry, .. } => Some(entry),
        }
    }

    fn sweep_mut(&mut self) -> Option<&mut u8> {
        match self {
            Self::Look { sweep, .. } | Self::Fence { sweep, .. } => Some(sweep),
            Self::References { sweep, .. } | Self::Conclude { sweep, .. } => Some(sweep),
            Self::Read(_, verdict) => verdict.sweep_mut(),
            Self::Idle | Self::Erase(_) | Self::LogAgain(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    heads: [Head; 2],
    verdict: Verdict,
    refs: [bool; 2],
    log: Vec<Entry>,
    blocks: bool,
    /// They were deleted, and a head that refers to them is broken.
    erased: bool,
    /// Publisher, copier, deleter of A, deleter of B.
    actors: [Actor; 4],
    sweepers: [Sweeping; 2],
}

#[derive(Debug, Clone)]
pub struct Reclaim {
    /// Published long ago, and logged twice since; no time passes, and what is logged is due at once. So much more of
    /// what sweepers can do to each other is searched, but not what is left behind.
    pub timeless: bool,
    pub copies: bool,
    pub deletes: [bool; 2],
    pub sweepers: usize,
    pub without: Option<Without>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Step(&'static str, State);

const PUBLISHER: usize = 0;
const COPIER: usize = 1;
const A: usize = 0;
const B: usize = 1;

impl State {
    fn log(&mut self, dead: bool) {
        let id = self.log.iter().map(|entry| entry.id + 1).max().unwrap_or_default();
        self.log.push(Entry { dead, age: 0, id });
    }

    fn unlog(&mut self, entry: Entry) {
        self.log.retain(|other| other.id != entry.id);
    }

    /// Looks at what is logged once more, another time.
    fn later(&mut self, entry: Entry) -> Sweeping {
        self.unlog(entry);
        self.log(entry.dead);
        Sweeping::Idle
    }

    fn set(&mut self, key: usize, holds: bool) {
        self.heads[key] = Head { holds, rev: FRESH_ID, age: 0 };
    }

    /// Gives what is only ever compared for being the same the smallest numbers, so that states that differ in nothing
    /// else are one, and no bound on the number of sweeps or of changes is needed.
    fn normalised(mut self) -> Self {
        for key in [A, B] {
            let mut revs = vec![&mut self.heads[key].rev];
            revs.extend(self.actors.iter_mut().skip(key).step_by(2).map(|actor| &mut actor.read.rev));
            revs.extend(self.sweepers.iter_mut().filter_map(|sweeper| match sweeper {
                Sweeping::Fence { key: theirs, read, .. } if *theirs == key => Some(&mut read.rev),
                _ => None,
            }));
            renumber(revs);
        }
        let sweeps = self.sweepers.iter_mut().filter_map(Sweeping::sweep_mut);
        renumber(self.verdict.sweep_mut().into_iter().chain(sweeps).collect());
        let holders =
            |entry: &Entry| self.sweepers.map(|sweeper| sweeper.entry().is_some_and(|held| held.id == entry.id));
        let mut log: Vec<_> = self.log.iter().map(|entry| (entry.dead, entry.age, holders(entry), *entry)).collect();
        log.sort_unstable();
        // Two that fall due together ask for the same.
        log.dedup_by(|one, other| one.1 < DUE && (one.0, one.1) == (other.0, other.1));
        for sweeper in &mut self.sweepers {
            if let Some(held) = sweeper.entry_mut() {
                let place = log.iter().position(|(.., entry)| entry.id == held.id);
                *held = Entry { age: DUE, id: place.map_or(FRESH_ID, |place| place as u8), ..*held };
            }
        }
        self.log = log
            .iter()
            .enumerate()
            .map(|(id, (dead, age, ..))| Entry { dead: *dead, age: *age, id: id as u8 })
            .collect();
        self
    }
}

/// What is new has this number until it is renumbered; so has what is no longer there.
const FRESH_ID: u8 = u8::MAX;

fn renumber(numbers: Vec<&mut u8>) {
    let mut seen = vec![0];
    for number in numbers {
        let place = seen.iter().position(|other| other == number).unwrap_or_else(|| {
            seen.push(*number);
            seen.len() - 1
        });
        *number = place as u8;
    }
}

/// What follows when a key's head is known not to hold the blob, and never to hold it by what was read before.
fn seen_empty(entry: Entry, sweep: u8, key: usize) -> Sweeping {
    if key == A { Sweeping::References { entry, sweep } } else { Sweeping::Conclude { entry, sweep, live: false } }
}

fn same(now: Head, read: Head) -> bool {
    (now.holds, now.rev) == (read.holds, read.rev)
}

/// Takes a step: its name, and what it changes.
type Go<'a> = &'a mut dyn FnMut(&'static str, &dyn Fn(&mut State, &mut Actor));

/// Takes a step of a sweeper: its name, what it changes, and how far the sweeper is then.
type Judge<'a> = &'a mut dyn FnMut(&'static str, &dyn Fn(&mut State) -> Sweeping);

impl Reclaim {
    fn lacks(&self, safeguard: Without) -> bool {
        self.without == Some(safeguard)
    }

    fn actors(&self, state: &State, out: &mut Vec<Step>) {
        for index in 0..4 {
            let actor = state.actors[index];
            if actor.at == At::Over {
                continue;
            }
            let key = if index % 2 == 0 { A } else { B };
            let mut go = |label, change: &dyn Fn(&mut State, &mut Actor)| {
                let (mut next, mut changed) = (state.clone(), actor);
                change(&mut next, &mut changed);
                next.actors[index] = if changed.at == At::Over { OVER } else { changed };
                out.push(Step(label, next));
            };
            go("a request ends", &|_, actor| actor.at = At::Over);
            let cut_off = actor.life > LIFE && !self.lacks(Without::TimeRule);
            if actor.at != At::Start && cut_off {
                continue;
            }
            match index {
                PUBLISHER => self.publisher(state, actor, &mut go),
                COPIER => self.copier(state, actor, &mut go),
                _ => match actor.at {
                    At::Start if state.heads[key].holds => go("a deleter reads", &|state, actor| {
                        *actor = Actor { at: At::Log, read: state.heads[key], ..FRESH };
                    }),
                    At::Log => go("a deleter logs", &|state, actor| {
                        state.log(false);
                        actor.at = At::Lwt;
                    }),
                    At::Lwt if actor.read_age > 0 && !self.lacks(Without::TimeRule) => {
                        go("a deleter begins again", &|_, actor| actor.at = At::ReadAgain);
                    }
                    At::ReadAgain if state.heads[key].holds => go("a deleter reads again", &|state, actor| {
                        (actor.at, actor.read, actor.read_age) = (At::Log, state.heads[key], 0);
                    }),
                    At::Lwt => go("a deleter's LWT", &|state, actor| {
                        if same(state.heads[key], actor.read) {
                            state.set(key, false);
                        }
                        actor.at = At::Over;
                    }),
                    _ => {}
                },
            }
        }
    }

    /// The LWT of a publisher or a copier, and what follows a refusal.
    fn publish(&self, state: &State, actor: Actor, key: usize, go: Go<'_>) {
        match actor.at {
            At::Lwt if actor.read_age > 0 && !self.lacks(Without::TimeRule) => {
                go("a head was read too long ago", &|_, actor| actor.at = At::ReadAgain);
            }
            At::Lwt => go("an LWT publishes", &|state, actor| {
                if same(state.heads[key], actor.read) {
                    state.set(key, true);
                    if self.lacks(Without::LogFirst) && key == A {
                        state.log(false);
                    }
                    actor.at = At::Over;
                } else if actor.tries < RETRIES {
                    (actor.at, actor.tries) = (At::ReadAgain, actor.tries + 1);
                } else {
                    actor.at = At::Over;
                }
            }),
            At::ReadAgain => go("a head is read again", &|state, actor| {
                (actor.read, actor.read_age) = (state.heads[key], 0);
                actor.at = if self.lacks(Without::Claim) { At::Lwt } else { At::Claim };
            }),
            At::Claim => go("a blob is claimed", &|state, actor| {
                actor.at = if self.refer(state, key) { At::Lwt } else { At::Over };
            }),
            _ => {}
        }
        let _ = state;
    }

    fn refer(&self, state: &mut State, key: usize) -> bool {
        let live = matches!(state.verdict, Verdict::None | Verdict::Live(_)) || self.lacks(Without::StateCheck);
        state.refs[key] |= live;
        live
    }

    fn publisher(&self, state: &State, actor: Actor, go: Go<'_>) {
        match actor.at {
            At::Start => go("a publisher reads", &|state, actor| {
                *actor = Actor { at: At::Log, read: state.heads[A], ..FRESH };
            }),
            At::Log => go("a publisher logs", &|state, actor| {
                if !self.lacks(Without::LogFirst) {
                    state.log(false);
                }
                actor.at = At::Write;
            }),
            At::Write => go("a publisher writes", &|state, actor| {
                state.blocks = true;
                actor.at = At::Lwt;
            }),
            _ => self.publish(state, actor, A, go),
        }
    }

    fn copier(&self, state: &State, actor: Actor, go: Go<'_>) {
        match actor.at {
            At::Start if self.copies && state.heads[A].holds => go("a copier reads", &|state, actor| {
                *actor = Actor { at: At::Refer, read: state.heads[B], ..FRESH };
            }),
            At::Refer => go("a copier refers", &|state, actor| {
                let next = if self.lacks(Without::CopyOrder) { At::ReadLate } else { At::Lwt };
                actor.at = if self.refer(state, B) { next } else { At::Over };
            }),
            At::ReadLate => go("a copier reads late", &|state, actor| {
                (actor.read, actor.at) = (state.heads[B], At::Lwt);
            }),
            At::Start => {}
            _ => self.publish(state, actor, B, go),
        }
    }

    fn sweeper(&self, state: &State, index: usize, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Sweeping| {
            let mut next = state.clone();
            next.sweepers[index] = change(&mut next);
            out.push(Step(label, next));
        };
        let fresh = if self.lacks(Without::SweepId) { 1 } else { FRESH_ID };
        if state.sweepers[index] != Sweeping::Idle {
            go("a sweeper stops", &|_| Sweeping::Idle);
        }
        match state.sweepers[index] {
            Sweeping::Idle => {
                for entry in state.log.iter().copied().filter(|entry| entry.age == DUE) {
                    if entry.dead {
                        go("what arrived late is deleted", &|state| {
                            state.unlog(entry);
                            state.blocks = false;
                            Sweeping::Idle
                        });
                    } else {
                        go("a sweeper begins", &|state| Sweeping::Read(entry, state.verdict));
                    }
                }
            }
            Sweeping::Read(entry, Verdict::Dead { .. }) => go("it is dead", &|_| Sweeping::Erase(entry)),
            Sweeping::Read(entry, _) if self.lacks(Without::Dying) => {
                go("a sweeper judges at once", &|_| Sweeping::Look { entry, sweep: fresh, key: A });
            }
            Sweeping::Read(entry, read) => go("a sweeper condemns", &|state| {
                if state.verdict != read {
                    return state.later(entry);
                }
                state.verdict = Verdict::Dying(fresh);
                Sweeping::Look { entry, sweep: fresh, key: A }
            }),
            Sweeping::Look { entry, sweep, key } => go("a sweeper looks at a head", &|state| {
                let read = state.heads[key];
                if read.holds {
                    return Sweeping::Conclude { entry, sweep, live: true };
                }
                if self.lacks(Without::Fence) {
                    return seen_empty(entry, sweep, key);
                }
                Sweeping::Fence { entry, sweep, key, read }
            }),
            Sweeping::Fence { entry, sweep, key, read } => go("a sweeper fences", &|state| {
                if !same(state.heads[key], read) {
                    return Sweeping::Look { entry, sweep, key };
                }
                state.set(key, false);
                seen_empty(entry, sweep, key)
            }),
            sweeping => self.sentence(sweeping, &mut go),
        }
    }

    /// The second half of a sweep: whether anything refers to it, the verdict, and its execution.
    fn sentence(&self, sweeping: Sweeping, go: Judge<'_>) {
        match sweeping {
            Sweeping::References { entry, sweep } => go("a sweeper reads references", &|state| {
                if state.refs[B] {
                    Sweeping::Look { entry, sweep, key: B }
                } else {
                    Sweeping::Conclude { entry, sweep, live: false }
                }
            }),
            Sweeping::Conclude { entry, sweep, live } => go("a sweeper concludes", &|state| {
                if state.verdict != Verdict::Dying(sweep) && !self.lacks(Without::Dying) {
                    return state.later(entry);
                }
                if live {
                    state.verdict = Verdict::Live(sweep);
                    state.unlog(entry);
                    return Sweeping::Idle;
                }
                state.verdict = Verdict::Dead { sweep, age: 0 };
                Sweeping::Erase(entry)
            }),
            Sweeping::Erase(entry) => go("a sweeper deletes", &|state| {
                state.blocks = false;
                state.erased = true;
                Sweeping::LogAgain(entry)
            }),
            Sweeping::LogAgain(entry) => go("a sweeper logs the second deletion", &|state| {
                state.refs = [false; 2];
                state.unlog(entry);
                if !self.lacks(Without::SecondDeletion) {
                    state.log(true);
                }
                Sweeping::Idle
            }),
            _ => {}
        }
    }

    /// Half a grace period passes.
    fn tick(&self, state: &State, out: &mut Vec<Step>) {
        let mut next = state.clone();
        for entry in &mut next.log {
            entry.age = (entry.age + 1).min(DUE);
        }
        for head in next.heads.iter_mut().filter(|head| !head.holds && head.rev > 0) {
            head.age += 1;
            if head.age >= REMEMBERED {
                *head = Head::default();
            }
        }
        if let Verdict::Dead { age, .. } = &mut next.verdict {
            *age += 1;
            if *age >= REMEMBERED {
                next.verdict = Verdict::None;
            }
        }
        let bound = LIFE + 1;
        for actor in next.actors.iter_mut().filter(|actor| !matches!(actor.at, At::Start | At::Over)) {
            actor.life = (actor.life + 1).min(bound);
            actor.read_age = 1;
        }
        // A sweep takes no half grace period; one that sleeps for so long has lost its lease, and may go on all the same.
        if next != *state {
            out.push(Step("half the grace period passes", next));
        }
    }
}

impl Model for Reclaim {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let wanted = |wanted: bool| if wanted { FRESH } else { OVER };
        let old = [0, 1].map(|id| Entry { dead: false, age: DUE, id });
        vec![State {
            heads: [Head { holds: self.timeless, rev: u8::from(self.timeless), age: 0 }, Head::default()],
            verdict: Verdict::None,
            refs: [false; 2],
            log: if self.timeless { old.to_vec() } else { Vec::new() },
            blocks: self.timeless,
            erased: false,
            actors: [wanted(!self.timeless), wanted(self.copies), wanted(self.deletes[0]), wanted(self.deletes[1])],
            sweepers: [Sweeping::Idle; 2],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        self.actors(state, actions);
        for index in 0..self.sweepers {
            self.sweeper(state, index, actions);
        }
        if !self.timeless {
            self.tick(state, actions);
        }
    }

    fn next_state(&self, _: &State, Step(_, next): Step) -> Option<State> {
        let mut next = next;
        if self.timeless {
            next.log.iter_mut().for_each(|entry| entry.age = DUE);
        }
        let next = next.normalised();
        (next.log.len() <= ENTRIES_MAX).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no head refers to deleted blocks", |_, state: &State| {
                !state.erased || state.heads.iter().all(|head| !head.holds)
            }),
            Property::always("nothing is left behind", |model: &Self, state: &State| {
                let over = !model.timeless
                    && state.actors.iter().all(|actor| actor.at == At::Over)
                    && state.log.is_empty()
                    && state.sweepers.iter().all(|sweeper| *sweeper == Sweeping::Idle);
                !over || !state.blocks || state.heads.iter().any(|head| head.holds)
            }),
            Property::sometimes("space comes back", |_, state: &State| state.erased),
        ]
    }
}

/// Searches everything; the number of states, and the way to what must not be, if there is one.
pub fn search(model: Reclaim) -> (usize, Option<(&'static str, Vec<String>)>) {
    let checker = model.checker().threads(1).spawn_bfs().join();
    let found = checker.discoveries().into_iter().find(|(name, _)| *name != "space comes back");
    let path = found.map(|(name, path)| {
        (name, path.into_actions().into_iter().map(|Step(label, state)| format!("{label}: {state:?}")).collect())
    });
    (checker.unique_state_count(), path)
}
