//! `Status`: the phase of a body's life.

/// The phase of a body's life.
///
/// | status     | meaning                                                 | next status       |
/// | ---------- | ------------------------------------------------------- | ----------------- |
/// | Created    | the body has not started; it has no stack               | Suspended, Closed |
/// | Suspended  | it has a stack, and is at its start or at its own yield | Running, GivenUp  |
/// | Delegating | it is at a `yield_from` of another generator            | Running, GivenUp  |
/// | Running    | it runs, or has resumed another body that runs          | all but Created   |
/// | Closed     | it has ended; its stack is given back                   |                   |
/// | GivenUp    | it is suspended for ever: no code may switch to it      |                   |
///
/// A body is given up in two cases. To resume it would be unsound: its thread destroys the thread
/// locals that the body may have borrowed ([`stack`](crate::stack)). Or it would never end: the
/// body goes on for ever while a panic unwinds the thread
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
