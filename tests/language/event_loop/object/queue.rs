//! Runs the methods of queues.

use yieldfrom::Result;
use yieldfrom::sync::Queue;

use super::super::frame::Frame;
use super::super::syntax::Method;
use super::{nothing, truth};
use crate::language::run::Runner;
use crate::language::value::Value;

impl Frame<'_> {
    pub(super) fn on_queue(&self, queue: &Queue<Value>, method: &Method) -> Option<Result<Value>> {
        match method {
            Method::Put(item) => Some(self.eval(item).and_then(|item| {
                self.co().yield_from(queue.put(item))?;
                Ok(Value::None)
            })),
            Method::PutNowait(item) => {
                let put = |item| queue.put_nowait(item);
                nothing(self.eval(item).and_then(put))
            }
            Method::Get => Some(self.co().yield_from(queue.get())),
            Method::GetNowait => Some(queue.get_nowait()),
            Method::Join => nothing(self.co().yield_from(queue.join())),
            Method::TaskDone => nothing(queue.task_done()),
            Method::Qsize => Some(Ok(Value::Int(
                i64::try_from(queue.qsize()).unwrap_or(i64::MAX),
            ))),
            Method::Empty => truth(queue.empty()),
            Method::Full => truth(queue.full()),
            _ => None,
        }
    }
}
