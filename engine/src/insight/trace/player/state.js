// The state of the program after any number of events, and how to get there quickly.

const STATUS = ["", "made", "ready", "running", "waits", "yielded", "result", "error", "cancelled", "panicked"];
const [, MADE, READY, RUNNING, WAITS, YIELDED] = STATUS.keys();

/** What is known of the program between two events. */
class State {
  constructor(recording) {
    const tracks = recording.tracks.length;
    this.recording = recording;
    /** How many events have been applied. */
    this.count = 0;
    this.status = new Uint8Array(tracks);
    /** For each track, the number of its last event of a kind. */
    this.stop = new Int32Array(tracks).fill(-1);
    this.woken = new Int32Array(tracks).fill(-1);
    this.asked = new Int32Array(tracks).fill(-1);
    /** How often a track stands in the queue. */
    this.queued = new Int32Array(tracks);
    this.queue = [];
    /** How many entries at the front of the queue belong to the turn that goes on. */
    this.batch = 0;
    this.timers = new Map();
    this.watches = new Map();
    /** What the last event has removed from there. */
    this.unwatched = null;
    this.running = [];
    this.turn = null;
    this.isInTurn = false;
    this.idle = null;
  }

  clone() {
    const copy = Object.assign(Object.create(State.prototype), this);
    for (const name of ["status", "stop", "woken", "asked", "queued", "queue", "running"]) {
      copy[name] = this[name].slice();
    }
    copy.timers = new Map(this.timers);
    copy.watches = new Map(this.watches);
    return copy;
  }

  /** Applies the next event. */
  advance() {
    const event = this.recording.events[this.count];
    this.idle = null;
    this.unwatched = null;
    const change = CHANGES[event[1]];
    if (change) change(this, event, this.count);
    this.count += 1;
  }

  take(track) {
    if (this.queued[track] === 0) return;
    const at = this.queue.indexOf(track);
    this.queue.splice(at, 1);
    this.queued[track] -= 1;
    if (at < this.batch) this.batch -= 1;
  }

  hasEnded(track) {
    return this.status[track] > YIELDED;
  }
}

/** What each type of event changes. */
const CHANGES = {
  turn(state, event) {
    state.turn = event[2];
    state.isInTurn = true;
    state.batch = Math.min(event[3], state.queue.length);
    state.running.length = 0;
  },
  endturn(state) {
    // Entries that were cancelled have been taken and did nothing.
    for (const track of state.queue.splice(0, state.batch)) state.queued[track] -= 1;
    state.batch = 0;
    state.isInTurn = false;
  },
  idle(state, event) {
    state.idle = { until: event[2] };
  },
  made(state, event) {
    state.status[event[2]] = MADE;
  },
  ready(state, event, i) {
    const track = event[2];
    state.queue.push(track);
    state.queued[track] += 1;
    state.woken[track] = i;
    if (event[3] === "timer") state.timers.delete(track);
    if (state.status[track] !== RUNNING && !state.hasEnded(track)) state.status[track] = READY;
  },
  begin(state, event) {
    const track = event[2];
    state.take(track);
    state.status[track] = RUNNING;
    state.running.push(track);
    state.asked[track] = -1;
  },
  end(state, event, i) {
    const track = event[2];
    const at = state.running.lastIndexOf(track);
    if (at >= 0) state.running.splice(at, 1);
    state.stop[track] = i;
    const status = STATUS.indexOf(event[3]);
    const goesOn = status <= YIELDED && state.queued[track] > 0;
    state.status[track] = goesOn ? READY : status;
  },
  timer(state, event) {
    state.timers.set(event[2], event[3]);
  },
  untimer(state, event) {
    state.timers.delete(event[2]);
  },
  watch(state, event) {
    const [, , track, descriptor, direction] = event;
    state.watches.set(`${descriptor} ${direction}`, { track, descriptor, direction });
  },
  unwatch(state, event) {
    const key = `${event[2]} ${event[3]}`;
    state.unwatched = state.watches.get(key) || null;
    state.watches.delete(key);
  },
  cancel(state, event, i) {
    state.asked[event[2]] = i;
  },
};

/** Gives the state after any number of events. Going back starts from the last state that was kept. */
class History {
  constructor(recording) {
    this.recording = recording;
    // A kept state has all tracks, so that many tracks want fewer of them.
    this.distance = Math.max(1000, recording.tracks.length);
    this.kept = [];
    const state = new State(recording);
    for (;;) {
      if (state.count % this.distance === 0) this.kept.push(state.clone());
      if (state.count === recording.count) break;
      state.advance();
    }
    this.state = this.kept[0].clone();
  }

  /** Returns the state after `count` events. The next call may change it. */
  after(count) {
    const from = Math.floor(count / this.distance);
    const isNear = this.state.count <= count && this.state.count >= from * this.distance;
    if (!isNear) this.state = this.kept[from].clone();
    while (this.state.count < count) this.state.advance();
    return this.state;
  }
}
