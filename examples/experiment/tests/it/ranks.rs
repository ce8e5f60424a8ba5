//! Ranks of MPI. The program is built with MPI whenever these tests are.

use std::fs;
use std::process::{Child, Command, Stdio};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::support::{
    Folder, LONG, REPLICATIONS_OF_LONG, SMALL, fail, succeed, undisturbed, undisturbed_long,
    wait_until,
};

fn has_mpirun() -> bool {
    let found = Command::new("mpirun").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: mpirun is not installed (Debian: openmpi-bin)");
    }
    found
}

/// Returns the command that runs a study by so many ranks.
fn mpirun(folder: &Folder, ranks: usize, arguments: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    // The machine may have fewer cores, and tests may run as root, as in a container.
    command.args(["--oversubscribe", "-n", &ranks.to_string()]);
    command.args(["--timeout", "100"]); // nothing takes so long: it hangs
    command.envs([
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
    ]);
    command.arg(env!("CARGO_BIN_EXE_experiment"));
    command.args(folder.arguments(arguments));
    command
}

/// A study that runs by four ranks, and the processes of these.
struct Running {
    mpirun: Child,
    ranks: Vec<u32>,
}

impl Running {
    /// Starts a study, and waits until it has so many lines in its journal.
    fn start(folder: &Folder, lines: usize, arguments: &[&str]) -> Self {
        let mut command = mpirun(folder, 4, arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut mpirun = command.spawn().expect("it can be run");
        let ranks = (0..4).map(|rank| process_of(mpirun.id(), rank)).collect();
        folder.wait_for_lines(lines, &mut mpirun);
        Self { mpirun, ranks }
    }

    fn signal(&self, rank: usize, name: &str) {
        signal(self.ranks[rank], name);
    }

    /// Waits for the end of mpirun, and of the ranks, which it may leave to themselves; returns what was said.
    fn end(self) -> String {
        let output = self.mpirun.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        for rank in self.ranks {
            wait_until("the end of a rank", || !is_alive(rank));
        }
        said
    }
}

fn signal(process: u32, name: &str) {
    let kill = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(kill.expect("kill can be run").success());
}

/// Returns a field of what the system says about a process: 0 is its state, 1 its parent.
fn state_of(process: u32, field: usize) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(field).map(str::to_owned)
}

fn is_alive(process: u32) -> bool {
    state_of(process, 0).is_some_and(|state| state != "Z")
}

/// Waits until a rank has started, and returns its process.
fn process_of(mpirun: u32, rank: usize) -> u32 {
    let mut found = None;
    wait_until("a rank", || {
        found = find_process(mpirun, rank);
        found.is_some()
    });
    found.expect("it was found")
}

fn find_process(mpirun: u32, rank: usize) -> Option<u32> {
    let variable = format!("OMPI_COMM_WORLD_RANK={rank}");
    let is_it = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        state_of(*process, 1) == Some(mpirun.to_string())
            && variables.any(|it| it == variable.as_bytes())
    };
    let names = fs::read_dir("/proc").expect("the processes").flatten();
    let mut processes = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.find(is_it)
}

#[test]
fn any_number_of_ranks_gives_the_same_files() {
    if !has_mpirun() {
        return;
    }
    let expected = undisturbed(SMALL);
    for ranks in [1, 2, 4] {
        let folder = Folder::new();
        succeed(&mut mpirun(&folder, ranks, SMALL));
        assert_eq!(folder.files(), expected, "{ranks} ranks");
        assert_eq!(folder.lines().len(), 40);
    }
}

#[test]
fn a_rank_that_dies_ends_the_run_and_the_next_run_goes_on() {
    if !has_mpirun() {
        return;
    }
    let mut random = Pcg64::seed_from_u64(1);
    for rank in [2, 0, 3] {
        let folder = Folder::new();
        let running = Running::start(&folder, random.random_range(1..60), LONG);
        running.signal(rank, "KILL");
        let said = running.end();
        assert!(said.contains(&format!("process rank {rank} ")), "{said}");
        let finished = folder.lines();
        let missing = REPLICATIONS_OF_LONG - finished.len();
        assert!(missing > 0, "the rank had something to do");
        succeed(&mut mpirun(&folder, 4, LONG));
        assert_eq!(folder.files(), undisturbed_long());
        let lines = folder.lines();
        assert!(lines.starts_with(&finished), "nothing is lost");
        assert_eq!(lines.len(), REPLICATIONS_OF_LONG, "none is twice");
    }
}

#[test]
fn when_mpirun_is_killed_threads_can_go_on() {
    if !has_mpirun() {
        return;
    }
    let folder = Folder::new();
    let running = Running::start(&folder, 50, LONG);
    signal(running.mpirun.id(), "KILL");
    running.end();
    let lines = folder.lines();
    assert_eq!(folder.results(LONG), undisturbed_long());
    assert!(folder.lines().starts_with(&lines));
}

#[test]
fn a_rank_that_hangs_is_named_when_its_time_is_over() {
    if !has_mpirun() {
        return;
    }
    let folder = Folder::new();
    let running = Running::start(&folder, 1, &[LONG, &["--time-limit=5"]].concat());
    running.signal(3, "STOP");
    let said = running.end();
    let expected = "experiment: rank 3 has not answered for 5 seconds; it has servers=";
    assert!(said.contains(expected), "{said}");
    assert_eq!(folder.results(LONG), undisturbed_long());
}

#[test]
fn a_replication_that_fails_is_named_with_its_rank() {
    if !has_mpirun() {
        return;
    }
    let folder = Folder::new();
    let said = fail(&mut mpirun(&folder, 2, &["--time=1e-9", "--warm-up=0"]));
    let expected = "experiment: rank 1: servers=1 load=0.5 patience=forever, replication 0 (seed ";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_bad_command_line_and_a_bad_journal_are_told_once() {
    if !has_mpirun() {
        return;
    }
    let folder = Folder::new();
    let said = fail(&mut mpirun(&folder, 4, &["--servers=0"]));
    assert_eq!(said.matches("0 is not in 1..=100000").count(), 1, "{said}");
    fs::write(folder.journal(), "a thesis").expect("it can be written");
    let said = fail(&mut mpirun(&folder, 4, SMALL));
    assert_eq!(said.matches("it is no journal").count(), 1, "{said}");
}

#[test]
fn shards_and_ranks_can_be_combined() {
    if !has_mpirun() {
        return;
    }
    let (one, two, into) = (Folder::new(), Folder::new(), Folder::new());
    succeed(&mut mpirun(&one, 2, &[SMALL, &["--shard=1/2"]].concat()));
    succeed(&mut two.command(&[SMALL, &["--shard=2/2"]].concat()));
    let mut merge = Command::new(env!("CARGO_BIN_EXE_experiment"));
    merge.arg("--out").arg(into.path("results")).arg("--merge");
    succeed(merge.args([one.journal(), two.journal()]));
    assert_eq!(into.files(), undisturbed(SMALL));
}
