//! What bodies wait for several things by.

use yieldfrom::{
    ALL_COMPLETED, Co, FIRST_COMPLETED, FIRST_EXCEPTION, Result, TaskSet, as_completed, first,
    gather, gather_return_exceptions, sleep, wait,
};

use super::super::delay;
use super::Body;

impl Body<'_> {
    pub(super) fn gather(&self) -> Result<()> {
        let all = self.stage.awaitables(&self.world);
        match self.world.below(3) {
            0 => self.co.yield_from(gather(all)).map(drop),
            1 => {
                let coroutines = (0..all.len()).map(|_| self.stage.coroutine());
                self.co.yield_from(gather(coroutines)).map(drop)
            }
            _ => {
                let all = gather_return_exceptions(all);
                self.co.yield_from(&all)?;
                all.take_result().map(drop)
            }
        }
    }

    pub(super) fn wait(&self) -> Result<()> {
        let when = [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION][self.world.below(3)];
        let limit = self.world.one_in(2).then(|| delay(&self.world));
        let wait = wait(self.stage.awaitables(&self.world));
        let waited = self.co.yield_from(wait.timeout(limit).return_when(when))?;
        self.stage.receive(&self.world, waited);
        Ok(())
    }

    pub(super) fn as_completed(&self) -> Result<()> {
        let limit = self.world.one_in(2).then(|| delay(&self.world));
        let all = self.stage.awaitables(&self.world);
        for next in as_completed(all).timeout(limit) {
            let result = self.co.yield_from(next);
            self.hear(result)?;
        }
        Ok(())
    }

    pub(super) fn first(&self) -> Result<()> {
        let code = |co: &Co| co.yield_from(self.stage.coroutine());
        let nap = sleep(delay(&self.world));
        let queue = self.world.pick(&self.stage.queues);
        match (queue, self.stage.awaitable(&self.world)) {
            (Some(queue), Some(future)) => {
                let several = first((queue.get(), future, code, nap));
                self.co.yield_from(several).map(drop)
            }
            (Some(queue), None) => self
                .co
                .yield_from(first((code, queue.next(), nap)))
                .map(drop),
            (None, Some(future)) => self.co.yield_from(first((&future, code))).map(drop),
            (None, None) => {
                let all = self.stage.awaitables(&self.world);
                self.co.yield_from(first(all)).map(drop)
            }
        }
    }

    pub(super) fn set(&self) -> Result<()> {
        let tasks = TaskSet::new();
        for _ in 0..self.world.below(4) {
            let task = tasks.create_task(self.stage.coroutine());
            self.stage.place(&self.world, &self.stage.tasks, task);
        }
        if let Some(task) = self.world.pick(&self.stage.tasks) {
            tasks.add(task);
        }
        for _ in 0..self.world.below(6) {
            if let Some(result) = self.co.yield_from(tasks.next())? {
                self.hear(result)?;
            }
        }
        Ok(())
    }
}
