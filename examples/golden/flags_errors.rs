//! Flag downloads that fail: servers, files and options that are wrong.

use crate::flags::{FORMS, expected, fails, folder, rows};

#[test]
fn what_takes_too_long_is_an_error() {
    let (status, printed, _) = fails("BR IN --delay 0 --stall-rate 1 --timeout 0.05");
    assert_eq!(rows(&printed), expected(2, 0, 0, 2), "{printed}");
    assert!(
        printed.contains("yieldfrom: BR: the request: not done within 50ms"),
        "{printed}"
    );
    assert_eq!(status, Some(1));
    let (_, printed, _) = fails("BR --delay 5000 --timeout 0.05");
    assert_eq!(rows(&printed), expected(1, 0, 0, 1), "{printed}");
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let (status, printed, _) = fails("BR IN US --base-url http://127.0.0.1:1/");
    assert_eq!(rows(&printed), expected(3, 0, 0, 3), "{printed}");
    assert!(printed.contains("refused"), "{printed}");
    assert_eq!(status, Some(1));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (status, _, errors) = fails("BR --output /dev/null/flags");
    assert_eq!(status, Some(1));
    assert!(
        errors.starts_with("flags: create the folder /dev/null/flags/sequential: "),
        "{errors}"
    );
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_of_its_flag() {
    let folder = folder("flags_unwritable");
    for form in FORMS {
        std::fs::create_dir_all(folder.join(form).join("br.gif")).unwrap();
    }
    let (status, printed, _) = fails(&format!("BR IN --delay 0 --output {}", folder.display()));
    assert_eq!(status, Some(1));
    assert_eq!(rows(&printed), expected(2, 1, 0, 1), "{printed}");
    for form in FORMS {
        let file = folder.join(form).join("br.gif");
        let message = format!("{form}: BR: write {}: ", file.display());
        assert!(printed.contains(&message), "{message}: {printed}");
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (options, message) in [
        (
            "B1",
            "each CC argument must be A to Z or AA to ZZ, not 'B1'",
        ),
        (
            "BRA",
            "each CC argument must be A to Z or AA to ZZ, not 'BRA'",
        ),
        ("é", "each CC argument must be A to Z or AA to ZZ, not 'é'"),
        ("-m 0", "must be an integer >= 1"),
        ("-m x", "must be an integer >= 1"),
        ("-l 0", "must be an integer >= 1"),
        ("--timeout 0", "must be a number of seconds > 0"),
        ("--timeout nan", "must be a number of seconds > 0"),
        ("--timeout 1e300", "must be a number of seconds > 0"),
        ("--delay=-1", "must be a whole number of milliseconds"),
        ("--delay x", "must be a whole number of milliseconds"),
        ("--error-rate 2", "a rate is a number from 0 to 1"),
        (
            "--form other",
            "possible values: sequential, threads, yieldfrom, flags2",
        ),
        (
            "--base-url localhost",
            "bad URL 'localhost': relative URL without a base",
        ),
        (
            "--base-url https://localhost",
            "only http is supported, not https",
        ),
        (
            "--base-url http://localhost --delay 5",
            "cannot be used with",
        ),
        (
            "--base-url http://localhost --slow-rate 0.5",
            "only the server in this process makes faults",
        ),
        ("--nonsense", "unexpected argument '--nonsense'"),
    ] {
        let (status, printed, errors) = fails(options);
        assert_eq!(status, Some(2), "{options}: {errors}");
        assert!(errors.contains(message), "{options}: {errors}");
        assert!(errors.contains("--help"), "{options}: {errors}");
        assert_eq!(printed, "", "{options}");
    }
}
