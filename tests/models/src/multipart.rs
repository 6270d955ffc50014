//! One upload with one part: two completions with a manifest each, an abort, a recovery, a copy of what was completed,
//! deletions of both, and a sweeper. Each may stop at every step, or sleep for as long as it likes: a completion may be
//! taken for one that has stopped at any moment.
//!
//! No time passes here; that what is logged falls due only after the request that logged it is over is
//! [`crate::reclaim`]'s, and so an entry and what it announces are one step. The removal of a closed upload's rows, weeks
//! later, is not searched.

mod state;

use stateright::{Checker, Model, Property};

pub use state::State;
use state::*;

/// A safeguard of the protocol that a mutation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// A recovery takes the completion over by a fresh revision before it judges.
    TakeOver,
    /// A recovery judges the manifest like any blob, copies included, not by the key's head alone.
    Judgement,
    /// A refused completion looks whether it was taken over, after it has read the head again.
    Guard,
    /// A refused completion claims its manifest.
    Claim,
    /// An abort refuses an upload that is being completed.
    Completing,
    /// A manifest takes its parts along only if the upload says that they are its.
    Ownership,
    /// The entries of parts stay while their manifest is condemned.
    Condemned,
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct Multipart {
    pub completions: usize,
    pub aborts: bool,
    pub copies: bool,
    pub deletes: [bool; 2],
    pub without: Option<Without>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Step(&'static str, State);

impl Multipart {
    fn lacks(&self, safeguard: Without) -> bool {
        self.without == Some(safeguard)
    }

    fn completion(&self, state: &State, mine: Manifest, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Completion| {
            let mut next = state.clone();
            next.completions[mine] = change(&mut next);
            out.push(Step(label, next));
        };
        if !matches!(state.completions[mine], Completion::Over) {
            go("a completion dies", &|_| Completion::Over);
        }
        match state.completions[mine] {
            Completion::Start => go("a completion writes its manifest", &|state| {
                (state.manifests[mine].blocks, state.manifests[mine].logged[0]) = (Blocks::There, true);
                Completion::Settle { read: state.heads[A] }
            }),
            Completion::Settle { read } => match state.upload.is {
                Is::Open => go("an open upload is read", &|state| Completion::Mark { read, rev: state.upload.rev }),
                Is::Completing(_) => {}
                Is::Completed(_) | Is::Aborted => go("a closed upload is read", &|_| Completion::Over),
            },
            Completion::Mark { read, rev } => go("a completion marks the upload", &|state| {
                if state.mark(rev, Is::Completing(mine)) {
                    Completion::Publish { read, rev: FRESH, tries: 0 }
                } else {
                    Completion::Settle { read }
                }
            }),
            Completion::Publish { read, rev, tries } => go("a completion's LWT", &|state| {
                if state.heads[A].rev == read.rev {
                    state.set(A, Some(mine));
                    Completion::Conclude { rev }
                } else if tries < RETRIES {
                    Completion::Guard { read: state.heads[A], rev }
                } else {
                    Completion::Reopen { rev }
                }
            }),
            Completion::Guard { read, rev } => go("a refused completion looks whether it was taken over", &|state| {
                if state.upload.rev == rev || self.lacks(Without::Guard) {
                    Completion::Claim { read, rev }
                } else {
                    Completion::Over
                }
            }),
            Completion::Claim { read, rev } => go("a refused completion claims its manifest", &|state| {
                if self.lacks(Without::Claim) || state.refer(mine, A) {
                    Completion::Publish { read, rev, tries: RETRIES }
                } else {
                    Completion::Reopen { rev }
                }
            }),
            Completion::Reopen { rev } => go("an upload is opened again", &|state| {
                state.mark(rev, Is::Open);
                Completion::Over
            }),
            Completion::Conclude { rev } => go("a completion is over", &|state| {
                state.mark(rev, Is::Completed(mine));
                Completion::Over
            }),
            Completion::Over => {}
        }
    }

    fn abort(&self, state: &State, out: &mut Vec<Step>) {
        if !state.aborts {
            return;
        }
        let mut go = |label, change: &dyn Fn(&mut State)| {
            let mut next = state.clone();
            change(&mut next);
            out.push(Step(label, next));
        };
        match state.abort {
            None => {
                let open = state.upload.is == Is::Open;
                let completing = matches!(state.upload.is, Is::Completing(_)) && self.lacks(Without::Completing);
                if open || completing {
                    go("an abort reads", &|state| state.abort = Some(state.upload.rev));
                }
            }
            Some(rev) => go("an abort's LWT", &|state| {
                state.mark(rev, Is::Aborted);
                (state.abort, state.aborts) = (None, false);
            }),
        }
    }

    /// One step of a judgement.
    fn tries(&self, state: &mut State, manifest: Manifest, trial: Trial) -> Judged {
        match trial {
            Trial::Read => match state.manifests[manifest].verdict {
                Verdict::Dead => Judged::Dead,
                read => Judged::On(Trial::Condemn { read }),
            },
            Trial::Condemn { read } => {
                if state.manifests[manifest].verdict != read {
                    return Judged::Overtaken;
                }
                state.manifests[manifest].verdict = Verdict::Dying(FRESH);
                Judged::On(Trial::Look { sweep: FRESH, key: A })
            }
            Trial::Look { sweep, key } => {
                let read = state.heads[key];
                if read.holds == Some(manifest) {
                    return Judged::On(Trial::Pass { sweep, live: true });
                }
                Judged::On(Trial::Fence { sweep, key, read })
            }
            Trial::Fence { sweep, key, read } => {
                if state.heads[key].rev != read.rev {
                    return Judged::On(Trial::Look { sweep, key });
                }
                state.heads[key].rev = FRESH;
                let more = key == A && state.manifests[manifest].referred;
                Judged::On(if more { Trial::Look { sweep, key: B } } else { Trial::Pass { sweep, live: false } })
            }
            Trial::Pass { sweep, live } => {
                if state.manifests[manifest].verdict != Verdict::Dying(sweep) {
                    return Judged::Overtaken;
                }
                state.manifests[manifest].verdict = if live { Verdict::Live(sweep) } else { Verdict::Dead };
                if live { Judged::Live } else { Judged::Dead }
            }
        }
    }

    fn recovery(&self, state: &State, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Recovery| {
            let mut next = state.clone();
            next.recovery = change(&mut next);
            out.push(Step(label, next));
        };
        if state.recovery != Recovery::Idle {
            go("a recovery dies", &|_| Recovery::Idle);
        }
        match state.recovery {
            Recovery::Idle => {
                if let Is::Completing(manifest) = state.upload.is {
                    go("a recovery reads", &|state| Recovery::Took { manifest, rev: state.upload.rev });
                }
            }
            Recovery::Took { manifest, rev } => go("a recovery takes over", &|state| {
                let rev = if self.lacks(Without::TakeOver) {
                    rev
                } else if state.mark(rev, Is::Completing(manifest)) {
                    FRESH
                } else {
                    return Recovery::Idle;
                };
                if self.lacks(Without::Judgement) {
                    let live = state.heads[A].holds == Some(manifest);
                    if !live {
                        state.heads[A].rev = FRESH;
                    }
                    return Recovery::Marks { manifest, rev, live };
                }
                Recovery::Tries { manifest, rev, trial: Trial::Read }
            }),
            Recovery::Tries { manifest, rev, trial } => {
                go("a recovery judges", &|state| match self.tries(state, manifest, trial) {
                    Judged::On(trial) => Recovery::Tries { manifest, rev, trial },
                    Judged::Overtaken => Recovery::Tries { manifest, rev, trial: Trial::Read },
                    Judged::Live => Recovery::Marks { manifest, rev, live: true },
                    Judged::Dead => Recovery::Erases { manifest, rev },
                })
            }
            Recovery::Erases { manifest, rev } => go("a recovery erases", &|state| {
                state.manifests[manifest].blocks = Blocks::Erased;
                Recovery::Marks { manifest, rev, live: false }
            }),
            Recovery::Marks { manifest, rev, live } => go("a recovery concludes", &|state| {
                state.mark(rev, if live { Is::Completed(manifest) } else { Is::Open });
                Recovery::Idle
            }),
        }
    }

    fn sweeper(&self, state: &State, index: usize, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State) -> Sweeping| {
            let mut next = state.clone();
            next.sweepers[index] = change(&mut next);
            out.push(Step(label, next));
        };
        if state.sweepers[index] != Sweeping::Idle {
            go("a sweeper dies", &|_| Sweeping::Idle);
        }
        match state.sweepers[index] {
            Sweeping::Idle if index == 1 => match state.upload.is {
                Is::Completed(manifest) if state.part_logged => {
                    go("a part of a completed upload is judged", &|_| Sweeping::Part { manifest });
                }
                Is::Aborted if state.part_logged => go("a part of an aborted upload goes", &|state| {
                    (state.part, state.part_logged) = (Blocks::Erased, false);
                    Sweeping::Idle
                }),
                // An open upload's parts are put off.
                _ => {}
            },
            Sweeping::Idle => {
                for (manifest, entry) in
                    (0..self.completions).flat_map(|manifest| [0, 1, 2].map(|entry| (manifest, entry)))
                {
                    // One that is about to be published is put off.
                    if state.manifests[manifest].logged[entry] && state.upload.is != Is::Completing(manifest) {
                        go("a manifest is judged", &|_| Sweeping::Tries { manifest, entry, trial: Trial::Read });
                    }
                }
            }
            Sweeping::Part { manifest } => go("a part's manifest is looked for", &|state| {
                let found = state.manifests[manifest].blocks == Blocks::There;
                Sweeping::PartVerdict { manifest, found }
            }),
            Sweeping::PartVerdict { manifest, found } => go("a part is judged", &|state| {
                let verdict = state.manifests[manifest].verdict;
                match (found, verdict) {
                    (false, Verdict::Dead) => (state.part, state.part_logged) = (Blocks::Erased, false),
                    (true, Verdict::Live(_)) => state.part_logged = false,
                    (true, _) if self.lacks(Without::Condemned) => state.part_logged = false,
                    _ => {}
                }
                Sweeping::Idle
            }),
            Sweeping::Tries { manifest, entry, trial } => {
                go("a sweeper judges", &|state| match self.tries(state, manifest, trial) {
                    Judged::On(trial) => Sweeping::Tries { manifest, entry, trial },
                    Judged::Overtaken => Sweeping::Idle,
                    Judged::Live => {
                        state.manifests[manifest].logged[entry] = false;
                        Sweeping::Idle
                    }
                    Judged::Dead => Sweeping::Owns { manifest, entry },
                })
            }
            Sweeping::Owns { manifest, entry } => go("a sweeper asks whose the parts are", &|state| {
                let parts = state.upload.is == Is::Completed(manifest) || self.lacks(Without::Ownership);
                Sweeping::Erases { manifest, entry, parts }
            }),
            Sweeping::Erases { manifest, entry, parts } => go("a sweeper erases", &|state| {
                // Without the manifest nobody would find them.
                if parts && state.manifests[manifest].blocks == Blocks::There {
                    state.part = Blocks::Erased;
                }
                (state.manifests[manifest].blocks, state.manifests[manifest].logged[entry]) = (Blocks::Erased, false);
                Sweeping::Idle
            }),
        }
    }

    fn changes(&self, state: &State, out: &mut Vec<Step>) {
        let mut go = |label, change: &dyn Fn(&mut State)| {
            let mut next = state.clone();
            change(&mut next);
            out.push(Step(label, next));
        };
        match state.copy {
            Change::Start => {
                if let Some(manifest) = state.heads[A].holds {
                    go("a copy reads both heads", &|state| state.copy = Change::Refer(manifest, state.heads[B]));
                }
            }
            Change::Refer(manifest, read) => go("a copy refers", &|state| {
                let live = state.refer(manifest, B);
                state.copy = if live { Change::Lwt(Some(manifest), read) } else { Change::Over };
            }),
            Change::Lwt(holds, read) => go("a copy's LWT", &|state| {
                if state.heads[B].rev == read.rev {
                    state.set(B, holds);
                }
                state.copy = Change::Over;
            }),
            Change::Over => {}
        }
        for key in [A, B] {
            match state.deletions[key] {
                Change::Start if state.heads[key].holds.is_some() => go("a deletion reads", &|state| {
                    state.deletions[key] = Change::Lwt(None, state.heads[key]);
                }),
                Change::Lwt(holds, read) => go("a deletion's LWT", &|state| {
                    if state.heads[key].rev == read.rev {
                        state.set(key, holds);
                    }
                    state.deletions[key] = Change::Over;
                }),
                _ => {}
            }
        }
    }
}

impl Model for Multipart {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let wanted = |wanted: bool| if wanted { Change::Start } else { Change::Over };
        let unwritten =
            Blob { blocks: Blocks::Unwritten, verdict: Verdict::Live(0), referred: false, logged: [false; 3] };
        let completion = |of: usize| if of < self.completions { Completion::Start } else { Completion::Over };
        vec![State {
            upload: Upload { is: Is::Open, rev: 1 },
            part: Blocks::There,
            part_logged: true,
            manifests: [unwritten; 2],
            heads: [Head::default(); 2],
            completions: [completion(0), completion(1)],
            abort: None,
            aborts: self.aborts,
            recovery: Recovery::Idle,
            sweepers: [Sweeping::Idle; 2],
            copy: wanted(self.copies),
            deletions: self.deletes.map(wanted),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        for mine in 0..self.completions {
            self.completion(state, mine, actions);
        }
        self.abort(state, actions);
        self.recovery(state, actions);
        self.sweeper(state, 0, actions);
        self.sweeper(state, 1, actions);
        self.changes(state, actions);
    }

    fn next_state(&self, _: &State, Step(_, next): Step) -> Option<State> {
        Some(next.normalised())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("an object has its manifest and its parts", |_, state: &State| {
                let whole = |manifest: Manifest| {
                    state.manifests[manifest].blocks == Blocks::There && state.part == Blocks::There
                };
                state.heads.iter().filter_map(|head| head.holds).all(whole)
            }),
            Property::always("an open upload has its parts", |_, state: &State| {
                state.upload.is != Is::Open || state.part == Blocks::There
            }),
            Property::always("nothing is left behind", |_, state: &State| {
                let held = |manifest: Manifest| state.heads.iter().any(|head| head.holds == Some(manifest));
                let settled = state.sweepers == [Sweeping::Idle; 2]
                    && state.recovery == Recovery::Idle
                    && state.completions.iter().all(|completion| *completion == Completion::Over)
                    && matches!(state.copy, Change::Over | Change::Start)
                    && state.deletions.iter().all(|change| matches!(change, Change::Over | Change::Start));
                if !settled {
                    return true;
                }
                let parts = state.part != Blocks::There || state.part_logged || held(0) || held(1) || {
                    // Whoever reclaims the manifest takes them along.
                    matches!(state.upload.is, Is::Completed(manifest) if state.manifests[manifest].is_logged())
                };
                let manifests = (0..2).all(|manifest| {
                    let blob = &state.manifests[manifest];
                    blob.blocks != Blocks::There || blob.is_logged() || held(manifest)
                });
                parts && manifests
            }),
            Property::sometimes("an upload is completed", |_, state: &State| {
                matches!(state.upload.is, Is::Completed(_))
            }),
            Property::sometimes("a stopped completion is opened again", |_, state: &State| {
                state.upload.is == Is::Open && state.manifests[0].blocks == Blocks::Erased
            }),
        ]
    }
}

const WANTED: [&str; 2] = ["an upload is completed", "a stopped completion is opened again"];

/// Searches everything; the number of states, and the way to what must not be, if there is one.
///
/// # Panics
/// When something that has to happen somewhere never does.
pub fn search(model: Multipart) -> (usize, Option<(&'static str, Vec<&'static str>)>) {
    let checker = model.checker().threads(1).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let count = checker.unique_state_count();
    if let Some((name, path)) = discoveries.into_iter().find(|(name, _)| !WANTED.contains(name)) {
        return (count, Some((name, path.into_actions().into_iter().map(|Step(label, _)| label).collect())));
    }
    (count, None)
}
