//! The same programs, written three times.

use maud::{Markup, html};

use crate::report::results::{Twin, TwinLoad, TwinRun};
use crate::report::terminal::figure;

const FORMS: [&str; 3] = ["yieldfrom", "async_await", "threads"];

/// Lines, times and memory of all twins.
pub(super) fn twins(twins: &[Twin]) -> Markup {
    html! {
        @if !twins.is_empty() {
            h2 id="twins" { "The same programs three times" }
            p {
                "In the folder " code { "benches/twins" } " each of these programs stands in yieldfrom, in async/await "
                "and with threads, side by side. Lines are counted without comments and blank ones, and without what "
                "the three share. Times and memory are those of processes that may use all processors; what the "
                "system keeps for a thread is not in its memory."
            }
            (lines(twins))
            @for twin in twins { (runs(twin)) }
        }
    }
}

fn lines(twins: &[Twin]) -> Markup {
    let of = |twin: &Twin, form: &str| -> Option<usize> {
        let mut lines = twin.lines.iter();
        lines
            .find(|(name, _)| name == form)
            .map(|&(_, lines)| lines)
    };
    html! {
        table {
            thead { tr { th { "lines of code" } @for form in FORMS { th.number { (form) } } } }
            tbody {
                @for twin in twins {
                    tr { td { (twin.name) } @for form in FORMS { td.number { @if let Some(lines) = of(twin, form) { (lines) } } } }
                }
            }
            tbody {
                tr.ours {
                    td { "all" }
                    @for form in FORMS {
                        td.number { (twins.iter().filter_map(|twin| of(twin, form)).sum::<usize>()) }
                    }
                }
            }
        }
    }
}

fn runs(twin: &Twin) -> Markup {
    html! {
        h3 { (twin.name) }
        p { (twin.about) "." }
        @for load in &twin.loads {
            @if !load.same_output {
                p.warning { "The three have not printed the same for " code { (load.what) } "." }
            }
            (table(load))
        }
    }
}

fn table(load: &TwinLoad) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { code { (load.what) } } th.number { "seconds" } th.number { "processor's seconds" }
                        th.number { "peak memory, MiB" }
                    }
                }
                tbody {
                    @for TwinRun { form, seconds, processor_seconds, peak_bytes } in &load.runs {
                        tr {
                            td { (form) } td.number { (figure(*seconds)) } td.number { (figure(*processor_seconds)) }
                            td.number { (figure(peak_bytes / f64::from(1 << 20))) }
                        }
                    }
                    @for absent in &load.absent {
                        tr { td { (absent.who) } td.wrap.faint colspan="3" { "left out: " (absent.why) } }
                    }
                }
            }
        }
    }
}
