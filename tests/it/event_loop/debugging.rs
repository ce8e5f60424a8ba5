//! Debug mode, and the report of all tasks.

mod mode;
mod reports;
mod sigquit;
