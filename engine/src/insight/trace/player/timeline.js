// The timeline: what is visible of it, and how it is drawn on the canvas.

const LANE = 22;
const BAR = 14;
const AXIS = 22;
const MOST_ARROWS = 600;
const MOST_CALLBACK_ARROWS = 60;
const LEGEND = [
  ["runs", "runs"], ["ready", "ready, waits for its turn"], ["sleep", "waits for a timer"], ["socket", "waits for a socket"],
  ["task", "waits for a task or a future"], ["lock", "waits for a lock or a queue"], ["thread", "waits for a thread"], ["other", "waits"],
  ["suspended", "suspended"], ["turn", "turn of the loop"], ["idle", "the loop sleeps"],
];

/** What is called otherwise in a simulation. */
const SIMULATION_LEGEND = { sleep: "waits for a timeout", task: "waits for a process or an event", lock: "waits for a resource" };

class Timeline {
  constructor(recording) {
    this.recording = recording;
    this.all = makeRows(recording);
    this.rows = this.all;
    this.arrows = findArrows(recording);
    // The times of generators are those of whoever drives them: the order says more.
    this.axis = recording.kind === "generators" ? "steps" : "time";
    $("axis").value = this.axis;
    [this.cursor, this.choice, this.pending, this.leavesOutArrows] = [0, -1, false, false];
    this.context = $("canvas").getContext("2d");
    this.fit();
  }

  /** Returns where an event stands on the axis: its time, or its number. */
  at(event) {
    return this.axis === "time" ? this.recording.times[event] : event;
  }

  /** Returns where the axis begins: later than at zero, if the first events are missing. */
  get start() {
    return this.recording.lacksBeginning ? this.at(0) : 0;
  }

  get end() {
    return Math.max(this.at(this.recording.count), this.start + 1);
  }

  fit() {
    [this.left, this.right] = [this.start, this.end];
    this.redraw();
  }

  zoom(factor, middle = (this.left + this.right) / 2) {
    const least = this.axis === "time" ? 100 : 2;
    const most = this.end - this.start;
    const width = Math.min(Math.max((this.right - this.left) * factor, Math.min(least, most)), most);
    const share = (middle - this.left) / (this.right - this.left);
    this.moveTo(middle - share * width, width);
  }

  moveTo(left, width = this.right - this.left) {
    this.left = Math.min(Math.max(left, this.start), this.end - width);
    this.right = this.left + width;
    this.redraw();
  }

  /** Moves the cursor behind so many events, and keeps it in sight. */
  setCursor(count) {
    this.cursor = count;
    const [at, width] = [this.at(Math.max(count - 1, 0)), this.right - this.left];
    if (at < this.left || at > this.right) this.moveTo(at - 0.3 * width);
    this.redraw();
  }

  /** Marks the row of a track, and scrolls to it. */
  setChoice(track) {
    this.choice = track;
    const row = track >= 0 ? this.rows.findIndex((row) => row.tracks.includes(track)) : -1;
    if (row >= 0) scrollInto($("scroller"), row * LANE, AXIS + (row + 1) * LANE);
    this.redraw();
  }

  setFilter(filter) {
    const { tracks } = this.recording;
    this.rows = this.all.filter((row) => (row.tracks.length === 0 ? !filter : row.tracks.some((i) => matches(tracks[i], filter))));
    this.resize();
  }

  setAxis(axis) {
    this.axis = axis;
    this.fit();
    this.setCursor(this.cursor);
  }

  /** Measures the canvas. Only the visible rows are drawn, into a canvas that stays in place while rows scroll. */
  resize() {
    this.width = $("scroller").clientWidth;
    const content = AXIS + Math.max(this.rows.length, 1) * LANE;
    this.height = Math.min(content, 300);
    const ratio = window.devicePixelRatio || 1;
    Object.assign($("canvas"), { width: Math.round(this.width * ratio), height: Math.round(this.height * ratio) });
    $("canvas").style.height = `${this.height}px`;
    $("spacer").style.height = `${content - this.height}px`;
    this.names = Math.min(this.nameWidth(), 220, this.width * 0.34);
    this.readColours();
    this.redraw();
  }

  nameWidth() {
    const longest = this.all.reduce((most, row) => Math.max(most, Math.min(row.label.length, 40)), 0);
    return 24 + 7 * longest;
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = [...LEGEND.map(([name]) => name), "page", "panel", "ink", "quiet", "line", "stripe", "bad", "good", "makes", "wakes", "cancels", "cursor", "accent", "on-wait"];
    this.colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      const didLeaveOut = this.leavesOutArrows;
      if (this.colours) drawTimeline(this);
      if (this.leavesOutArrows !== didLeaveOut) showRange(this);
    });
  }

  x(event) {
    return this.xOf(this.at(event));
  }

  xOf(position) {
    return this.names + ((position - this.left) / (this.right - this.left)) * (this.width - this.names - 12);
  }

  positionOf(x) {
    return this.left + ((x - this.names) / (this.width - this.names - 12)) * (this.right - this.left);
  }

  /** Returns the first event at or after a position. */
  eventAt(position) {
    if (this.axis === "steps") return Math.min(Math.max(Math.ceil(position), 0), this.recording.count);
    return numbersBelow(this.recording.times, position, this.recording.count);
  }

  /** Returns the rows that can be seen. */
  visibleRows() {
    const top = $("scroller").scrollTop;
    const first = Math.floor(top / LANE);
    return { top, first, last: Math.min(this.rows.length, first + Math.ceil((this.height - AXIS) / LANE) + 1) };
  }

  y(row) {
    return AXIS + row * LANE - $("scroller").scrollTop;
  }

  /** Returns the row and the span at a point of the canvas. */
  find(x, y) {
    const row = y < AXIS ? -1 : Math.floor((y - AXIS + $("scroller").scrollTop) / LANE);
    if (row < 0 || row >= this.rows.length) return null;
    return { row, span: x < this.names ? -1 : this.spanAt(this.rows[row].spans, x) };
  }

  /** Returns the span under a point, or the one that is nearest within some pixels. */
  spanAt(spans, x) {
    const next = spansBefore(spans, this.eventAt(this.positionOf(x + 3)) + 1);
    for (let span = next - 1; span >= Math.max(0, next - 12); span -= 1) {
      const [from, to] = [this.x(spans[span * SPAN]), this.x(spans[span * SPAN + 1])];
      if (x >= from - 3 && x <= Math.max(to, from + 2)) return span;
    }
    return -1;
  }

  /** Returns the class of a span, which names its colour. */
  classOf(spans, i) {
    switch (spans[i + 2]) {
      case RUNS: return "runs";
      case IS_READY: return "ready";
      case TURN: return "turn";
      case IDLE: return "idle";
      case SUSPENDED: return "suspended";
      default: return this.waitClass(spans[i + 3]);
    }
  }

  waitClass(event) {
    const { wait } = stopOf(this.recording.events[event]);
    return wait >= 0 ? waitGroup(this.recording.waits[wait][0]) : "other";
  }
}
