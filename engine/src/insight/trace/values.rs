//! How values are shown that go into generators and come out.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

/// Shows a value of one type.
type Show = fn(&dyn Any) -> Option<String>;

/// The types whose values are shown.
#[derive(Clone, Debug)]
pub(in crate::insight) struct Values(HashMap<TypeId, Show>);

impl Values {
    pub(in crate::insight) fn add<T: Debug + 'static>(&mut self) {
        self.0.insert(TypeId::of::<T>(), |value| {
            value.downcast_ref::<T>().map(|value| format!("{value:?}"))
        });
    }

    /// Shows a value, if its type is known.
    pub(in crate::insight) fn show(&self, value: &dyn Any) -> Option<String> {
        self.0.get(&value.type_id())?(value)
    }
}

/// Knows numbers, texts, and other types that programs have often.
impl Default for Values {
    fn default() -> Self {
        let mut values = Self(HashMap::new());
        macro_rules! add {
            ($($type:ty)*) => { $( values.add::<$type>(); )* };
        }
        add!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char);
        add!(String &'static str Duration);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_types_are_shown_and_others_are_not() {
        #[derive(Debug)]
        struct Passenger;
        let mut values = Values::default();
        assert_eq!(values.show(&1.5).as_deref(), Some("1.5"));
        assert_eq!(values.show(&"text").as_deref(), Some("\"text\""));
        assert_eq!(values.show(&Passenger), None);
        values.add::<Passenger>();
        assert_eq!(values.show(&Passenger).as_deref(), Some("Passenger"));
    }
}
