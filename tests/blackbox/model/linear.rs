//! Whether some order of concurrent calls, each at a moment between its invocation and its answer, explains all answers.
//!
//! The search goes through the orders depth first and remembers which calls were placed with which state as the result,
//! because what comes after depends on nothing else (Wing and Gong, 1993; Lowe, 2017).

use std::collections::HashSet;
use std::hash::Hash;

/// A call of a history. Times are numbers that grow.
#[derive(Debug, Clone)]
pub struct Event<C> {
    pub call: C,
    pub invoked: u64,
    /// `None`: its outcome is not known; it may have happened at any time since, or not at all.
    pub answered: Option<u64>,
    /// The call of the history that is known to have happened before, whatever the times say.
    pub after: Option<usize>,
}

/// What the search comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This order explains all answers.
    Explained(Vec<usize>),
    /// No order does; the longest beginning of one.
    Impossible(Vec<usize>),
    /// The search was given up.
    Undecided,
}

/// Calls in a history at most.
pub const EVENTS_MAX: usize = 128;
/// Places in the search that are visited at most.
const VISITS_MAX: usize = 300_000;

/// Which calls have been placed: a bit for each.
type Placed = u128;

struct Place<S> {
    placed: Placed,
    state: S,
    order: Vec<usize>,
}

/// Judges a history. `step`: the states that a call can lead to from one, none if it cannot have been answered so.
pub fn judge<S, C>(initial: S, history: &[Event<C>], step: impl Fn(&S, &C) -> Vec<S>) -> Verdict
where
    S: Clone + Eq + Hash,
{
    assert!(history.len() <= EVENTS_MAX, "{} calls are too many", history.len());
    let due: Placed = mask(history.iter().map(|event| event.answered.is_some()));
    let mut seen: HashSet<(Placed, S)> = HashSet::new();
    let mut stack = vec![Place { placed: 0, state: initial, order: Vec::new() }];
    let mut longest = Vec::new();
    while let Some(place) = stack.pop() {
        if place.placed & due == due {
            return Verdict::Explained(place.order);
        }
        if seen.len() >= VISITS_MAX {
            return Verdict::Undecided;
        }
        if place.order.len() > longest.len() {
            longest.clone_from(&place.order);
        }
        for next in candidates(history, place.placed) {
            let placed = place.placed | 1 << next;
            for state in step(&place.state, &history[next].call) {
                if seen.insert((placed, state.clone())) {
                    let order = place.order.iter().copied().chain([next]).collect();
                    stack.push(Place { placed, state, order });
                }
            }
        }
    }
    Verdict::Impossible(longest)
}

fn mask(bits: impl Iterator<Item = bool>) -> Placed {
    bits.enumerate().filter(|(_, set)| *set).fold(0, |mask, (bit, _)| mask | 1 << bit)
}

/// The calls that may come next: those invoked before any other that is left was answered. The one that was answered
/// first comes last, to be tried first.
fn candidates<C>(history: &[Event<C>], placed: Placed) -> Vec<usize> {
    let left = || (0..history.len()).filter(|i| placed & (1 << i) == 0);
    let first_answer = left().filter_map(|i| history[i].answered).min().unwrap_or(u64::MAX);
    let may_come = |i: &usize| {
        let event = &history[*i];
        event.invoked < first_answer && event.after.is_none_or(|before| placed & (1 << before) != 0)
    };
    let mut next: Vec<usize> = left().filter(may_come).collect();
    next.sort_by_key(|i| std::cmp::Reverse(history[*i].answered.unwrap_or(u64::MAX)));
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register that is written, read, and compared and set.
    #[derive(Debug, Clone, Copy)]
    enum Call {
        Write(u8),
        Read(u8),
        Swap(u8, u8, bool),
    }

    fn register(state: &u8, call: &Call) -> Vec<u8> {
        match *call {
            Call::Write(value) => vec![value],
            Call::Read(value) => (value == *state).then_some(value).into_iter().collect(),
            Call::Swap(old, new, done) => match (old == *state, done) {
                (true, true) => vec![new],
                (false, false) => vec![*state],
                _ => Vec::new(),
            },
        }
    }

    fn history(events: &[(Call, u64, u64)]) -> Vec<Event<Call>> {
        let event = |&(call, invoked, answered): &(Call, u64, u64)| Event {
            call,
            invoked,
            answered: (answered < 99).then_some(answered),
            after: None,
        };
        events.iter().map(event).collect()
    }

    fn explained(events: &[(Call, u64, u64)]) -> bool {
        match judge(0, &history(events), register) {
            Verdict::Explained(_) => true,
            Verdict::Impossible(_) => false,
            Verdict::Undecided => panic!("it is small"),
        }
    }

    use Call::{Read, Swap, Write};

    /// Answered at 99: not known.
    const NEVER: u64 = 99;

    #[test]
    fn what_happened_one_after_the_other_is_seen_so() {
        assert!(explained(&[(Write(1), 0, 1), (Read(1), 2, 3), (Write(2), 4, 5), (Read(2), 6, 7)]));
        assert!(!explained(&[(Write(1), 0, 1), (Write(2), 2, 3), (Read(1), 4, 5)]), "a stale read");
        assert!(!explained(&[(Write(1), 0, 1), (Read(0), 2, 3)]), "a lost write");
        assert!(!explained(&[(Read(1), 0, 1), (Write(1), 2, 3)]), "a read of the future");
    }

    #[test]
    fn what_happens_at_once_has_any_order_but_one_for_all() {
        for seen in [0, 1] {
            assert!(explained(&[(Write(1), 0, 5), (Read(seen), 1, 2)]));
        }
        assert!(explained(&[(Write(1), 0, 9), (Read(0), 1, 2), (Read(1), 3, 4)]));
        assert!(!explained(&[(Write(1), 0, 9), (Read(1), 1, 2), (Read(0), 3, 4)]), "it came and went");
        let two = [(Write(1), 0, 1), (Write(2), 0, 1)];
        assert!(explained(&[two[0], two[1], (Read(2), 2, 3), (Read(2), 4, 5)]));
        assert!(!explained(&[two[0], two[1], (Read(2), 2, 3), (Read(1), 4, 5)]), "two orders");
    }

    #[test]
    fn what_is_known_to_come_before_does() {
        let mut events = history(&[(Write(1), 0, 5), (Write(2), 1, 6), (Read(1), 7, 8)]);
        assert_eq!(judge(0, &events, register), Verdict::Explained(vec![1, 0, 2]));
        events[1].after = Some(0);
        assert!(matches!(judge(0, &events, register), Verdict::Impossible(_)));
    }

    #[test]
    fn one_of_two_that_ask_for_the_same_wins() {
        assert!(explained(&[(Swap(0, 1, true), 0, 5), (Swap(0, 2, false), 1, 4)]));
        assert!(!explained(&[(Swap(0, 1, true), 0, 5), (Swap(0, 2, true), 1, 4)]), "both have won");
        assert!(!explained(&[(Swap(0, 1, false), 0, 5), (Swap(0, 2, false), 1, 4)]), "nobody has won");
    }

    #[test]
    fn what_is_not_known_may_happen_late_or_never_but_not_undone() {
        let lost = (Write(1), 2, NEVER);
        assert!(explained(&[lost, (Read(0), 3, 4), (Read(0), 5, 6)]));
        assert!(explained(&[lost, (Read(0), 3, 4), (Read(1), 5, 6)]));
        assert!(!explained(&[lost, (Read(1), 3, 4), (Read(0), 5, 6)]));
        assert!(!explained(&[(Read(1), 0, 1), lost]), "not before it was asked for");
        assert!(explained(&[lost, (Write(2), 3, 4), (Read(1), 5, 6)]), "it may come after a later write");
    }

    #[test]
    fn the_longest_beginning_says_where_it_fails() {
        let events = history(&[(Write(1), 0, 1), (Write(2), 2, 3), (Read(1), 4, 5), (Read(1), 6, 7)]);
        assert_eq!(judge(0, &events, register), Verdict::Impossible(vec![0, 1]));
    }
}
