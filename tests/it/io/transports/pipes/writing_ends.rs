//! The writing ends of pipes.

use std::io::Read;

use yieldfrom::RuntimeError;

use crate::support::{failed_with, turns};

use super::{both, writing};

#[test]
fn what_is_written_arrives_and_write_eof_closes() {
    both(|co| {
        let (transport, recorder, mut reader) = writing(co)?;
        assert!(transport.can_write_eof());
        transport.write(b"one")?;
        let mut buffer = [0; 3];
        reader.read_exact(&mut buffer)?;
        assert_eq!((&buffer, transport.get_write_buffer_size()), (b"one", 0));
        transport.write_eof()?;
        assert!(transport.is_closing());
        assert!(failed_with::<RuntimeError, _>(transport.write(b"two")));
        transport.write_eof()?;
        co.yield_from(recorder.lost.wait())?;
        turns(co, 1)?;
        assert_eq!(recorder.journal.take(), ["made", "lost"]);
        assert_eq!(reader.read(&mut buffer)?, 0);
        Ok(())
    });
}

#[test]
fn what_does_not_fit_is_kept_and_the_protocol_paused() {
    both(|co| {
        let (transport, recorder, mut reader) = writing(co)?;
        let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i / 3) as u8).collect();
        transport.write(&data)?;
        assert!(transport.get_write_buffer_size() > 500_000);
        transport.close();
        assert!(!recorder.lost.is_set());
        let thread = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        co.yield_from(recorder.lost.wait())?;
        turns(co, 1)?;
        assert!(thread.join().unwrap()? == data);
        assert_eq!(recorder.journal.take(), ["made", "pause", "resume", "lost"]);
        Ok(())
    });
}

#[test]
fn abort_drops_what_is_kept() {
    both(|co| {
        let (transport, recorder, mut reader) = writing(co)?;
        transport.write(&[b'x'; 1_000_000])?;
        transport.abort();
        co.yield_from(recorder.lost.wait())?;
        turns(co, 1)?;
        let mut all = Vec::new();
        assert!(reader.read_to_end(&mut all)? <= 1 << 17);
        assert_eq!(recorder.journal.take(), ["made", "pause", "lost"]);
        Ok(())
    });
}

#[test]
fn a_reader_that_goes_away_is_noticed() {
    both(|co| {
        let (transport, recorder, reader) = writing(co)?;
        turns(co, 100)?;
        assert!(!transport.is_closing());
        drop(reader);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(
            recorder.journal.take(),
            ["made", "lost"],
            "nothing was lost with it"
        );
        let (transport, recorder, reader) = writing(co)?;
        transport.write(&[b'x'; 1_000_000])?;
        drop(reader);
        co.yield_from(recorder.lost.wait())?;
        let journal = recorder.journal.take();
        assert_eq!(journal[..2], ["made", "pause"]);
        assert!(journal[2].starts_with("lost write: "), "{journal:?}");
        Ok(())
    });
}

#[test]
fn a_write_finds_the_reader_gone_first() {
    both(|co| {
        let (transport, recorder, reader) = writing(co)?;
        drop(reader);
        transport.write(b"abc")?;
        co.yield_from(recorder.lost.wait())?;
        assert!(recorder.journal.take()[1].contains("Broken pipe"));
        (0..10).try_for_each(|_| transport.write(b"abc"))
    });
}

#[test]
fn pausing_the_reading_of_a_writing_end_does_nothing() {
    both(|co| {
        let (transport, recorder, mut reader) = writing(co)?;
        transport.pause_reading();
        transport.resume_reading();
        turns(co, 3)?;
        transport.write(b"abc")?;
        reader.read_exact(&mut [0; 3])?;
        assert_eq!(recorder.journal.take(), ["made"]);
        Ok(())
    });
}
