//! The methods that our sockets take over from the standard library's sockets.

/// Gives a socket methods of the standard library's socket that do not wait.
macro_rules! std_methods {
    (
        $type:ty;
        $($(#[$doc:meta])* fn $name:ident($($argument:ident: $argument_type:ty),*) -> $output:ty;)*
    ) => {
        impl $type {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// The error of the system, together with the name of this method.
                #[track_caller]
                pub fn $name(&self, $($argument: $argument_type),*) -> yieldfrom_delegation::Result<$output> {
                    let result = self.source.get().$name($($argument),*);
                    Ok(result.map_err(|error| $crate::errors::describe(error, stringify!($name)))?)
                }
            )*
        }
    };
}

pub(super) use std_methods;
