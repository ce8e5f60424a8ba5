//! Debug mode, and the report of all tasks.

mod lines_of_waits;
mod mode;
mod sigquit;
mod task_reports;
