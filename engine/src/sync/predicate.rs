//! Python's truth values, as far as predicates need them.

use yieldfrom_delegation::{Error, Result};

/// A value that a predicate returns, and that is true or false: asyncio takes any value here.
///
/// | type | it is true if it is | the result of the wait |
/// | --- | --- | --- |
/// | `bool` | `true` | `true` |
/// | `Option<T>` | `Some(value)` | `value` |
/// | `Result<P, E>` of these | `Ok` of a true value | as above; an `Err` ends the wait |
///
/// # Examples
///
/// You can implement it for a type of your own:
///
/// ```
/// use yieldfrom::Result;
/// use yieldfrom::sync::Truth;
///
/// struct Level(u32);
///
/// impl Truth for Level {
///     type Value = u32;
///
///     fn truth(self) -> Result<Option<u32>> {
///         Ok((self.0 != 0).then_some(self.0))
///     }
/// }
///
/// assert_eq!(Level(7).truth()?, Some(7));
/// assert_eq!(Level(0).truth()?, None);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub trait Truth {
    /// The result of the wait.
    type Value;

    /// Returns the value if it is true, and `None` if it is false.
    ///
    /// # Errors
    ///
    /// Fails with what the predicate failed with.
    fn truth(self) -> Result<Option<Self::Value>>;
}

impl Truth for bool {
    type Value = bool;

    fn truth(self) -> Result<Option<bool>> {
        Ok(self.then_some(true))
    }
}

impl<T> Truth for Option<T> {
    type Value = T;

    fn truth(self) -> Result<Option<T>> {
        Ok(self)
    }
}

impl<P: Truth, E: Into<Error>> Truth for Result<P, E> {
    type Value = P::Value;

    fn truth(self) -> Result<Option<P::Value>> {
        self.map_err(Into::into)?.truth()
    }
}
