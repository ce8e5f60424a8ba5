//! `event_handle!`: what timeouts, processes, requests and conditions have in common with the event in them.

/// Makes a handle with the field `event` behave as that event. With `@`, it needs no such field, but dereferences to the event.
macro_rules! event_handle {
    ($name:ident) => {
        $crate::simulation::event::event_handle!($name<T>, T, by_value);

        impl<T: 'static> ::yieldfrom_delegation::Delegate<$crate::simulation::Wait, ()> for $name<T> {
            type Output = T;

            #[inline(always)]
            fn delegate(self, co: &$crate::simulation::Co) -> ::yieldfrom_delegation::Result<T> {
                self.event.delegate(co)
            }
        }
    };
    ($name:ident$(<$t:ident>)?, $value:ty, by_value) => {
        $crate::simulation::event::event_handle!($name$(<$t>)?, $value);

        impl<$($t: 'static)?> $crate::simulation::event::sealed::Sealed for $name$(<$t>)? {}

        impl<$($t: 'static)?> $crate::simulation::AsEvent for $name$(<$t>)? {
            fn to_any(&self) -> $crate::simulation::AnyEvent {
                (**self).to_any()
            }
        }

        impl<$($t: 'static)?> $crate::simulation::IntoEvent for $name$(<$t>)? {
            fn into_any(self) -> $crate::simulation::AnyEvent {
                (*self).to_any()
            }
        }

        $crate::simulation::condition::condition_operators!($name$(<$t>)?);
    };
    ($name:ident$(<$t:ident>)?, $value:ty) => {
        impl<$($t: 'static)?> ::std::ops::Deref for $name$(<$t>)? {
            type Target = $crate::simulation::Event<$value>;

            fn deref(&self) -> &Self::Target {
                &self.event
            }
        }

        $crate::simulation::event::event_handle!(@ $name$(<$t>)?, $value);
    };
    (@ $name:ident$(<$t:ident>)?, $value:ty) => {
        impl<$($t: 'static)?> ::std::fmt::Debug for $name$(<$t>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&**self, f)
            }
        }

        impl<$($t: Clone + 'static)?> ::yieldfrom_delegation::Delegate<$crate::simulation::Wait, ()> for &$name$(<$t>)? {
            type Output = $value;

            #[inline(always)]
            fn delegate(self, co: &$crate::simulation::Co) -> ::yieldfrom_delegation::Result<$value> {
                (&**self).delegate(co)
            }
        }
    };
}

pub(super) use event_handle;
