// What stands below the timeline: the queues, the tasks, the source, the details.

const ROW_HEIGHT = 27;
// The most, with the head, as the style sheet says.
const TABLE_HEIGHT = 330;
const MOST_ENTRIES = 60;

/** Shows the state of the loop after a step. */
class LoopPanel {
  constructor(recording) {
    this.recording = recording;
    const has = (type) => recording.events.some((event) => event[1] === type);
    $("ready-panel").hidden = !has("ready");
    $("timers-panel").hidden = !has("timer");
    $("sockets-panel").hidden = !has("watch");
    if (recording.kind === "simulation") $("ready-title").textContent = "Due now";
  }

  show(state, now) {
    this.showRunning(state);
    this.showReady(state);
    this.showTimers(state, now);
    this.showSockets(state);
  }

  /** A generator that is driven by another one runs inside of it. */
  showRunning(state) {
    const inside = state.running.flatMap((track, i) => [i > 0 ? " › " : "", el("span", { "data-track": track }, nameOf(this.recording, track))]);
    const nobody = state.idle ? "Nothing: the loop sleeps" : state.isInTurn ? "The loop itself" : "Nothing";
    $("turn").textContent = state.isInTurn ? `in turn ${state.turn}` : "";
    $("running").className = inside.length > 0 ? "" : "empty";
    $("running").replaceChildren(...(inside.length > 0 ? inside : [nobody]));
  }

  showReady(state) {
    const items = [];
    if (state.queue.length === 0) items.push(el("li", { class: "note" }, "Empty"));
    state.queue.slice(0, MOST_ENTRIES).forEach((track, at) => {
      if (at === state.batch && state.isInTurn) items.push(el("li", { class: "note" }, "for the next turn:"));
      items.push(this.entry(track, at >= state.batch && state.isInTurn ? "next" : "now"));
    });
    const more = state.queue.length - MOST_ENTRIES;
    if (more > 0) items.push(el("li", { class: "note" }, `and ${more} more`));
    $("ready").replaceChildren(...items);
  }

  entry(track, name) {
    return el("li", { class: name, "data-track": track }, nameOf(this.recording, track));
  }

  showTimers(state, now) {
    const timers = [...state.timers].sort((a, b) => a[1] - b[1]);
    const rows = timers.slice(0, MOST_ENTRIES).map(([track, deadline]) => el("tr", { "data-track": track },
      el("td", {}, nameOf(this.recording, track)),
      el("td", {}, deadline > now ? shownDuration(this.recording, deadline - now) : "due"),
      el("td", { "data-deadline": deadline }, shownTime(this.recording, deadline))));
    this.fill("timers", rows, timers.length, 3);
  }

  showSockets(state) {
    const watches = [...state.watches.values()];
    const rows = watches.slice(0, MOST_ENTRIES).map(({ track, descriptor, direction }) => el("tr", { "data-track": track },
      el("td", {}, String(descriptor)), el("td", {}, direction), el("td", {}, nameOf(this.recording, track))));
    this.fill("sockets", rows, watches.length, 3);
  }

  fill(id, rows, count, columns) {
    const note = count === 0 ? "None" : count > rows.length ? `and ${count - rows.length} more` : "";
    if (note) rows.push(el("tr", {}, el("td", { class: "empty", colspan: columns }, note)));
    $(id).replaceChildren(...rows);
  }
}

/** The table of all tasks. Only the rows that can be seen are in the page. */
class TaskTable {
  constructor(recording, choose) {
    this.recording = recording;
    this.filter = "";
    this.choice = -1;
    // Kept here, as the browser would lay out the page anew whenever it is asked in the middle of a change.
    this.top = 0;
    $("tasks-title").textContent = { generators: "Generators", simulation: "Processes" }[recording.kind] || "Tasks";
    if (recording.kind === "generators") $("waits-title").textContent = "Last value";
    $("rows").addEventListener("scroll", () => this.scrolled());
    $("ended").addEventListener("change", () => this.update());
    $("task-rows").addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-track]");
      if (row) choose(Number(row.dataset.track));
    });
  }

  show(state, current) {
    [this.state, this.current] = [state, current];
    this.update();
  }

  scrolled() {
    const top = $("rows").scrollTop;
    if (top === this.top) return;
    this.top = top;
    this.fill();
  }

  update() {
    this.listed = this.recording.tracks.flatMap((track, i) => (this.isListed(track, i) ? [i] : []));
    const alive = this.listed.filter((track) => !this.state.hasEnded(track)).length;
    $("counts").textContent = this.listed.length > 0 ? `${alive} alive, ${this.listed.length - alive} ended` : "";
    const top = this.revealing(this.listed.indexOf(this.current));
    const isElsewhere = top !== this.top;
    this.top = top;
    this.fill();
    if (isElsewhere) $("rows").scrollTop = top;
  }

  /** Returns where to scroll to, so that the row that the step is about can be seen. */
  revealing(at) {
    const most = Math.max(0, (this.listed.length + 1) * ROW_HEIGHT - TABLE_HEIGHT);
    const [top, bottom] = [at * ROW_HEIGHT, (at + 2) * ROW_HEIGHT];
    if (at >= 0 && top < this.top) return top;
    if (at >= 0 && bottom > this.top + TABLE_HEIGHT) return bottom - TABLE_HEIGHT;
    return Math.min(this.top, most);
  }

  isListed(track, i) {
    const { recording, state } = this;
    const isThere = isLong(track) && recording.born[i] >= 0 && recording.born[i] < state.count;
    return isThere && matches(track, this.filter) && ($("ended").checked || !state.hasEnded(i));
  }

  fill() {
    const most = Math.ceil(TABLE_HEIGHT / ROW_HEIGHT) + 10;
    const first = Math.max(0, Math.floor(this.top / ROW_HEIGHT) - 5);
    const shown = this.listed.slice(first, first + most);
    const focused = document.activeElement?.closest?.("#task-rows tr")?.dataset.track;
    const below = this.listed.length - first - shown.length;
    const rows = shown.map((track, i) => this.row(track, first + i));
    $("tasks").setAttribute("aria-rowcount", this.listed.length + 1);
    $("task-rows").replaceChildren(gap(first), ...rows, gap(below));
    if (focused) $("task-rows").querySelector(`tr[data-track="${focused}"] button`)?.focus({ preventScroll: true });
  }

  row(track, at) {
    const { recording, state } = this;
    const status = STATUS[state.status[track]];
    const stop = state.stop[track] >= 0 ? stopOf(recording.events[state.stop[track]]) : null;
    const name = el("button", { type: "button", "aria-pressed": String(track === this.choice), title: clipped(recording.tracks[track].name, 500) }, clipped(recording.tracks[track].label, 300));
    return el("tr", {
      class: track === this.choice ? `${status} chosen` : status, "data-track": track, "aria-rowindex": at + 2,
    },
    el("td", {}, name),
    el("td", { class: "state", "data-state": status }, SHOWN_STATUS[status] || status),
    titled(this.chain(stop, status)),
    titled(this.waits(track, stop, status)));
  }

  chain(stop, status) {
    const { recording } = this;
    const frames = stop && stop.chain >= 0 ? recording.chains[stop.chain] || [] : [];
    if (frames.length === 0) return "";
    // The innermost one first: the end may be cut off.
    const calls = frames.slice(-8).reverse().map((frame) => callOf(recording.frames[frame]) || "?");
    const path = `${calls.join(" ‹ ")}${frames.length > 8 ? " ‹ …" : ""}`;
    const place = placeOf(recording, shownFrame(recording, stop.chain));
    if (status === "running") return `from ${place}`;
    return `${place} ${clipped(path, 200)}`;
  }

  waits(track, stop, status) {
    const { recording, state } = this;
    if (status === "waits" && stop.wait >= 0) {
      const target = recording.waits[stop.wait][2];
      const shown = clipped(recording.waits[stop.wait][1], 120);
      const isNamed = target < 0 || shown.includes(recording.tracks[target].short);
      return isNamed ? shown : `${shown} (${recording.tracks[target].short})`;
    }
    if (ENDS.includes(status) && stop.value !== undefined) return shownValue(stop.value);
    if (status === "yielded" && stop.value !== undefined) return shownValue(stop.value);
    return state.asked[track] >= 0 && status !== "running" ? "asked to be cancelled" : "";
  }
}

const SHOWN_STATUS = { waits: "waits", yielded: "suspended", result: "ended", error: "failed" };

/** Returns a cell whose text may be cut off by its width. */
function titled(text) {
  return el("td", { title: text || undefined }, text);
}

function gap(rows) {
  const cell = el("td", { colspan: 4 });
  cell.style.height = `${rows * ROW_HEIGHT}px`;
  return el("tr", { class: "gap", "aria-hidden": "true" }, cell);
}

function matches(track, filter) {
  return !filter || `${track.label} ${track.name} ${track.call}`.toLowerCase().includes(filter);
}

/** Shows all that is known of one track, at a stop or at the cursor. */
function showDetail(recording, state, track, place) {
  if (track < 0) {
    place.replaceChildren(el("p", { class: "empty" }, "Choose a row of the table, or point at a bar of the timeline."));
    return;
  }
  const status = STATUS[state.status[track]];
  const parts = [el("p", {}, nameOf(recording, track), ` ${DETAIL_STATUS[status] || (isLong(recording.tracks[track]) ? "is not there yet" : "is a callback")}`)];
  parts.push(...originParts(recording, track));
  const at = state.stop[track];
  if (at >= 0) parts.push(...stopParts(recording, at, status));
  place.replaceChildren(...parts);
}

const DETAIL_STATUS = {
  made: "was made", ready: "is ready", running: "runs", waits: "waits", yielded: "is suspended",
  result: "has ended", error: "has failed", cancelled: "was cancelled", panicked: "has panicked",
};

function originParts(recording, track) {
  const { name, kind, number, origin } = recording.tracks[track];
  const at = origin >= 0 ? `, made at ${placeOf(recording, origin)}` : "";
  return [el("p", { class: "quiet name" }, `${number >= 0 ? `${kind} ${number}` : kind}: ${clipped(name, 200)}${at}`)];
}

/** Returns what is known of a stop: since when, for what, the value, the chain. */
function stopParts(recording, at, status) {
  const event = recording.events[at];
  const stop = stopOf(event);
  const parts = [];
  if (status === "waits") {
    const what = stop.wait >= 0 ? clipped(recording.waits[stop.wait][1], 200) : "something";
    parts.push(el("p", { class: "name" }, `for ${what}, since ${shownTime(recording, event[0])}`));
  }
  if (stop.value !== undefined) parts.push(el("p", { class: "name" }, `${ENDS.includes(stop.how) ? "with" : "yielded"} ${clipped(String(stop.value), 500)}`));
  if (stop.chain >= 0) parts.push(el("p", { class: "quiet" }, status === "running" ? "It went on from here:" : "Its chain of delegations, the outermost first:"), chainList(recording, stop.chain));
  return parts;
}
