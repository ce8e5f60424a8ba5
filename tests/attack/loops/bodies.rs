//! What coroutines do.

mod regions;
mod several;
mod std_futures;

use std::rc::Rc;

use yieldfrom::{
    Co, Error, Result, copy_context, interval, no_suspend, shield, sleep, sleep_with, task_group,
    timeout, wait_for, yield_now,
};

use super::{Stage, delay, stage};
use crate::attack::token::Token;
use crate::attack::world::{World, meddle};

/// A body that runs.
#[derive(Clone)]
pub(super) struct Body<'a> {
    co: &'a Co,
    world: Rc<World>,
    stage: Rc<Stage>,
}

/// Does things until it is to end.
pub(super) fn body(co: &Co) -> Result<Token> {
    let Some(world) = World::current() else {
        return Err(Error::msg("the program is over"));
    };
    world.say(format_args!("a body runs"));
    let body = Body {
        co,
        world,
        stage: stage(),
    };
    let result = body.go_on();
    body.world.say(format_args!("a body ends"));
    result
}

impl Body<'_> {
    fn go_on(&self) -> Result<Token> {
        loop {
            let world = &self.world;
            match world.below(16) {
                0 => return Ok(Token::new()),
                1..=9 => self.hear(self.wait_somehow())?,
                10 | 11 => world.act(),
                12 => world.panic(),
                13 => drop(WaitsAtEnd(self)),
                14 => self.swallow(),
                _ => return Err(self.stage.error(world)),
            }
        }
    }

    pub(super) fn wait_somehow(&self) -> Result<()> {
        match self.world.below(32) {
            0..3 => self.rest(),
            3 | 4 => self.wait_for_one(),
            5 if self.stage.composites => self.gather(),
            6 => self.wait(),
            7 => self.wait_with_limit(),
            8 if self.stage.composites => self.shield(),
            9 => self.limited(),
            10 => self.limited_by_shared(),
            11 => self.group(),
            12 => self.lock(),
            13 => self.semaphore(),
            14 => self.condition(),
            15 => self.event(),
            16 => self.barrier(),
            17 | 18 => self.queue(),
            19 => self.as_completed(),
            20 => self.job(),
            21 => no_suspend(|| self.wait_somehow()),
            22 => copy_context().run(|| self.wait_somehow())?,
            23 | 24 => self.first(),
            25 => self.set(),
            26 | 27 => self.region(),
            28..31 => self.std_future(),
            _ => self.coroutine(),
        }
    }

    /// Passes an error on, or goes on all the same.
    fn hear<T>(&self, result: Result<T>) -> Result<()> {
        self.world.hear(result)
    }

    /// Suspends, and goes on also when it is unwound.
    fn swallow(&self) {
        self.world.catch(|| {
            let _waits = WaitsAtEnd(self);
            drop(self.rest());
            self.world.panic();
        });
    }

    fn rest(&self) -> Result<()> {
        match self.world.below(4) {
            0 => self.co.yield_from(yield_now()),
            2 => {
                let ticks = interval(delay(&self.world));
                (0..2).try_for_each(|_| self.co.yield_from(ticks.tick()).map(drop))
            }
            1 => self.co.yield_from(sleep(delay(&self.world))),
            _ => self
                .co
                .yield_from(sleep_with(delay(&self.world), Token::new()))
                .map(drop),
        }
    }

    fn wait_for_one(&self) -> Result<()> {
        match self.stage.awaitable(&self.world) {
            Some(future) if self.world.one_in(2) => self.co.yield_from(&future).map(drop),
            Some(future) => self.co.yield_from(future).map(drop),
            None => Ok(()),
        }
    }

    fn wait_with_limit(&self) -> Result<()> {
        let limit = self.world.one_in(4).then(|| delay(&self.world));
        match self.stage.awaitable(&self.world) {
            Some(future) if self.world.one_in(2) => {
                self.co.yield_from(wait_for(future, limit)).map(drop)
            }
            _ => {
                let waited = wait_for(self.stage.coroutine(), delay(&self.world));
                self.co.yield_from(waited).map(drop)
            }
        }
    }

    fn shield(&self) -> Result<()> {
        match self.stage.awaitable(&self.world) {
            Some(future) => self.co.yield_from(shield(future)).map(drop),
            None => self.co.yield_from(shield(self.stage.coroutine())).map(drop),
        }
    }

    fn limited(&self) -> Result<()> {
        let body = self.clone();
        let limited = timeout(delay(&self.world), move |_: &Co| body.go_on());
        self.co.yield_from(limited).map(drop)
    }

    fn limited_by_shared(&self) -> Result<()> {
        let Some(shared) = self.world.pick(&self.stage.timeouts) else {
            return Ok(());
        };
        let body = self.clone();
        let limited = shared.enter(move |_: &Co| body.go_on());
        self.co.yield_from(limited).map(drop)
    }

    fn group(&self) -> Result<()> {
        let body = self;
        let group = task_group(|co: &Co, group| {
            for _ in 0..body.world.below(4) {
                let task = group.create_task(body.stage.coroutine());
                body.stage.place(&body.world, &body.stage.tasks, task);
            }
            if body.world.one_in(4) {
                body.stage
                    .place(&body.world, &body.stage.groups, group.handle());
            }
            for _ in 0..body.world.below(3) {
                let task = group.spawn(|co| co.yield_from(body.stage.coroutine()));
                match body.world.below(4) {
                    0 => drop(co.yield_from(&task)),
                    1 => drop(task.cancel()),
                    2 => drop(co.yield_from(task)),
                    _ => {}
                }
            }
            body.go_on()
        });
        self.co.yield_from(group).map(drop)
    }

    fn lock(&self) -> Result<()> {
        let Some(lock) = self.world.pick(&self.stage.locks) else {
            return Ok(());
        };
        let guard = self.co.yield_from(lock.acquire())?;
        let result = self.go_on();
        match self.world.one_in(4) {
            true => guard.forget(),
            false => drop(guard),
        }
        result.map(drop)
    }

    fn semaphore(&self) -> Result<()> {
        let Some(semaphore) = self.world.pick(&self.stage.semaphores) else {
            return Ok(());
        };
        let _guard = self.co.yield_from(semaphore.acquire())?;
        self.go_on().map(drop)
    }

    fn condition(&self) -> Result<()> {
        let Some(condition) = self.world.pick(&self.stage.conditions) else {
            return Ok(());
        };
        let _guard = self.co.yield_from(condition.acquire())?;
        if self.world.one_in(2) {
            return self.co.yield_from(condition.wait());
        }
        let world = Rc::clone(&self.world);
        let predicate = move || {
            meddle("a predicate");
            world.below(2) == 0
        };
        self.co.yield_from(condition.wait_for(predicate)).map(drop)
    }

    fn event(&self) -> Result<()> {
        match self.world.pick(&self.stage.events) {
            Some(event) => self.co.yield_from(event.wait()),
            None => Ok(()),
        }
    }

    fn barrier(&self) -> Result<()> {
        let Some(barrier) = self.world.pick(&self.stage.barriers) else {
            return Ok(());
        };
        match self.world.below(6) {
            4 => self.co.yield_from(barrier.reset()),
            5 => self.co.yield_from(barrier.abort()),
            _ => self.co.yield_from(barrier.wait()).map(drop),
        }
    }

    fn queue(&self) -> Result<()> {
        let Some(queue) = self.world.pick(&self.stage.queues) else {
            return Ok(());
        };
        match self.world.below(8) {
            0..3 => self.co.yield_from(queue.put(Token::new())),
            3 => self.co.yield_from(queue.join()),
            4 => {
                let item = self.co.yield_from(queue.next())?;
                self.stage.receive(&self.world, item);
                Ok(())
            }
            _ => {
                let item = self.co.yield_from(queue.get())?;
                self.stage.receive(&self.world, item);
                Ok(())
            }
        }
    }

    fn job(&self) -> Result<()> {
        match self.stage.job(&self.world) {
            Some(job) => self.co.yield_from(job).map(drop),
            None => Ok(()),
        }
    }

    fn coroutine(&self) -> Result<()> {
        let coroutine = match self.world.take(&self.stage.coroutines) {
            Some(coroutine) => coroutine,
            None => self.stage.coroutine(),
        };
        self.co.yield_from(coroutine).map(drop)
    }
}

/// Waits when it is dropped.
struct WaitsAtEnd<'a, 'b>(&'a Body<'b>);

impl Drop for WaitsAtEnd<'_, '_> {
    fn drop(&mut self) {
        // Caught, as one that comes while another panic unwinds ends the process.
        self.0.world.catch(|| drop(self.0.rest()));
    }
}
