//! The values of scenarios, and the expressions' operators on them.

use std::fmt;
use std::rc::Rc;

/// What generators of a scenario yield, are sent, and return, and what futures hold.
///
/// Integers, and lists item by item, are ordered as in Python, for queues that are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    #[default]
    None,
    Int(i64),
    Str(Rc<str>),
    List(List),
}

/// A list, which knows how deep it nests, and how much it is in all: beyond limits, it could not be
/// shown. What is in it may be shared, so that it can be much more than there is in memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct List {
    items: Rc<[Value]>,
    depth: u32,
    size: usize,
}

const MAX_DEPTH: u32 = 100;
const MAX_LEN: usize = 10_000_000;

/// Why an operator has no result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// `TypeError('bad operand')`, which a scenario can catch.
    BadOperand,
    /// `ZeroDivisionError('division by zero')`, likewise.
    ZeroDivision,
    /// A value that Python could have and this replayer cannot.
    TooLarge(&'static str),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadOperand => "bad operand",
            Self::ZeroDivision => "division by zero",
            Self::TooLarge(what) => what,
        })
    }
}

/// An operator of the scenario language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    FloorDiv,
    Less,
    Equal,
    Range,
}

impl Operator {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "+" => Self::Add,
            "-" => Self::Sub,
            "*" => Self::Mul,
            "//" => Self::FloorDiv,
            "<" => Self::Less,
            "==" => Self::Equal,
            "range" => Self::Range,
            _ => return None,
        })
    }

    pub(crate) fn apply(self, a: &Value, b: &Value) -> Result<Value, Trouble> {
        match (self, a, b) {
            (Self::Equal, a, b) => Ok(Value::Int((a == b).into())),
            (_, Value::Int(a), Value::Int(b)) => self.apply_to_integers(*a, *b),
            (Self::Add, Value::Str(a), Value::Str(b)) => {
                check_length(a.len() + b.len())?;
                Ok(Value::from(format!("{a}{b}")))
            }
            (Self::Add, Value::List(a), Value::List(b)) => {
                check_length(a.items.len() + b.items.len())?;
                Value::list(a.items.iter().chain(&*b.items).cloned())
            }
            _ => Err(Trouble::BadOperand),
        }
    }

    fn apply_to_integers(self, a: i64, b: i64) -> Result<Value, Trouble> {
        let result = match self {
            Self::Add => a.checked_add(b),
            Self::Sub => a.checked_sub(b),
            Self::Mul => a.checked_mul(b),
            Self::FloorDiv if b == 0 => return Err(Trouble::ZeroDivision),
            // The remainder's sign tells whether truncation went up.
            Self::FloorDiv => a
                .checked_div(b)
                .map(|quotient| quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))),
            Self::Less => Some((a < b).into()),
            Self::Equal => Some((a == b).into()),
            Self::Range => return range(a, b),
        };
        result
            .map(Value::Int)
            .ok_or(Trouble::TooLarge("an integer does not fit 64 bits"))
    }
}

fn range(from: i64, below: i64) -> Result<Value, Trouble> {
    let len = i128::from(below) - i128::from(from);
    check_length(usize::try_from(len.max(0)).unwrap_or(usize::MAX))?;
    Value::list((from..below).map(Value::Int))
}

fn check_length(len: usize) -> Result<(), Trouble> {
    if len <= MAX_LEN {
        Ok(())
    } else {
        Err(Trouble::TooLarge("a string or list is too long"))
    }
}

impl Value {
    pub(crate) fn list(items: impl IntoIterator<Item = Self>) -> Result<Self, Trouble> {
        let items: Rc<[Self]> = items.into_iter().collect();
        let depth = 1 + items.iter().map(Self::depth).max().unwrap_or(0);
        if depth > MAX_DEPTH {
            return Err(Trouble::TooLarge("a list nests too deeply"));
        }
        let size = items.iter().map(Self::size).sum();
        check_length(size)?;
        Ok(Self::List(List { items, depth, size }))
    }

    fn size(&self) -> usize {
        match self {
            Self::None | Self::Int(_) => 1,
            Self::Str(text) => 1 + text.len(),
            Self::List(list) => 1 + list.size,
        }
    }

    fn depth(&self) -> u32 {
        if let Self::List(list) = self {
            list.depth
        } else {
            0
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Int(n) => *n != 0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => !list.items.is_empty(),
        }
    }

    /// Shows the value as an argument of `emit`: a string without quotes.
    pub(crate) fn display(&self) -> String {
        if let Self::Str(text) = self {
            text.to_string()
        } else {
            self.to_string()
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl List {
    pub(crate) fn items(&self) -> &Rc<[Value]> {
        &self.items
    }
}

/// Renders the value as traces show it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Str(text) => write!(f, "'{text}'"),
            Self::List(list) => {
                f.write_str("[")?;
                for (i, item) in list.items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operator, Trouble, Value};

    #[test]
    fn division_rounds_down() {
        for (a, b, quotient) in [
            (7, 2, 3),
            (-7, 2, -4),
            (7, -2, -4),
            (-7, -2, 3),
            (-6, 2, -3),
            (0, -5, 0),
        ] {
            let result = Operator::FloorDiv.apply(&Value::Int(a), &Value::Int(b));
            assert_eq!(result, Ok(Value::Int(quotient)), "{a} // {b}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let too_large = |operator: Operator, a, b| {
            matches!(
                operator.apply(&Value::Int(a), &Value::Int(b)),
                Err(Trouble::TooLarge(_))
            )
        };
        assert!(too_large(Operator::Add, i64::MAX, 1));
        assert!(too_large(Operator::Sub, i64::MIN, 1));
        assert!(too_large(Operator::Mul, i64::MIN, -1));
        assert!(too_large(Operator::FloorDiv, i64::MIN, -1));
        assert!(too_large(Operator::Range, i64::MIN, i64::MAX));
        assert!(!too_large(Operator::Range, i64::MAX, i64::MIN));
    }

    #[test]
    fn lists_that_double_come_to_an_end() {
        let mut list = Value::list([Value::Int(1)]).unwrap();
        let too_large = (0..50).find_map(|_| {
            let doubled = Value::list([list.clone(), list.clone()]);
            doubled.map(|doubled| list = doubled).err()
        });
        assert!(matches!(too_large, Some(Trouble::TooLarge(_))));
    }

    #[test]
    fn values_render_as_in_traces() {
        let inner = Value::list([Value::from("it's".to_owned()), Value::None]).unwrap();
        let list = Value::list([Value::Int(-1), inner, Value::list([]).unwrap()]).unwrap();
        assert_eq!(list.to_string(), "[-1, ['it's', None], []]");
        assert_eq!(Value::from("it's".to_owned()).display(), "it's");
    }
}
