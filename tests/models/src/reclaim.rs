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
/// How often a refused publisher or copier starts again.
const RETRIES: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Head {
    holds: bool,
    /// 0: no row, or one that has expired.
    rev: u8,
    /// Ticks since it was absent.
    age: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

const FRESH: Actor = Actor { at: At::Start, read: Head { holds: false, rev: 0, age: 0 }, read_age: 0, life: 0, tries: 0 };
const OVER: Actor = Actor { at: At::Over, ..FRESH };

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sweeping {
    Idle,
    /// Has an entry, and read the verdict.
    Read(Entry, Verdict),
    /// Is to look at a key's head.
    Look { entry: Entry, key: usize, live: bool },
    /// Is to fence a key's head as it was read.
    Fence { entry: Entry, key: usize, read: Head },
    References(Entry),
    Conclude { entry: Entry, live: bool },
    Erase(Entry),
    LogAgain(Entry),
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
    sweeps: u8,
    next_rev: u8,
}

#[derive(Debug, Clone)]
pub struct Reclaim {
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
    fn log(&mut self, entry: Entry) {
        self.log.push(entry);
        self.log.sort_unstable();
        self.log.dedup();
    }

    fn unlog(&mut self, entry: Entry) {
        // It may have aged since it was taken.
        if let Some(index) = self.log.iter().position(|other| other.dead == entry.dead && other.age == DUE) {
            self.log.remove(index);
        }
    }

    fn set(&mut self, key: usize, holds: bool) {
        self.next_rev += 1;
        self.heads[key] = Head { holds, rev: self.next_rev, age: 0 };
    }
}

fn same(now: Head, read: Head) -> bool {
    (now.holds, now.rev) == (read.holds, read.rev)
}

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
                        state.log(Entry { dead: false, age: 0 });
                        actor.at = At::Lwt;
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
    fn publish(&self, state: &State, actor: Actor, key: usize, go: &mut dyn FnMut(&'static str, &dyn Fn(&mut State, &mut Actor))) {
        match actor.at {
            At::Lwt if actor.read_age > 0 && !self.lacks(Without::TimeRule) => {
                go("a head was read too long ago", &|_, actor| actor.at = At::ReadAgain);
            }
            At::Lwt => go("an LWT publishes", &|state, actor| {
                if same(state.heads[key], actor.read) {
                    state.set(key, true);
                    if self.lacks(Without::LogFirst) && key == A {
                        state.log(Entry { dead: false, age: 0 });
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

    fn publisher(&self, state: &State, actor: Actor, go: &mut dyn FnMut(&'static str, &dyn Fn(&mut State, &mut Actor))) {
        match actor.at {
            At::Start => go("a publisher reads", &|state, actor| {
                *actor = Actor { at: At::Log, read: state.heads[A], ..FRESH };
            }),
            At::Log => go("a publisher logs", &|state, actor| {
                if !self.lacks(Without::LogFirst) {
                    state.log(Entry { dead: false, age: 0 });
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

    fn copier(&self, state: &State, actor: Actor, go: &mut dyn FnMut(&'static str, &dyn Fn(&mut State, &mut Actor))) {
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
        let me = u8::try_from(index + 1).expect("two");
        let id = |sweeps: u8| if self.lacks(Without::SweepId) { 0 } else { sweeps };
        if state.sweepers[index] != Sweeping::Idle {
            go("a sweeper stops", &|_| Sweeping::Idle);
        }
        let later = |state: &mut State, entry: Entry| {
            state.unlog(entry);
            state.log(Entry { age: 0, ..entry });
            Sweeping::Idle
        };
        match state.sweepers[index] {
            Sweeping::Idle => {
                let mut due: Vec<Entry> = state.log.iter().copied().filter(|entry| entry.age == DUE).collect();
                due.dedup();
                for entry in due {
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
                go("a sweeper judges at once", &|_| Sweeping::Look { entry, key: A, live: false });
            }
            Sweeping::Read(entry, read) => go("a sweeper condemns", &|state| {
                if state.verdict != read || state.sweeps > 3 {
                    return later(state, entry);
                }
                state.sweeps += 1;
                state.verdict = Verdict::Dying(id(4 * me + state.sweeps));
                Sweeping::Look { entry, key: A, live: false }
            }),
            Sweeping::Look { entry, key, live } => go("a sweeper looks at a head", &|state| {
                let read = state.heads[key];
                if read.holds {
                    return Sweeping::Conclude { entry, live: true };
                }
                if self.lacks(Without::Fence) {
                    return if key == A { Sweeping::References(entry) } else { Sweeping::Conclude { entry, live } };
                }
                Sweeping::Fence { entry, key, read }
            }),
            Sweeping::Fence { entry, key, read } => go("a sweeper fences", &|state| {
                if !same(state.heads[key], read) {
                    return Sweeping::Look { entry, key, live: false };
                }
                state.set(key, false);
                if key == A { Sweeping::References(entry) } else { Sweeping::Conclude { entry, live: false } }
            }),
            Sweeping::References(entry) => go("a sweeper reads references", &|state| {
                if state.refs[B] {
                    Sweeping::Look { entry, key: B, live: false }
                } else {
                    Sweeping::Conclude { entry, live: false }
                }
            }),
            Sweeping::Conclude { entry, live } => go("a sweeper concludes", &|state| {
                let sweep = match state.verdict {
                    Verdict::Dying(sweep) if sweep == 0 || sweep / 4 == me => sweep,
                    _ if self.lacks(Without::Dying) => me,
                    _ => return later(state, entry),
                };
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
                    state.log(Entry { dead: true, age: 0 });
                }
                Sweeping::Idle
            }),
        }
    }

    /// Half a grace period passes.
    fn tick(&self, state: &State, out: &mut Vec<Step>) {
        let mut next = state.clone();
        for entry in &mut next.log {
            entry.age = (entry.age + 1).min(DUE);
        }
        next.log.sort_unstable();
        next.log.dedup();
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
        vec![State {
            heads: [Head::default(); 2],
            verdict: Verdict::None,
            refs: [false; 2],
            log: Vec::new(),
            blocks: false,
            erased: false,
            actors: [FRESH, wanted(self.copies), wanted(self.deletes[0]), wanted(self.deletes[1])],
            sweepers: [Sweeping::Idle; 2],
            sweeps: 0,
            next_rev: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        self.actors(state, actions);
        for index in 0..self.sweepers {
            self.sweeper(state, index, actions);
        }
        self.tick(state, actions);
    }

    fn next_state(&self, _: &State, Step(_, next): Step) -> Option<State> {
        // Enough fences and starts for every way that two sweeps and four requests can meet.
        (next.next_rev <= 7).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no head refers to deleted blocks", |_, state: &State| {
                !state.erased || state.heads.iter().all(|head| !head.holds)
            }),
            Property::always("nothing is left behind", |_, state: &State| {
                let over = state.actors.iter().all(|actor| actor.at == At::Over)
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
    let checker = model.checker().threads(2).spawn_bfs().join();
    let found = checker.discoveries().into_iter().find(|(name, _)| *name != "space comes back");
    let path = found.map(|(name, path)| {
        (name, path.into_actions().into_iter().map(|Step(label, state)| format!("{label}: {state:?}")).collect())
    });
    (checker.unique_state_count(), path)
}
