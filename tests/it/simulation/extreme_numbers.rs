//! Statistics and pictures of numbers that are infinite or huge.

use yieldfrom::RuntimeError;
use yieldfrom::simulation::pictures::Picture;
use yieldfrom::simulation::statistics::{Series, Tally};

#[test]
fn quantiles_of_infinite_observations_are_infinite() {
    let late: Tally = [1.0, f64::INFINITY, f64::INFINITY].into_iter().collect();
    assert_eq!(late.quantile(0.0), Some(1.0));
    assert_eq!(late.quantile(0.75), Some(f64::INFINITY));
    assert_eq!(late.quantile(1.0), Some(f64::INFINITY));
    let early: Tally = [f64::NEG_INFINITY, 1.0, 2.0].into_iter().collect();
    assert_eq!(early.quantile(0.0), Some(f64::NEG_INFINITY));
}

#[test]
fn a_picture_of_a_range_that_is_no_number_is_an_error() {
    let mut wide = Series::new(0, 1e308);
    wide.record(1, -1e308);
    let early = Series::new(-1e308, 1);
    for (series, until) in [(&wide, 2.0), (&early, 1e308)] {
        let picture = Picture::over_time("too wide", until, &[("x", series)]);
        let error = picture.expect_err("there is no such axis");
        assert!(error.is::<RuntimeError>(), "{error:?}");
    }
}
