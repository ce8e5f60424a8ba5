//! The command line, and what is printed.

use crate::support::{Folder, SMALL, fail, succeed};

/// Arguments, and what is said about them.
const NONSENSE: [(&str, &str); 14] = [
    ("--servers=0", "0 is not in 1..=100000"),
    ("--servers=1,1", "the value 1 is in a list twice"),
    ("--servers=", "--servers"),
    ("--load=0", "expected a finite number above 0"),
    ("--load=NaN", "expected a finite number above 0"),
    ("--load=0.5,inf", "expected a finite number above 0"),
    (
        "--patience=-1",
        "expected a finite number above 0, or `forever`",
    ),
    ("--replications=0", "--replications"),
    ("--customers=0", "--customers"),
    ("--time=-1", "expected a finite number above 0"),
    ("--warm-up=-1", "expected a finite number, at least 0"),
    ("--threads=0", "expected a number of threads"),
    ("--shard=3/2", "the shards of 2 have the numbers 1 to 2"),
    ("--merge=a", "cannot be used with"),
];

#[test]
fn nonsense_is_refused_with_the_option_and_what_is_expected() {
    for (argument, says) in NONSENSE {
        let folder = Folder::new();
        let said = fail(&mut folder.command(&[argument]));
        assert!(
            said.starts_with("error: ") && said.contains(says),
            "{argument}: {said}"
        );
        assert!(!folder.journal().exists(), "{argument}");
    }
}

#[test]
fn the_table_has_intervals_and_exact_values() {
    let folder = Folder::new();
    let output = succeed(&mut folder.command(SMALL));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    // Erlang C for 2 servers and a load of 0.8, and one server whose customers have patience.
    assert!(said.contains("1.7778") && said.contains("0.7111"), "{said}");
    assert_eq!(said.matches(" reneged |").count(), 1, "{said}");
    assert_eq!(said.matches('±').count(), 4 * 3 + 4 * 4 + 1, "{said}");
    assert!(output.stderr.is_empty(), "no bar without a terminal");
}

#[test]
fn a_queue_without_bound_has_no_formula_and_no_crash() {
    let folder = Folder::new();
    let study = [
        "--servers=2",
        "--load=0.9,1,1.5",
        "--replications=2",
        "--customers=50",
    ];
    let output = succeed(&mut folder.command(&study));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(said.matches("unstable").count(), 2 * 3, "{said}");
}

#[test]
fn one_replication_has_no_interval() {
    let folder = Folder::new();
    let output = succeed(&mut folder.command(&["--replications=1", "--customers=50"]));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        said.contains("It holds the exact value in 0 of 0 cases"),
        "{said}"
    );
}

#[test]
fn a_quiet_run_prints_nothing() {
    let folder = Folder::new();
    for _ in 0..2 {
        let output = succeed(&mut folder.command(&[SMALL, &["--quiet"]].concat()));
        assert!(
            output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

/// Without MPI, each process would lead a study of its own.
#[cfg(not(feature = "mpi"))]
#[test]
fn a_program_without_mpi_does_not_run_as_one_of_several_ranks() {
    let folder = Folder::new();
    for variable in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
        let said = fail(folder.command(SMALL).env(variable, "3"));
        let expected = "experiment: start MPI: this program is built without it: build it with --features mpi\n";
        assert_eq!(said, expected);
        assert!(!folder.journal().exists());
    }
    succeed(folder.command(SMALL).env("OMPI_COMM_WORLD_SIZE", "1"));
}
