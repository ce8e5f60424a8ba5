// The rows of the timeline: what each track did from which event to which.

const RUNS = 0, IS_READY = 1, WAITING = 2, SUSPENDED = 3, TURN = 4, IDLE = 5;
/** A span is four numbers: the events at its two ends, what it is, and the event that tells more. */
const SPAN = 4;

/** Collects the spans of one track. At most one is open. */
class SpanList {
  constructor() {
    this.numbers = [];
    this.kind = -1;
    this.from = 0;
    this.detail = 0;
    /** Whether it was made ready while it ran. */
    this.isAgain = false;
  }

  open(kind, from, detail) {
    this.close(from);
    [this.kind, this.from, this.detail] = [kind, from, detail];
  }

  close(to) {
    if (this.kind >= 0) this.numbers.push(this.from, to, this.kind, this.detail);
    this.kind = -1;
  }
}

/** Returns the spans of each track, and those of the loop itself. */
function findSpans(recording) {
  const lists = recording.tracks.map(() => new SpanList());
  const loop = new SpanList();
  recording.events.forEach((event, i) => {
    switch (event[1]) {
      case "turn": return loop.open(TURN, i, i);
      case "endturn": return loop.close(i);
      case "idle": return loop.open(IDLE, i, i);
      case "ready": return becomesReady(lists[event[2]], i);
      case "begin": return lists[event[2]].open(RUNS, i, i);
      case "end": return stops(lists[event[2]], event, i);
    }
  });
  for (const list of [loop, ...lists]) list.close(recording.count);
  return { loop: loop.numbers, tracks: lists.map((list) => list.numbers) };
}

function becomesReady(list, i) {
  if (list.kind === RUNS) list.isAgain = true;
  else list.open(IS_READY, i, i);
}

function stops(list, event, i) {
  list.close(i);
  const isAgain = list.isAgain;
  list.isAgain = false;
  if (ENDS.includes(event[3])) return;
  if (isAgain) list.open(IS_READY, i, i);
  else list.open(event[3] === "waits" ? WAITING : SUSPENDED, i, i);
}

/** Returns the rows: the loop, each task, one for all timers, one for all callbacks. */
function makeRows(recording) {
  const spans = findSpans(recording);
  const ends = findEnds(recording);
  const rows = [];
  if (spans.loop.length > 0) rows.push({ label: "the loop", tracks: [], spans: Int32Array.from(spans.loop), end: -1 });
  const groups = new Map();
  recording.tracks.forEach((track, i) => {
    if (isLong(track)) {
      rows.push({ label: track.label, tracks: [i], spans: Int32Array.from(spans.tracks[i]), end: ends[i] });
    } else {
      if (!groups.has(track.kind)) groups.set(track.kind, []);
      groups.get(track.kind).push(i);
    }
  });
  for (const [kind, tracks] of groups) rows.push(groupRow(`${kind}s`, tracks, spans.tracks));
  return rows;
}

/** Returns the row of several callbacks. Their waits may overlap, so it shows only when they ran. */
function groupRow(label, tracks, spans) {
  const runs = [];
  for (const track of tracks) {
    const numbers = spans[track];
    for (let i = 0; i < numbers.length; i += SPAN) {
      if (numbers[i + 2] === RUNS) runs.push(numbers.slice(i, i + SPAN));
    }
  }
  runs.sort((a, b) => a[0] - b[0]);
  return { label, tracks, spans: Int32Array.from(runs.flat()), end: -1 };
}

/** Returns for each track the event with which it ended. */
function findEnds(recording) {
  const ends = new Int32Array(recording.tracks.length).fill(-1);
  recording.events.forEach((event, i) => {
    if (event[1] === "end" && ENDS.includes(event[3])) ends[event[2]] = i;
  });
  return ends;
}

/** Returns the arrows: events by which one track makes, wakes or cancels another. */
function findArrows(recording) {
  const arrows = [];
  recording.events.forEach((event, i) => {
    const by = arrowOrigin(event);
    if (by >= 0 && by !== event[2]) arrows.push(i);
  });
  return Int32Array.from(arrows);
}

function arrowOrigin(event) {
  switch (event[1]) {
    case "made": case "cancel": return event[3] ?? -1;
    // One that was made or cancelled by somebody has that arrow already.
    case "ready": return event[3] === "made" || event[3] === "cancelled" ? -1 : event[4] ?? -1;
    default: return -1;
  }
}

function arrowClass(event) {
  return { made: "makes", cancel: "cancels" }[event[1]] || "wakes";
}

/** Returns how many of the sorted spans begin before an event. */
function spansBefore(spans, event) {
  let [low, high] = [0, spans.length / SPAN];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle * SPAN] < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns how many of the sorted numbers are less than a value. */
function numbersBelow(numbers, value, length = numbers.length) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
