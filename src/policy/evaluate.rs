//! What a policy says about a question. Source: AWS IAM User Guide, "Policy evaluation logic".

use super::principal::Aim;
use super::{Effect, Question, Statement, Verdict};

/// Holds a question against all statements. Conditions come last: only they need to know more of the request.
pub(super) fn judge(statements: &[Statement], question: &Question<'_>) -> Verdict {
    let action = question.action.to_ascii_lowercase();
    let mut verdict = Verdict::Silent;
    for statement in statements {
        match statement.effect {
            Effect::Deny => {
                if statement.principals.denied(question.who) && statement.holds(&action, question) {
                    return Verdict::Deny;
                }
            }
            Effect::Allow => {
                // What allows directly cannot allow more.
                if verdict == (Verdict::Allow { direct: true }) {
                    continue;
                }
                let Some(aim) = statement.principals.allowed(question.who) else { continue };
                if statement.holds(&action, question) {
                    let direct = aim == Aim::Direct || verdict == (Verdict::Allow { direct: true });
                    verdict = Verdict::Allow { direct };
                }
            }
        }
    }
    verdict
}

impl Statement {
    fn holds(&self, action: &str, question: &Question<'_>) -> bool {
        let Question { resource, facts, .. } = *question;
        self.actions.cover(action)
            && self.resources.cover(resource, self.effect, facts)
            && self.conditions.iter().all(|condition| condition.holds(self.effect, facts))
    }
}
