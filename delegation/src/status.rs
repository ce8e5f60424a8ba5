//! Where a body is in its life.

/// Where a body is in its life.
///
/// | status     | meaning                                              | next           |
/// | ---------- | ---------------------------------------------------- | -------------- |
/// | Created    | it has not started; it has no stack                  | Suspended, Closed |
/// | Suspended  | on a stack, not yet run or at a yield of its own     | Running, Lost  |
/// | Delegating | at a `yield_from` of another generator               | Running, Lost  |
/// | Running    | its code is on the processor, or below what is       | all but Created |
/// | Closed     | it has ended; the stack is given back                |                |
/// | Lost       | suspended for ever: nobody may switch to its stack   |                |
///
/// A body is lost where resuming it would be unsound, or would never end: when its thread
/// destroys the thread locals that the body may have borrowed ([`stack`](crate::stack)), and
/// when it goes on for ever while a panic unwinds the thread
/// ([`Suspender`](crate::coroutine::Suspender)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Suspended,
    Delegating,
    Running,
    Closed,
    GivenUp,
}
