// One sentence for each event: what happens, in plain words.

/** How the kinds of recordings call things. */
const WORDS = {
  loop: { driver: "The loop", queue: "the ready queue", one: "task", nobody: "The main program" },
  generators: { driver: "The caller", queue: "the queue", one: "generator", nobody: "The main program" },
  simulation: { driver: "The simulation", queue: "the queue of events", one: "process", nobody: "The main program" },
};

/** Makes the sentences of a recording. The state is the one before the event. */
class Narrator {
  constructor(recording) {
    this.recording = recording;
    this.words = WORDS[recording.kind] || WORDS.loop;
  }

  sentence(state, i) {
    const event = this.recording.events[i];
    const tell = SENTENCES[event[1]];
    const told = tell ? tell(this, event, state, i) : `Something else happens: ${clipped(String(event[1]), 40)}.`;
    // Only what this page says itself: the name of a task stays as it is.
    return /^the (timer of|callback) /.test(told) ? `T${told.slice(1)}` : told;
  }

  name(track) {
    if (track < 0) return "";
    const { short, kind } = this.recording.tracks[track];
    return kind === "timer" ? `the ${short}` : kind === "callback" ? `the callback ${short}` : short;
  }

  /** Returns the subject of a sentence: who did it, or the main program. */
  who(track) {
    return track >= 0 ? this.name(track) : this.words.nobody;
  }

  one(track) {
    return { task: "task", process: "process", generator: "generator" }[this.recording.tracks[track].kind] || "entry";
  }

  until(nanos) {
    return shownTime(this.recording, nanos);
  }

  wait(stop) {
    return stop.wait >= 0 ? clipped(this.recording.waits[stop.wait][1], 60) : "";
  }

  /** Returns where a track was suspended, such as ` at main.rs:12`. */
  place(chain) {
    const frame = shownFrame(this.recording, chain);
    return frame >= 0 ? ` at ${placeOf(this.recording, frame)}` : "";
  }

  stopBefore(state, track) {
    const at = state.stop[track];
    return at >= 0 ? stopOf(this.recording.events[at]) : null;
  }

  /** Returns the innermost call of a chain, if the track has delegated at all. */
  delegate(chain) {
    const frames = chain >= 0 ? this.recording.chains[chain] || [] : [];
    return frames.length > 1 ? callOf(this.recording.frames[frames[frames.length - 1]]) : "";
  }
}

function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function shownValue(value) {
  return clipped(String(value), 80);
}

const SENTENCES = {
  turn(it, event) {
    const [, , turn, ready] = event;
    if (ready === 0) return `Turn ${turn} of the loop begins, and nothing is ready.`;
    if (ready === 1) return `Turn ${turn} of the loop begins: it takes the one entry of ${it.words.queue}.`;
    return `Turn ${turn} of the loop begins: it takes the ${plural(ready, "entry", "entries")} of ${it.words.queue}, one after the other.`;
  },
  endturn(it, event, state) {
    const left = state.queue.length - state.batch;
    if (left === 0) return "The turn ends, and nothing is ready.";
    return `The turn ends. ${plural(left, "entry waits", "entries wait")} in ${it.words.queue} for the next one.`;
  },
  idle(it, event, state) {
    const isKnown = event[2] >= event[0];
    const long = isKnown ? ` for ${shownDuration(it.recording, event[2] - event[0])}` : "";
    const timer = state.timers.size > 0 ? [`${nextTimer(it, state)} is due`] : [];
    const socket = state.watches.size > 0 ? ["a socket is ready"] : [];
    const until = [...timer, ...socket].join(" or ") || "something happens";
    return `Nothing is ready: the loop sleeps${long}, until ${until}.`;
  },
  made(it, event) {
    return `${it.who(event[3] ?? -1)} makes the ${it.one(event[2])} ${it.name(event[2])}.`;
  },
  ready(it, event, state) {
    const tell = READY_SENTENCES[event[3]] || READY_SENTENCES.other;
    return tell(it, it.name(event[2]), event, state);
  },
  begin(it, event, state) {
    const operation = OPERATIONS[event[3]] || OPERATIONS.step;
    return operation(it, event, state);
  },
  end(it, event) {
    const stop = stopOf(event);
    const isCallback = !isLong(it.recording.tracks[event[2]]);
    if (isCallback && stop.how === "result") return `${it.name(event[2])} is done: control goes back to ${it.words.driver.toLowerCase()}.`;
    return END_SENTENCES[stop.how] ? END_SENTENCES[stop.how](it, it.name(event[2]), stop) : `${it.name(event[2])} stops.`;
  },
  timer(it, event, state) {
    const name = it.name(event[2]);
    const after = shownDuration(it.recording, event[3] - event[0]);
    const runs = state.running.includes(event[2]);
    return `${runs ? `${name} sets a timer` : `A timer is set for ${name}`}: it is due in ${after}, at ${it.until(event[3])}.`;
  },
  untimer(it, event) {
    return `The timer of ${it.name(event[2])} is cancelled.`;
  },
  watch(it, event) {
    const [, , track, descriptor, direction] = event;
    return `${it.name(track)} asks the loop to tell it when socket ${descriptor} ${canBe(direction)}.`;
  },
  unwatch(it, event) {
    return `The loop no longer looks whether socket ${event[2]} ${canBe(event[3])}.`;
  },
  cancel(it, event) {
    return `${it.who(event[3] ?? -1)} asks for ${it.name(event[2])} to be cancelled.`;
  },
};

function canBe(direction) {
  return direction === "write" ? "can be written" : "can be read";
}

function nextTimer(it, state) {
  const [first] = [...state.timers].sort((a, b) => a[1] - b[1]);
  return first ? `the timer of ${it.name(first[0])}` : "a timer";
}

const READY_SENTENCES = {
  made: (it, name) => `${name} goes to ${it.words.queue}: it is new, and will run for the first time.`,
  timer(it, name, event) {
    if (it.recording.tracks[event[2]].kind === "timer") return `${name} is due: it goes to ${it.words.queue}.`;
    if ((event[4] ?? -1) >= 0) return `${it.name(event[4])} wakes ${name}: ${name} goes to ${it.words.queue}.`;
    return `The timer of ${name} is due: ${name} goes to ${it.words.queue}.`;
  },
  woken(it, name, event) {
    const by = event[4] ?? -1;
    const cause = by >= 0 ? `${it.name(by)} wakes ${name}` : `What ${name} waited for is done`;
    return `${cause}: ${name} goes to ${it.words.queue}.`;
  },
  socket(it, name, event, state) {
    // The loop may have stopped watching it just before.
    const before = state.unwatched ? [state.unwatched] : [];
    const watches = [...state.watches.values(), ...before].filter((watch) => watch.track === event[2]);
    const [one] = watches;
    const what = watches.length === 1 ? `Socket ${one.descriptor} ${canBe(one.direction)}` : `A socket of ${name} is ready`;
    return `${what}: ${name} goes to ${it.words.queue}.`;
  },
  cancelled: (it, name) => `${name} goes to ${it.words.queue}, to be told that it is cancelled.`,
  thread: (it, name) => `Another thread has finished what ${name} waited for: ${name} goes to ${it.words.queue}.`,
  again: (it, name) => `${name} only let others run: it goes to the end of ${it.words.queue} again.`,
  other: (it, name) => `${name} goes to ${it.words.queue}.`,
};

/** How a step begins. */
const OPERATIONS = {
  step: (it, event, state) => resumed(it, event, state, "takes"),
  resume: (it, event, state) => resumed(it, event, state, "resumes"),
  next: (it, event, state) => driven(it, event, state, "calls next() of"),
  send: (it, event, state) => driven(it, event, state, `sends ${given(event, "a value")} to`),
  throw: (it, event, state) => driven(it, event, state, `throws ${given(event, "an error")} into`),
  close: (it, event, state) => driven(it, event, state, "closes"),
};

function given(event, otherwise) {
  return event[4] === undefined ? otherwise : shownValue(event[4]);
}

function resumed(it, event, state, verb) {
  const [name, before] = [it.name(event[2]), it.stopBefore(state, event[2])];
  const from = verb === "takes" ? ` from ${it.words.queue}` : "";
  const head = `${it.words.driver} ${verb} ${name}${from}`;
  const { kind } = it.recording.tracks[event[2]];
  if (kind === "timer") return `${head}: who slept is woken.`;
  if (!isLong({ kind })) return `${head} and calls it.`;
  if (!before) return `${head}: it runs for the first time.`;
  if (isToldOfCancel(it, state, event[2])) return `${head} and throws the cancellation into it${it.place(before.chain)}.`;
  const over = before.how === "waits" && it.wait(before) ? ` Its wait is over (${it.wait(before)}).` : "";
  return `${head}: it goes on${it.place(before.chain)}.${over}`;
}

function isToldOfCancel(it, state, track) {
  return state.asked[track] >= 0;
}

function driven(it, event, state, verb) {
  const by = state.running.length > 0 ? state.running[state.running.length - 1] : -1;
  const before = it.stopBefore(state, event[2]);
  const where = before ? `it goes on${it.place(before.chain)}` : "it runs for the first time";
  const how = event[3] === "close" ? "" : `: ${where}`;
  return `${it.who(by)} ${verb} ${it.name(event[2])}${how}.`;
}

const END_SENTENCES = {
  waits(it, name, stop) {
    const delegate = it.delegate(stop.chain);
    const what = it.wait(stop) ? ` (${it.wait(stop)})` : "";
    const head = delegate ? `${name} has delegated to ${delegate} and waits` : `${name} waits`;
    return `${head}${what}${it.place(stop.chain)}: control goes back to ${it.words.driver.toLowerCase()}.`;
  },
  yielded(it, name, stop) {
    const place = it.place(stop.chain);
    if (it.recording.kind !== "loop") {
      return `${name} yields${stop.value === undefined ? "" : ` ${shownValue(stop.value)}`}${place}, and stays suspended there.`;
    }
    return `${name} lets others run${place}: control goes back to the loop.`;
  },
  result: (it, name, stop) => `${name} ends${stop.value === undefined ? "" : `: its result is ${shownValue(stop.value)}`}.`,
  error: (it, name, stop) => `${name} ends with an error${stop.value === undefined ? "" : `: ${shownValue(stop.value)}`}.`,
  cancelled: (it, name) => `${name} ends: it was cancelled.`,
  panicked: (it, name, stop) => `${name} panics${stop.value === undefined ? "" : `: ${shownValue(stop.value)}`}.`,
};
