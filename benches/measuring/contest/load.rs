//! The load that is the same for all: half of what the slowest bears.

use std::fmt;

use super::{Contest, Turn};
use crate::questions::{Case, QUESTIONS, Question};

/// What the slowest contestant bears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    /// So many messages in a second.
    bears: f64,
    who: &'static str,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (load, Self { bears, who }) = (self.per_second(), self);
        write!(
            f,
            "{load} messages a second, half of the {bears:.0} that {who} bears"
        )
    }
}

impl Load {
    /// Returns the slower of the slowest so far and another one.
    fn slower(slowest: Option<Self>, other: Self) -> Self {
        slowest
            .filter(|slowest| slowest.bears <= other.bears)
            .unwrap_or(other)
    }

    fn per_second(&self) -> f64 {
        (self.bears / 2.0).round()
    }
}

/// Returns the question and its run that tell what everybody bears, if these cases have a load.
fn told_by(cases: &[Case]) -> Option<(&'static Question, &'static [Case])> {
    let (question, case) = cases[0].load()?;
    let question = *QUESTIONS.iter().find(|known| known.name == question)?;
    let run = question.runs().find(|run| run[0].name == case)?;
    Some((question, run))
}

impl Contest {
    /// Finds out what each contestant bears, if that is asked for, and chooses the load of all.
    pub(super) fn choose_load(
        &mut self,
        turns: &mut Vec<Turn>,
        cases: &[Case],
        absent: &mut Vec<(&'static str, String)>,
    ) -> Option<Load> {
        let (question, run) = told_by(cases)?;
        let mut slowest = None;
        turns.retain(|turn| {
            let who = turn.contestant.who;
            let mut first = Turn::new(turn.contestant);
            let mut rounds = 0..self.sampler.rounds();
            let sampled = rounds.try_for_each(|_| self.sampled(&mut first, 0, question, run));
            if let Some(values) = first.samples.first() {
                let bears = values[0];
                slowest = Some(Load::slower(slowest, Load { bears, who }));
            }
            sampled.map_err(|why| absent.push((who, why))).is_ok()
        });
        self.sampler.load = slowest.map(|slowest| slowest.per_second());
        slowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_half_of_what_the_slowest_bears() {
        let all = [(300.0, "tokio"), (41.0, "asyncio"), (200.0, "smol")];
        let slowest = all.iter().fold(None, |slowest, &(bears, who)| {
            Some(Load::slower(slowest, Load { bears, who }))
        });
        let said = "21 messages a second, half of the 41 that asyncio bears";
        assert_eq!(slowest.unwrap().to_string(), said);
    }
}
