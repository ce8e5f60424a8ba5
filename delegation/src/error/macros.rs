//! `bail!` and `ensure!`: functions that return early with an error; `exception!`: types of errors.

/// Returns from the function with an error: one that shows this message, or one that is given.
///
/// It takes what `format!` takes, or any `std::error::Error + 'static`. The traceback of the error begins at
/// this line. It is the macro of the crate `anyhow`, and Python's `raise`.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Result, bail};
///
/// fn drive(fuel: u32) -> Result<()> {
///     match fuel {
///         0 => bail!("no fuel"),
///         100.. => bail!(std::fmt::Error),
///         _ => Ok(()),
///     }
/// }
///
/// assert_eq!(drive(0).unwrap_err().to_string(), "no fuel");
/// assert!(drive(100).unwrap_err().is::<std::fmt::Error>());
/// ```
#[macro_export]
macro_rules! bail {
    ($message:literal $($arguments:tt)*) => {
        return ::core::result::Result::Err($crate::Error::msg(::std::format!($message $($arguments)*)))
    };
    ($error:expr $(,)?) => {
        return ::core::result::Result::Err($crate::Error::from($error))
    };
}

/// Returns from the function with an error unless this condition holds.
///
/// The error is that of [`bail!`](crate::bail) with the other arguments. Without others, its message names
/// the condition.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Result, ensure};
///
/// fn drive(fuel: u32) -> Result<()> {
///     ensure!(fuel > 0, "no fuel: {fuel}");
///     ensure!(fuel < 100);
///     Ok(())
/// }
///
/// assert_eq!(drive(0).unwrap_err().to_string(), "no fuel: 0");
/// assert_eq!(drive(100).unwrap_err().to_string(), "does not hold: fuel < 100");
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(,)?) => {
        $crate::ensure!($condition, "{}", ::core::concat!("does not hold: ", ::core::stringify!($condition)))
    };
    ($condition:expr, $($error:tt)+) => {
        if !$condition {
            $crate::bail!($($error)+);
        }
    };
}

/// Defines types of errors with a message: Python's `class NotFound(Exception): pass`.
///
/// Each type has a function `new`, which takes the message, and is shown as the message. It can be cloned and
/// compared. `pub` and attributes may stand before a name, and several names may stand in a row.
/// For an error that has other fields, write a type that implements [`std::error::Error`].
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Co, Generator, Result, bail, exception};
///
/// exception!(NotFound);
///
/// fn download(co: &Co<()>) -> Result<()> {
///     co.yield_(())?;
///     bail!(NotFound::new("no flag of XX")) // raise NotFound('no flag of XX')
/// }
///
/// let g = Generator::new(download).primed()?;
/// match g.next() {
///     Err(error) if error.is::<NotFound>() => assert_eq!(error.to_string(), "no flag of XX"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
#[macro_export]
macro_rules! exception {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident),+ $(,)?) => {$(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility struct $name(::std::string::String);

        impl $name {
            /// Makes an error that shows this message.
            #[allow(dead_code)] // a program need not use it
            $visibility fn new(message: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self(message.into())
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::core::error::Error for $name {}
    )+};
}
