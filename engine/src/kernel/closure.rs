//! Coroutines as closures that need no types, and that capture clones.

/// Makes a closure that is a coroutine: `|co: &Co| ...`, without the type, and with what it captures.
///
/// | written | means |
/// | --- | --- |
/// | `co!(\|co\| body)` | `move \|co: &Co\| body` |
/// | `co!([queue, room], \|co\| body)` | the same, with clones of `queue` and `room`; the originals stay |
/// | `co!([n = 2 * i], \|co\| body)` | the same, with `n` |
/// | `co!(\|co\| -> Result<u32> { body })` | the same, with the type of the result, if nothing else tells it |
///
/// What is captured is cloned as `queue.clone()` does it, so a `&Queue` gives a `Queue`.
///
/// The closure goes wherever a coroutine goes: into [`create_task`](crate::create_task),
/// [`run`](crate::run()), [`gather`](crate::gather()), [`wait_for`](crate::wait_for()). Its body may use `?`.
/// An endless `loop` needs nothing after it, such as an `Ok(())` that would give its type.
///
/// Where a function takes a closure directly, as [`spawn`](crate::spawn), [`timeout`](crate::timeout()) and
/// [`start_server`](crate::start_server) do, `|co| body` needs no types either.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Queue, Result, co, create_task, gather, run, sleep};
///
/// fn main() -> Result<()> {
///     run(co!(|co| {
///         let queue = Queue::new();
///         let printer = create_task(co!([queue], |co| loop {
///             println!("{}", co.yield_from(queue.get())?);
///             queue.task_done()?;
///         }));
///         let producers = (1..=3).map(|i| {
///             co!([queue], |co| {
///                 co.yield_from(sleep(0.001 * f64::from(i)))?;
///                 co.yield_from(queue.put(i))
///             })
///         });
///         co.yield_from(gather(producers))?;
///         co.yield_from(queue.join())?;
///         printer.cancel();
///         Ok(())
///     }))
/// }
/// ```
#[macro_export]
macro_rules! co {
    ([$($name:ident $(= $value:expr)?),* $(,)?], |$co:pat_param| $($body:tt)+) => {{
        $($crate::co!(@capture $name $(= $value)?);)*
        $crate::co!(|$co| $($body)+)
    }};
    (|$co:pat_param| -> $result:ty $body:block) => {
        move |$co: &$crate::Co| -> $result { $body }
    };
    (|$co:pat_param| $body:expr) => {
        move |$co: &$crate::Co| {
            // A body that never ends has no result of which the type is known. This one has none either,
            // and so gives it one: `!`, or `()` in older editions.
            #[allow(clippy::diverging_sub_expression)]
            if false {
                return $crate::Result::<_>::Ok(::core::option::Option::None.unwrap_or_else(|| loop {}));
            }
            $body
        }
    };
    (@capture $name:ident) => {
        // The method, so that what is behind a reference is cloned, and not the reference.
        let $name = $name.clone();
    };
    (@capture $name:ident = $value:expr) => {
        let $name = $value;
    };
}
