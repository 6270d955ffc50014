//! What there is of an upload: its row, the heads, the blobs with their verdicts, and how far everyone is.

pub(super) type Manifest = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Is {
    Open,
    Completing(Manifest),
    Completed(Manifest),
    Aborted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Upload {
    pub(super) is: Is,
    pub(super) rev: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Head {
    pub(super) holds: Option<Manifest>,
    pub(super) rev: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    Live(u8),
    Dying(u8),
    Dead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Blocks {
    Unwritten,
    There,
    Erased,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Blob {
    pub(super) blocks: Blocks,
    pub(super) verdict: Verdict,
    /// Key B refers to it, as a copy or as one that is to be.
    pub(super) referred: bool,
    /// Its entries of the log: of what wrote it, of what replaced it in A, and in B.
    pub(super) logged: [bool; 3],
}

impl Blob {
    pub(super) fn is_logged(&self) -> bool {
        self.logged.contains(&true)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Completion {
    Start,
    Settle { read: Head },
    Mark { read: Head, rev: u8 },
    Publish { read: Head, rev: u8, tries: u8 },
    Guard { read: Head, rev: u8 },
    Claim { read: Head, rev: u8 },
    Reopen { rev: u8 },
    Conclude { rev: u8 },
    Over,
}

/// A judgement of a manifest, by a recovery or by a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trial {
    Read,
    Condemn { read: Verdict },
    Look { sweep: u8, key: usize },
    Fence { sweep: u8, key: usize, read: Head },
    Pass { sweep: u8, live: bool },
}

pub(super) enum Judged {
    On(Trial),
    Live,
    Dead,
    Overtaken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Recovery {
    Idle,
    Took { manifest: Manifest, rev: u8 },
    Tries { manifest: Manifest, rev: u8, trial: Trial },
    Erases { manifest: Manifest, rev: u8 },
    Marks { manifest: Manifest, rev: u8, live: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sweeping {
    Idle,
    /// The part's entry: the upload was read as completed, then the manifest was looked for.
    Part {
        manifest: Manifest,
    },
    PartVerdict {
        manifest: Manifest,
        found: bool,
    },
    Tries {
        manifest: Manifest,
        entry: usize,
        trial: Trial,
    },
    Owns {
        manifest: Manifest,
        entry: usize,
    },
    Erases {
        manifest: Manifest,
        entry: usize,
        parts: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Start,
    /// A copy of this manifest, and B's head as it was read before.
    Refer(Manifest, Head),
    Lwt(Option<Manifest>, Head),
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) upload: Upload,
    pub(super) part: Blocks,
    pub(super) part_logged: bool,
    pub(super) manifests: [Blob; 2],
    pub(super) heads: [Head; 2],
    pub(super) completions: [Completion; 2],
    pub(super) abort: Option<u8>,
    pub(super) aborts: bool,
    pub(super) recovery: Recovery,
    /// One of manifests, one of parts.
    pub(super) sweepers: [Sweeping; 2],
    pub(super) copy: Change,
    pub(super) deletions: [Change; 2],
}

pub(super) const A: usize = 0;
pub(super) const B: usize = 1;
pub(super) const FRESH: u8 = u8::MAX;
pub(super) const RETRIES: u8 = 1;

pub(super) fn renumber(numbers: Vec<&mut u8>) {
    let mut seen = vec![0];
    for number in numbers {
        let place = seen.iter().position(|other| other == number).unwrap_or_else(|| {
            seen.push(*number);
            seen.len() - 1
        });
        *number = u8::try_from(place).expect("few");
    }
}

impl Trial {
    pub(super) fn read_mut(&mut self, of: usize) -> Option<&mut u8> {
        match self {
            Self::Fence { key, read, .. } if *key == of => Some(&mut read.rev),
            _ => None,
        }
    }

    pub(super) fn sweep_mut(&mut self) -> Option<&mut u8> {
        match self {
            Self::Look { sweep, .. } | Self::Fence { sweep, .. } | Self::Pass { sweep, .. } => Some(sweep),
            Self::Condemn { read: Verdict::Live(sweep) | Verdict::Dying(sweep) } => Some(sweep),
            Self::Condemn { read: Verdict::Dead } | Self::Read => None,
        }
    }
}

impl State {
    pub(super) fn set(&mut self, key: usize, holds: Option<Manifest>) {
        if let Some(previous) = self.heads[key].holds.filter(|previous| holds != Some(*previous)) {
            self.manifests[previous].logged[1 + key] = true;
        }
        self.heads[key] = Head { holds, rev: FRESH };
    }

    pub(super) fn mark(&mut self, expected: u8, is: Is) -> bool {
        let ours = self.upload.rev == expected;
        if ours {
            self.upload = Upload { is, rev: FRESH };
        }
        ours
    }

    pub(super) fn refer(&mut self, manifest: Manifest, key: usize) -> bool {
        let live = matches!(self.manifests[manifest].verdict, Verdict::Live(_));
        // Key A is its home, which needs no row.
        self.manifests[manifest].referred |= live && key == B;
        live
    }

    pub(super) fn trials(&mut self) -> [Option<(Manifest, &mut Trial)>; 2] {
        let recovery = match &mut self.recovery {
            Recovery::Tries { manifest, trial, .. } => Some((*manifest, trial)),
            _ => None,
        };
        let sweep = match &mut self.sweepers[0] {
            Sweeping::Tries { manifest, trial, .. } => Some((*manifest, trial)),
            _ => None,
        };
        [recovery, sweep]
    }

    /// Gives what is only ever compared for being the same the smallest numbers.
    pub(super) fn normalised(mut self) -> Self {
        for key in [A, B] {
            let State { heads, completions, copy, deletions, recovery, sweepers, .. } = &mut self;
            let mut revs = vec![&mut heads[key].rev];
            for completion in completions.iter_mut().filter(|_| key == A) {
                match completion {
                    Completion::Settle { read }
                    | Completion::Mark { read, .. }
                    | Completion::Publish { read, .. }
                    | Completion::Guard { read, .. }
                    | Completion::Claim { read, .. } => revs.push(&mut read.rev),
                    _ => {}
                }
            }
            let changes = deletions.iter_mut().enumerate().filter(|(of, _)| *of == key).map(|(_, change)| change);
            for change in changes.chain((key == B).then_some(copy)) {
                if let Change::Refer(_, read) | Change::Lwt(_, read) = change {
                    revs.push(&mut read.rev);
                }
            }
            if let Recovery::Tries { trial, .. } = recovery {
                revs.extend(trial.read_mut(key));
            }
            if let Sweeping::Tries { trial, .. } = &mut sweepers[0] {
                revs.extend(trial.read_mut(key));
            }
            renumber(revs);
        }
        for of in 0..2 {
            let mut sweeps = Vec::new();
            let mut verdict = self.manifests[of].verdict;
            if let Verdict::Live(sweep) | Verdict::Dying(sweep) = &mut verdict {
                sweeps.push(sweep);
            }
            sweeps.extend(
                self.trials().into_iter().flatten().filter(|(m, _)| *m == of).filter_map(|(_, t)| t.sweep_mut()),
            );
            renumber(sweeps);
            self.manifests[of].verdict = verdict;
        }
        let State { upload, completions, abort, recovery, .. } = &mut self;
        let mut revs = vec![&mut upload.rev];
        for completion in completions {
            match completion {
                Completion::Mark { rev, .. }
                | Completion::Publish { rev, .. }
                | Completion::Guard { rev, .. }
                | Completion::Claim { rev, .. }
                | Completion::Reopen { rev }
                | Completion::Conclude { rev } => revs.push(rev),
                _ => {}
            }
        }
        revs.extend(abort.as_mut());
        match recovery {
            Recovery::Idle => {}
            Recovery::Took { rev, .. }
            | Recovery::Tries { rev, .. }
            | Recovery::Erases { rev, .. }
            | Recovery::Marks { rev, .. } => revs.push(rev),
        }
        renumber(revs);
        self
    }
}
