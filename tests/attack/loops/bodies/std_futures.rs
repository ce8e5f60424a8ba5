//! What bodies do with futures of async/await.

use yieldfrom::{
    Co, Result, first, from_std, gather, shield, spawn_std, task_group, timeout, wait_for,
};

use super::super::delay;
use super::super::polls::Polls;
use super::Body;

impl Body<'_> {
    pub(super) fn std_future(&self) -> Result<()> {
        let (world, co) = (&self.world, self.co);
        let polls = || from_std(Polls::new(None));
        match world.below(9) {
            0 => co.yield_from(polls()).map(drop),
            1 | 2 => {
                let polls = Polls::new(Some(self.clone()));
                co.yield_from(from_std(polls)).map(drop)
            }
            3 => {
                let task = spawn_std(Polls::new(None));
                self.stage.place(world, &self.stage.tasks, task.clone());
                co.yield_from(&task).map(drop)
            }
            4 => self.first_of_std(),
            5 => co.yield_from(wait_for(polls(), delay(world))).map(drop),
            6 if self.stage.composites => co.yield_from(gather([polls(), polls()])).map(drop),
            7 if self.stage.composites => co.yield_from(shield(polls())).map(drop),
            8 => self.group_of_std(),
            _ => {
                let limited = timeout(delay(world), |co: &Co| co.yield_from(polls()));
                co.yield_from(limited).map(drop)
            }
        }
    }

    fn first_of_std(&self) -> Result<()> {
        let own = from_std(Polls::new(Some(self.clone())));
        let code = |co: &Co| co.yield_from(self.stage.coroutine());
        let several = first((own, code, from_std(Polls::new(None))));
        self.co.yield_from(several).map(drop)
    }

    fn group_of_std(&self) -> Result<()> {
        let group = task_group(|co: &Co, group| {
            // One that suspends while it is unwound would end the process: a group lends what may be gone then.
            let task = group.spawn(|co| co.yield_from(from_std(Polls::new(None))));
            match self.world.one_in(2) {
                true => co.yield_from(task).map(drop),
                false => self.go_on().map(drop),
            }
        });
        self.co.yield_from(group)
    }
}
