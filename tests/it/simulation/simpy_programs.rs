//! Programs of SimPy, translated line by line. Each prints what SimPy 4.1.2 printed, which stands in `reference/simulation`.

mod events;
mod processes;
mod queues;
mod resources;

use std::cell::RefCell;
use std::fmt::{Display, Write};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::simulation::{Env, Environment};

/// What a program prints.
#[derive(Clone)]
struct Say {
    env: Env,
    printed: Rc<RefCell<String>>,
}

impl Say {
    /// Prints the time and these words.
    fn say(&self, words: impl Display) {
        let mut printed = self.printed.borrow_mut();
        writeln!(printed, "{:.3} {words}", self.env.now()).unwrap();
    }
}

/// Checks that a program prints what it printed under SimPy.
fn assert_prints_as_in_simpy(name: &str, program: impl FnOnce(&Env, &Say) -> Result<()>) {
    let env = Environment::new();
    let say = Say {
        env: env.handle(),
        printed: Rc::default(),
    };
    program(&env, &say).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/simulation");
    let expected = fs::read_to_string(folder.join(name).with_extension("out")).unwrap();
    assert_eq!(*say.printed.borrow(), expected, "{name}");
}
