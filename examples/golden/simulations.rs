//! The simulations: what SimPy's programs print with the same seed.

use crate::harness::{check, run};

/// Those with random numbers. All take `--seed N`.
pub(crate) const SIMULATIONS: [&str; 6] = [
    "bank_renege",
    "carwash",
    "gas_station_refuel",
    "machine_shop",
    "movie_renege",
    "process_communication",
];

#[test]
fn runs_with_other_seeds_print_what_simpy_prints() {
    for name in SIMULATIONS {
        check(name, &["--seed", "7"], &format!("{name}_seed7.txt"));
        let big = "123456789012345678901234567890";
        check(name, &["--seed", big], &format!("{name}_seed_big.txt"));
    }
}

#[test]
fn seeds_are_taken_as_python_takes_them() {
    for name in SIMULATIONS {
        for seven in ["-7", "+7", " 0_7 "] {
            check(name, &["-s", seven], &format!("{name}_seed7.txt"));
        }
        let output = run(name, &["--seed", "seven"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
    }
}
