//! The model of one key: its versions, newest first, and what became of its uploads. Sources: AWS, "Using versioning in
//! S3 buckets", "Locking objects with Object Lock", "Add preconditions to S3 operations with conditional requests".

use std::collections::BTreeMap;

use super::op::{Answer, Call, Condition, Id, Listed, Lock, Mode, Op, Retention, Rules, Text, Upload, Versioning};

/// A version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    pub id: Id,
    /// A delete marker has none.
    pub etag: Option<Text>,
    pub tags: u8,
    pub lock: Lock,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ended {
    Aborted,
    Completed(Id),
}

/// A key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Key {
    pub versions: Vec<Version>,
    /// Those that are not here are open.
    ended: BTreeMap<usize, Ended>,
}

impl Key {
    /// The object that a request without version means.
    pub fn object(&self) -> Option<&Version> {
        self.versions.first().filter(|version| version.etag.is_some())
    }

    /// What the key can be after a call; nothing, if it cannot have been answered so.
    pub fn step(&self, call: &Call) -> Vec<Self> {
        let mut next = Vec::new();
        for before in self.readings(&call.op) {
            let (expected, after) = before.act(call.number, call.rules, &call.op);
            match &call.answer {
                None => next.push(after),
                Some(answer) => next.extend(after.agree(&expected, answer)),
            }
            if let (Op::Complete { condition, .. }, Some(answer)) = (&call.op, &call.answer) {
                // The upload may have ended since it was looked up, and before its condition was judged.
                next.extend(before.judge(condition).err().and_then(|refusal| before.clone().agree(&refusal, answer)));
            }
        }
        next.dedup();
        next
    }

    /// A version that is named and not there may be one of those whose id was not told.
    fn readings(&self, op: &Op) -> Vec<Self> {
        let mut all = vec![self.clone()];
        if let Some(named @ Id::Named(_)) = op.version()
            && self.find(named).is_none()
        {
            let unknown = self.versions.iter().filter(|version| matches!(version.id, Id::Unknown(_)));
            all.extend(unknown.map(|version| self.clone().renamed(&version.id, named)));
        }
        all
    }

    fn renamed(mut self, unknown: &Id, id: &Id) -> Self {
        for version in self.versions.iter_mut().filter(|version| version.id == *unknown) {
            version.id = id.clone();
        }
        for ended in self.ended.values_mut().filter(|ended| **ended == Ended::Completed(unknown.clone())) {
            *ended = Ended::Completed(id.clone());
        }
        self
    }

    /// The key, with the ids that an answer tells, if it is the answer expected.
    fn agree(mut self, expected: &Answer, answer: &Answer) -> Option<Self> {
        let ids = |answer: &Answer| -> Vec<Id> {
            answer.version.iter().chain(answer.versions.iter().map(|listed| &listed.id)).cloned().collect()
        };
        let (wanted, told) = (ids(expected), ids(answer));
        for (wanted, told) in wanted.iter().zip(&told) {
            if matches!((wanted, told), (Id::Unknown(_), Id::Named(_))) && self.find(told).is_none() {
                self = self.renamed(wanted, told);
            } else if wanted != told {
                return None;
            }
        }
        let rest = |answer: &Answer| {
            let anonymous = |listed: &Listed| Listed { id: Id::Null, ..listed.clone() };
            let versions = answer.versions.iter().map(anonymous).collect();
            Answer { version: answer.version.as_ref().map(|_| Id::Null), versions, ..answer.clone() }
        };
        (rest(expected) == rest(answer)).then_some(self)
    }

    fn find(&self, id: &Id) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == *id)
    }

    /// What is answered to a call and what the key is then. A version that it makes has an id that is not known yet.
    pub fn act(&self, number: usize, rules: Rules, op: &Op) -> (Answer, Self) {
        let done = match op {
            Op::Put { body, tags, lock, condition } => self.put(number, rules, condition, *lock, &body.etag, *tags),
            Op::Paste { etag, tags, condition } => self.put(number, rules, condition, Lock::default(), etag, *tags),
            Op::Source { version } => self.source(rules, version.as_ref()),
            Op::Complete { upload, condition } => self.complete(number, rules, upload, condition),
            Op::Abort { upload } => self.abort(upload),
            Op::Delete { condition, of_many, .. } if self.hides_from(condition, *of_many) => {
                Err(Answer::error(412, "PreconditionFailed"))
            }
            Op::Delete { version, condition, bypass, .. } => match version {
                Some(version) => self.remove(version, condition, *bypass),
                None if rules.versioning == Versioning::Off => self
                    .remove(&Id::Null, condition, *bypass)
                    .map(|(answer, after)| (Answer::status(answer.status), after)),
                None => self.mark(number, rules, condition),
            },
            Op::Read { version, .. } => self.read(rules, version.as_ref()),
            Op::Tags { version } => self.there(rules, version.as_ref()).map_err(of_tags).map(|found| {
                let answer = Answer { tags: Some(found.tags), ..Answer::status(200) };
                (Answer { version: told(rules, &found.id), ..answer }, self.clone())
            }),
            Op::Tag { version, tags } => {
                let tagged = self.amend(rules, version.as_ref(), |found| {
                    found.tags = *tags;
                    let status = if *tags == 0 { 204 } else { 200 };
                    Ok(Answer { version: told(rules, &found.id), ..Answer::status(status) })
                });
                tagged.map_err(of_tags)
            }
            Op::Retain { .. } | Op::Hold { .. } if !rules.locks => Err(Answer::error(400, "InvalidRequest")),
            Op::Retain { version, retention, bypass } => self.amend(rules, version.as_ref(), |found| {
                if !may_become(found.lock.retention, *retention, *bypass) {
                    return Err(Answer::error(403, "AccessDenied"));
                }
                found.lock.retention = *retention;
                Ok(Answer::status(200))
            }),
            Op::Hold { version, on } => self.amend(rules, version.as_ref(), |found| {
                found.lock.hold = Some(*on);
                Ok(Answer::status(200))
            }),
            Op::List => Ok((self.listing(), self.clone())),
        };
        done.unwrap_or_else(|refusal| (refusal, self.clone()))
    }

    /// Whether a delete marker on top matches no ETag, as of one key of many; otherwise there is no key.
    fn hides_from(&self, condition: &Condition, of_many: bool) -> bool {
        let marker = self.versions.first().is_some_and(|version| version.etag.is_none());
        of_many && marker && matches!(condition, Condition::Match(_))
    }

    /// Whether a write may go on; otherwise what is answered.
    fn judge(&self, condition: &Condition) -> Result<(), Answer> {
        match (condition, self.object()) {
            (Condition::Match(_), None) => Err(Answer::error(404, "NoSuchKey")),
            (Condition::Match(etag), Some(object)) if object.etag.as_ref() != Some(etag) => {
                Err(Answer::error(412, "PreconditionFailed"))
            }
            (Condition::Absent, Some(_)) => Err(Answer::error(412, "PreconditionFailed")),
            _ => Ok(()),
        }
    }

    /// The key with a version on top; a null version is the only one.
    fn with(&self, number: usize, rules: Rules, version: impl FnOnce(Id) -> Version) -> Self {
        let id = if rules.versioning == Versioning::Enabled { Id::Unknown(number) } else { Id::Null };
        let mut after = self.clone();
        after.versions.retain(|other| id != Id::Null || other.id != Id::Null);
        after.versions.insert(0, version(id));
        after
    }

    fn put(&self, number: usize, rules: Rules, condition: &Condition, lock: Lock, etag: &Text, tags: u8) -> Done {
        if lock != Lock::default() && !rules.locks {
            return Err(Answer::error(400, "InvalidRequest"));
        }
        self.judge(condition)?;
        let default = rules.default.map(|mode| Retention { mode, until: 0 });
        let lock = Lock { retention: lock.retention.or(default), ..lock };
        let after = self.with(number, rules, |id| Version { id, etag: Some(etag.clone()), tags, lock });
        let version = after.versions.first().and_then(|made| told_maker(&made.id));
        Ok((Answer { version, etag: Some(etag.clone()), ..Answer::status(200) }, after))
    }

    fn complete(&self, number: usize, rules: Rules, upload: &Upload, condition: &Condition) -> Done {
        match self.ended.get(&upload.number) {
            Some(Ended::Aborted) => return Err(Answer::error(404, "NoSuchUpload")),
            Some(Ended::Completed(id)) => {
                let version = told_maker(id);
                let answer = Answer { version, etag: Some(upload.etag.clone()), ..Answer::status(200) };
                return Ok((answer, self.clone()));
            }
            None => {}
        }
        let (answer, mut after) = self.put(number, rules, condition, Lock::default(), &upload.etag, 0)?;
        let made = after.versions.first().map(|made| made.id.clone()).expect("a version was put");
        after.ended.insert(upload.number, Ended::Completed(made));
        Ok((answer, after))
    }

    fn abort(&self, upload: &Upload) -> Done {
        if self.ended.contains_key(&upload.number) {
            return Err(Answer::error(404, "NoSuchUpload"));
        }
        let mut after = self.clone();
        after.ended.insert(upload.number, Ended::Aborted);
        Ok((Answer::status(204), after))
    }

    fn mark(&self, number: usize, rules: Rules, condition: &Condition) -> Done {
        self.judge(condition)?;
        let after = self.with(number, rules, |id| Version { id, etag: None, tags: 0, lock: Lock::default() });
        let version = after.versions.first().map(|made| made.id.clone());
        Ok((Answer { version, marker: true, ..Answer::status(204) }, after))
    }

    fn remove(&self, id: &Id, condition: &Condition, bypass: bool) -> Done {
        self.judge(condition)?;
        let answer = Answer { version: Some(id.clone()), ..Answer::status(204) };
        let Some(found) = self.find(id) else { return Ok((answer, self.clone())) };
        let retained = found.lock.retention.is_some_and(|kept| kept.mode == Mode::Compliance || !bypass);
        if retained || found.lock.hold == Some(true) {
            return Err(Answer::error(403, "AccessDenied"));
        }
        let mut after = self.clone();
        after.versions.retain(|version| version.id != *id);
        Ok((Answer { marker: found.etag.is_none(), ..answer }, after))
    }

    /// The object that a request means; otherwise what is answered.
    fn there(&self, rules: Rules, version: Option<&Id>) -> Result<&Version, Answer> {
        let found = version.map_or(self.versions.first(), |id| self.find(id));
        let missing = match (found, version) {
            (Some(object), _) if object.etag.is_some() => return Ok(object),
            (None, Some(_)) => return Err(Answer::error(404, "NoSuchVersion")),
            (_, None) => Answer::error(404, "NoSuchKey"),
            (Some(_), Some(_)) => Answer::error(405, "MethodNotAllowed"),
        };
        Err(Answer { marker: found.is_some(), version: found.and_then(|marker| told(rules, &marker.id)), ..missing })
    }

    fn read(&self, rules: Rules, version: Option<&Id>) -> Done {
        let found = self.there(rules, version)?;
        let answer = Answer { version: told(rules, &found.id), lock: found.lock, ..Answer::status(200) };
        Ok((Answer { etag: found.etag.clone(), tags: Some(found.tags.min(1)), ..answer }, self.clone()))
    }

    fn source(&self, rules: Rules, version: Option<&Id>) -> Done {
        let found = self.there(rules, version).map_err(|missing| match missing.status {
            405 => Answer::error(400, "InvalidRequest"),
            _ => Answer { version: None, marker: false, ..missing },
        })?;
        let answer = Answer { version: told(rules, &found.id), ..Answer::status(200) };
        Ok((Answer { etag: found.etag.clone(), ..answer }, self.clone()))
    }

    fn amend(
        &self,
        rules: Rules,
        version: Option<&Id>,
        change: impl FnOnce(&mut Version) -> Result<Answer, Answer>,
    ) -> Done {
        let id = self.there(rules, version)?.id.clone();
        let mut after = self.clone();
        let found = after.versions.iter_mut().find(|version| version.id == id).expect("it was found before");
        let answer = change(found)?;
        Ok((answer, after))
    }

    fn listing(&self) -> Answer {
        let listed = |(at, version): (usize, &Version)| Listed {
            id: version.id.clone(),
            etag: version.etag.clone(),
            latest: at == 0,
        };
        Answer { versions: self.versions.iter().enumerate().map(listed).collect(), ..Answer::status(200) }
    }
}

/// An answer and what the key is then, or the answer that leaves it as it is.
type Done = Result<(Answer, Key), Answer>;

/// A delete marker on top is one to those who ask about tags, to others there is no such key.
fn of_tags(missing: Answer) -> Answer {
    let Answer { marker, version, .. } = missing.clone();
    if marker { Answer { marker, version, ..Answer::error(405, "MethodNotAllowed") } } else { missing }
}

/// Null versions are told where versioning was ever enabled.
fn told(rules: Rules, id: &Id) -> Option<Id> {
    (rules.versioning != Versioning::Off || *id != Id::Null).then(|| id.clone())
}

/// Who writes a null version is told of none.
fn told_maker(id: &Id) -> Option<Id> {
    (*id != Id::Null).then(|| id.clone())
}

fn may_become(held: Option<Retention>, next: Option<Retention>, bypass: bool) -> bool {
    let Some(held) = held else { return true };
    let kept = next.is_some_and(|next| next.mode == held.mode && next.until >= held.until);
    kept || bypass && held.mode == Mode::Governance
}

#[cfg(test)]
mod tests {
    use super::super::op::Body;
    use super::*;

    fn call(number: usize, versioning: Versioning, op: Op, answer: Answer) -> Call {
        Call { number, rules: Rules::of(versioning), op, answer: Some(answer) }
    }

    fn put(number: usize, versioning: Versioning, version: Option<&str>) -> Call {
        let body = Body::new(number as u64 + 1);
        let answer = Answer { version: version.map(Id::told), etag: Some(body.etag.clone()), ..Answer::status(200) };
        let op = Op::Put { body, tags: 0, lock: Lock::default(), condition: Condition::None };
        call(number, versioning, op, answer)
    }

    fn only(mut states: Vec<Key>) -> Key {
        assert_eq!(states.len(), 1, "{states:?}");
        states.remove(0)
    }

    #[test]
    fn a_made_version_has_the_id_that_was_told_and_no_other_has() {
        let one = only(Key::default().step(&put(0, Versioning::Enabled, Some("a"))));
        assert!(one.step(&put(1, Versioning::Enabled, Some("a"))).is_empty(), "an id is told once");
        assert!(one.step(&put(1, Versioning::Enabled, Some("null"))).is_empty());
        assert!(one.step(&put(1, Versioning::Suspended, Some("b"))).is_empty());
        assert!(one.step(&put(1, Versioning::Suspended, Some("null"))).is_empty());
        let two = only(one.step(&put(1, Versioning::Suspended, None)));
        let three = only(two.step(&put(2, Versioning::Suspended, None)));
        let ids: Vec<&str> = three.versions.iter().map(|version| version.id.text()).collect();
        assert_eq!(ids, ["null", "a"]);
    }

    #[test]
    fn a_version_that_was_not_told_is_found_out_later() {
        let lost = Call { answer: None, ..put(0, Versioning::Enabled, None) };
        let made = only(Key::default().step(&lost));
        let read = |version: Option<&str>, told: &str, etag: u64| {
            let answer =
                Answer { version: Some(Id::told(told)), etag: Some(Body::new(etag).etag), ..Answer::status(200) };
            let op = Op::Read { version: version.map(Id::told), head: false };
            call(1, Versioning::Enabled, op, Answer { tags: Some(0), ..answer })
        };
        let known = only(made.step(&read(None, "a", 1)));
        assert!(known.step(&read(None, "b", 1)).is_empty(), "it has one id");
        assert!(made.step(&read(None, "a", 2)).is_empty(), "it has its own bytes");
        assert_eq!(only(made.step(&read(Some("a"), "a", 1))), known);
    }

    #[test]
    fn what_the_rules_forbid_is_not_accepted() {
        let rules = Rules { locks: true, ..Rules::of(Versioning::Enabled) };
        let kept = Retention { mode: Mode::Compliance, until: 2 };
        let lock = Lock { retention: Some(kept), hold: None };
        let version = Version { id: Id::told("a"), etag: Some("e".into()), tags: 0, lock };
        let key = Key { versions: vec![version], ..Key::default() };
        let gone = Answer { version: Some(Id::told("a")), ..Answer::status(204) };
        let delete =
            Op::Delete { version: Some(Id::told("a")), condition: Condition::None, bypass: true, of_many: false };
        let shorter = Some(Retention { until: 1, ..kept });
        let shorten = Op::Retain { version: None, retention: shorter, bypass: true };
        let create = Op::Put { body: Body::new(1), tags: 0, lock: Lock::default(), condition: Condition::Absent };
        for (op, answer) in [(delete, gone), (shorten, Answer::status(200)), (create, Answer::status(200))] {
            let call = Call { number: 7, rules, op, answer: Some(answer) };
            assert!(key.step(&call).is_empty(), "{call:?}");
        }
    }
}
