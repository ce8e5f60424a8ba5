// The page: it reads the recording, and keeps all its parts at one step.

class Player {
  constructor(recording) {
    this.recording = recording;
    this.history = new History(recording);
    this.narrator = new Narrator(recording);
    this.timeline = new Timeline(recording);
    this.loop = new LoopPanel(recording);
    this.table = new TaskTable(recording, (track) => this.choose(track));
    this.graph = new WaitGraph(recording);
    [this.count, this.choice, this.timer, this.under] = [0, -1, 0, null];
    new Pointer(this.timeline, {
      goTo: (count) => { this.pause(); this.goTo(count); },
      choose: (track) => { if (track !== this.choice) this.choose(track); },
      look: (under) => this.look(under),
    });
    $("position").max = recording.count;
    showPhases(recording);
    showLegend(this.timeline);
  }

  /** Shows the program after so many events. */
  goTo(count) {
    this.count = Math.min(Math.max(count, 0), this.recording.count);
    const { recording, history, count: now } = this;
    const before = history.after(Math.max(now - 1, 0));
    this.showSentence(before);
    const state = history.after(now);
    const time = now > 0 ? recording.times[now - 1] : 0;
    this.loop.show(state, time);
    this.current = now > 0 ? trackOf(recording.events[now - 1], state) : -1;
    this.table.show(state, this.current);
    this.graph.show(state);
    showSource(recording, $("source"), frameOf(recording, state, now - 1, this.current));
    this.timeline.setCursor(now);
    this.showDetails(state);
    this.showPosition(time);
  }

  showSentence(before) {
    const { recording, count } = this;
    const nothing = recording.count === 0 ? "The recording is empty: nothing ran while it was made." : "Nothing has happened yet. The space bar plays, → makes one step.";
    $("sentence").textContent = count > 0 ? this.narrator.sentence(before, count - 1) : nothing;
    const phase = count > 0 ? phaseOf(recording, before, count - 1) : -1;
    [...$("phases").children].forEach((item, i) => {
      if (i === phase) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }

  showDetails(state) {
    if (this.under) return showSpan(this.recording, this.under.row, this.under.span, $("detail"));
    showDetail(this.recording, state, this.choice >= 0 ? this.choice : this.current, $("detail"));
  }

  showPosition(time) {
    const total = this.recording.count;
    $("position").value = this.count;
    const at = this.count > 0 ? `, at ${shownTime(this.recording, time)}` : "";
    $("step").textContent = `step ${this.count.toLocaleString("en")} of ${total.toLocaleString("en")}${at}`;
    $("position").setAttribute("aria-valuetext", $("step").textContent);
    for (const id of ["first", "back", "turn-back"]) $(id).disabled = this.count === 0;
    for (const id of ["last", "forward", "turn-forward", "play"]) $(id).disabled = this.count === total && !this.timer;
    showRange(this.timeline);
  }

  /** Chooses a track, or none if it is chosen already. */
  choose(track) {
    this.choice = this.choice === track ? -1 : track;
    this.table.choice = this.choice;
    this.timeline.setChoice(this.choice);
    this.goTo(this.count);
  }

  look(under) {
    if (!under && !this.under) return;
    this.under = under;
    this.showDetails(this.history.after(this.count));
  }

  step(by) {
    this.pause();
    this.goTo(this.count + by);
  }

  /** Goes to the next step at which a turn begins, or to the last one. */
  turn(by) {
    this.pause();
    const { events, count: total } = this.recording;
    const isMark = (i) => events[i][1] === "turn" || (this.recording.kind !== "loop" && events[i][1] === "begin");
    let at = this.count + by;
    while (at > 0 && at < total && !isMark(at - 1)) at += by;
    this.goTo(at);
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    if (this.count >= this.recording.count) return;
    this.setPlaying(setInterval(() => this.tick(), 16));
    [this.began, this.from] = [performance.now(), this.count];
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.setPlaying(0);
  }

  setPlaying(timer) {
    this.timer = timer;
    $("play").textContent = timer ? "Pause" : "Play";
    $("play").setAttribute("aria-label", timer ? "Pause" : "Play");
    // Nobody can listen to many sentences a second.
    $("sentence").setAttribute("aria-live", timer && Number($("speed").value) > 1 ? "off" : "polite");
    this.showPosition(this.count > 0 ? this.recording.times[this.count - 1] : 0);
  }

  tick() {
    const speed = Number($("speed").value);
    const due = this.from + Math.floor(((performance.now() - this.began) / 1000) * speed);
    if (due <= this.count) return;
    this.goTo(due);
    if (this.count >= this.recording.count) this.pause();
  }

  /** Goes on at a new speed from here. */
  restart() {
    if (!this.timer) return;
    this.pause();
    this.play();
  }
}

/** Returns the track that an event is about. */
function trackOf(event, state) {
  const isOfTrack = ["made", "ready", "begin", "end", "timer", "untimer", "watch", "cancel"].includes(event[1]);
  if (isOfTrack) return event[2];
  return state.running.length > 0 ? state.running[state.running.length - 1] : -1;
}

/** Returns the line that belongs to an event: where its track is suspended, or where it was made. */
function frameOf(recording, state, i, track) {
  if (i < 0 || track < 0) return -1;
  const stop = state.stop[track] >= 0 ? stopOf(recording.events[state.stop[track]]) : null;
  const frame = stop ? shownFrame(recording, stop.chain) : -1;
  const found = frame >= 0 ? frame : recording.tracks[track].origin;
  // What a task does with a callback belongs to the line of the task.
  const runs = state.running.length > 0 ? state.running[state.running.length - 1] : -1;
  return found >= 0 || runs === track ? found : frameOf(recording, state, i, runs);
}

function showPhases(recording) {
  const phases = PHASES[recording.kind] || PHASES.loop;
  $("phases").replaceChildren(...phases.map(([title, text]) => el("li", {}, el("b", {}, title), el("span", {}, text))));
}
