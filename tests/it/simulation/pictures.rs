//! Charts as SVG, and the recording of a simulation.

use std::fs;

use roxmltree::Document;
use yieldfrom::simulation::pictures::Picture;
use yieldfrom::simulation::statistics::{Histogram, Monitor, Series};
use yieldfrom::simulation::{Co, Environment, Resource};
use yieldfrom::{Result, record_simulation};

fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).expect("it is XML");
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    texts
        .filter_map(|node| node.text())
        .map(|text| text.trim().to_owned())
        .collect()
}

/// Ten customers at one desk, one after the other.
fn desk(env: &Environment) -> Result<Monitor> {
    let desk = Resource::new(env, 1)?;
    let monitor = Monitor::of(&desk);
    for number in 0..10 {
        let (env, desk) = (env.handle(), desk.clone());
        env.clone()
            .named_process(format!("c{number}"), move |co: &Co| {
                let _turn = co.yield_from(desk.request())?;
                co.yield_from(env.timeout(2))
            });
    }
    env.run()?;
    Ok(monitor)
}

#[test]
fn values_over_time_have_their_names() -> Result<()> {
    let env = Environment::new();
    let monitor = desk(&env)?;
    let picture = Picture::over_time(
        "The <desk>",
        env.now(),
        &[("waiting", &monitor.queue()), ("served", &monitor.level())],
    )?;
    let texts = texts(picture.svg());
    for text in ["The <desk>", "waiting", "served", "time"] {
        assert!(texts.iter().any(|it| it == text), "{text} in {texts:?}");
    }
    Ok(())
}

#[test]
fn holdings_up_to_a_time_are_those_that_have_begun() -> Result<()> {
    let env = Environment::new();
    let monitor = desk(&env)?;
    let texts = texts(Picture::holdings("Who", 5, &[("desk", &monitor)])?.svg());
    assert!(
        texts.contains(&"c2".to_owned()) && !texts.contains(&"c3".to_owned()),
        "{texts:?}"
    );
    Ok(())
}

#[test]
fn what_is_empty_can_be_drawn_and_what_is_infinite_cannot() -> Result<()> {
    Picture::over_time("nothing", 0, &[])?;
    Picture::over_time("a moment", 0, &[("x", &Series::new(0, 0))])?;
    Picture::histogram("nothing", "x", &Histogram::of(&[], 5))?;
    Picture::histogram("equal", "x", &Histogram::of(&[2.0, 2.0], 5))?;
    Picture::holdings("nothing", 0, &[])?;
    let error = Picture::over_time("for ever", f64::INFINITY, &[]).unwrap_err();
    assert!(error.to_string().starts_with("over_time: "), "{error}");
    let error = Picture::holdings("for ever", f64::NAN, &[]).unwrap_err();
    assert!(error.to_string().starts_with("holdings: "), "{error}");
    Ok(())
}

#[test]
fn a_picture_that_cannot_be_written_names_its_file() -> Result<()> {
    let picture = Picture::over_time("nothing", 1, &[])?;
    let error = picture.write("/no/such/folder/picture.svg").unwrap_err();
    assert!(
        error.to_string().contains("/no/such/folder/picture.svg"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_recording_has_each_step_with_its_time_and_what_it_waits_for() -> Result<()> {
    let env = Environment::new();
    let recording = record_simulation(&env, None);
    desk(&env)?;
    let trace = recording.stop();
    assert_eq!(trace.task_names().len(), 10);
    let path =
        std::env::temp_dir().join(format!("yieldfrom-recording-{}.json", std::process::id()));
    trace.write(&path)?;
    let text = fs::read_to_string(&path)?;
    fs::remove_file(&path)?;
    for part in ["Timeout(2)", "Request()", "c9", "pictures.rs"] {
        assert!(text.contains(part), "{part}");
    }
    let limited = record_simulation(&env, 3);
    desk(&env)?;
    let trace = limited.stop();
    assert!(trace.len() == 3 && trace.dropped() > 0);
    Ok(())
}
