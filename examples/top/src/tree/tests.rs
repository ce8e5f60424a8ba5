//! The rows of the table.

use super::*;
use crate::answer::Wait;

fn task(number: u32, name: &str, awaits: &[u32]) -> Task {
    Task {
        number,
        name: name.to_owned(),
        awaits: awaits.to_vec(),
        seconds: Some(f64::from(number % 3)),
        waits_for: Some(Wait {
            what: format!("wait {}", 9 - number),
            holder: None,
        }),
        ..Task::default()
    }
}

fn names(how: &Arrangement, tasks: &[Task]) -> Vec<String> {
    let show = |row: &Row| format!("{}{}{}", row.head, tasks[row.task].name, row.repeats.note());
    how.rows(tasks).iter().map(show).collect()
}

fn some() -> Vec<Task> {
    vec![
        task(1, "main", &[2, 3]),
        task(2, "fetch", &[4]),
        task(3, "crawl", &[4]),
        task(4, "lock", &[]),
    ]
}

#[test]
fn tasks_stand_below_those_that_wait_for_them() {
    let expected = [
        "main",
        "├─ fetch",
        "│  └─ lock",
        "└─ crawl",
        "   └─ lock (see above)",
    ];
    assert_eq!(names(&Arrangement::default(), &some()), expected);
}

#[test]
fn what_is_folded_is_not_shown_elsewhere() {
    let fold = |number| Arrangement {
        folded: HashSet::from([number]),
        ..Arrangement::default()
    };
    assert_eq!(names(&fold(1), &some()), ["main"]);
    let expected = ["main", "├─ fetch", "└─ crawl", "   └─ lock (see above)"];
    assert_eq!(names(&fold(2), &some()), expected);
    assert!(fold(2).rows(&some())[1].has_more);
}

#[test]
fn circles_end_where_they_began() {
    let tasks = [task(1, "a", &[2]), task(2, "b", &[1]), task(3, "me", &[3])];
    let expected = ["a", "└─ b", "   └─ a (a cycle)", "me", "└─ me (a cycle)"];
    assert_eq!(names(&Arrangement::default(), &tasks), expected);
}

#[test]
fn a_filter_keeps_what_leads_to_a_match() {
    let how = |filter: &str, is_flat| Arrangement {
        filter: filter.to_owned(),
        is_flat,
        ..Arrangement::default()
    };
    assert_eq!(names(&how("FETCH", false), &some()), ["main", "└─ fetch"]);
    assert_eq!(names(&how("fetch", true), &some()), ["fetch"]);
    assert_eq!(names(&how("wait 6", true), &some()), ["crawl"]);
    assert!(names(&how("nothing", false), &some()).is_empty());
}

#[test]
fn orders_are_for_tasks_side_by_side() {
    let by = |order| Arrangement {
        order,
        is_flat: true,
        ..Arrangement::default()
    };
    assert_eq!(
        names(&by(Order::Number), &some()),
        ["main", "fetch", "crawl", "lock"]
    );
    assert_eq!(
        names(&by(Order::Name), &some()),
        ["crawl", "fetch", "lock", "main"]
    );
    assert_eq!(
        names(&by(Order::Wait), &some()),
        ["fetch", "main", "lock", "crawl"]
    );
    assert_eq!(
        names(&by(Order::Reason), &some()),
        ["lock", "crawl", "fetch", "main"]
    );
}

#[test]
fn a_task_that_is_not_there_is_left_out() {
    assert_eq!(
        names(&Arrangement::default(), &[task(1, "main", &[7])]),
        ["main"]
    );
    assert!(names(&Arrangement::default(), &[]).is_empty());
}
