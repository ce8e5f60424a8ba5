//! The lines that reports show for waits of the library's own code.

use yieldfrom::{Co, create_task, get_running_loop, sleep, task_group, yield_now};

use crate::support::{run_virtual, secs};

#[test]
fn a_task_group_that_ends_shows_the_line_that_entered_it() {
    let report = run_virtual(|co: &Co| {
        let entered = line!() + 2;
        let main = create_task(|co: &Co| {
            co.yield_from(task_group(|co: &Co, group| {
                group.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
                co.yield_from(yield_now())
            }))
        });
        main.set_name("main");
        let mut lines = Vec::new();
        for _ in 0..3 {
            co.yield_from(yield_now())?;
            let report = get_running_loop()?.report();
            let stack = report.find("main").expect("it goes on").stack();
            lines.push(stack.iter().map(yieldfrom::Link::line).collect::<Vec<_>>());
        }
        co.yield_from(main)?;
        Ok((entered, lines))
    });
    let (entered, lines) = report.unwrap();
    assert_eq!(
        lines[0],
        [entered, entered + 2],
        "the body waits in the group"
    );
    assert_eq!(lines[2], [entered], "the group waits for its task");
}
