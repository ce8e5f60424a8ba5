//! Debug mode, and the report of all tasks.

mod mode;
mod sigquit;
mod task_reports;
