// Who waits for whom at the cursor, as trees: what is waited for stands above those that wait.

const MOST_NODES = 150;

/** Returns what the tracks wait for: the track it is, or a text. */
function findWaits(recording, state) {
  const waits = { targets: new Map(), waiters: new Map(), texts: new Map() };
  recording.tracks.forEach((track, i) => {
    if (state.status[i] !== WAITS) return;
    const { wait } = stopOf(recording.events[state.stop[i]]);
    const [, text, target] = wait >= 0 ? recording.waits[wait] : ["other", "something", -1];
    if (target >= 0) {
      waits.targets.set(i, target);
      addTo(waits.waiters, target, i);
    } else {
      addTo(waits.texts, text, i);
    }
  });
  return waits;
}

function addTo(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

/** Returns the circles of tracks that wait for each other. Nobody in one can go on. */
function findCycles(targets) {
  const [seen, cycles] = [new Map(), []];
  for (const start of targets.keys()) {
    const path = [];
    let at = start;
    while (targets.has(at) && !seen.has(at)) {
      seen.set(at, start);
      path.push(at);
      at = targets.get(at);
    }
    if (seen.get(at) === start && path.includes(at)) cycles.push(path.slice(path.indexOf(at)));
  }
  return cycles;
}

class WaitGraph {
  constructor(recording) {
    this.recording = recording;
    $("graph-panel").hidden = !recording.events.some((event) => event[1] === "end" && event[3] === "waits");
  }

  show(state) {
    [this.state, this.left] = [state, MOST_NODES];
    this.waits = findWaits(this.recording, state);
    const cycles = findCycles(this.waits.targets);
    this.inCycle = new Set(cycles.flat());
    const list = el("ul", {});
    for (const cycle of cycles) list.append(this.cycle(cycle));
    for (const [track] of this.waits.waiters) if (!this.waits.targets.has(track)) this.root(list, track);
    for (const [text, tracks] of this.waits.texts) this.group(list, text, tracks);
    const isEmpty = list.childElementCount === 0;
    const more = this.left <= 0 ? [el("p", { class: "quiet" }, "Only the first ones are shown.")] : [];
    $("graph").replaceChildren(isEmpty ? el("p", { class: "empty" }, "Nobody waits.") : list, ...more);
  }

  cycle(cycle) {
    const names = [...cycle, cycle[0]].map((track) => this.recording.tracks[track].short).join(" waits for ");
    const item = el("li", { class: "cycle" }, el("span", { class: "name" }, `A circle, nobody can go on: ${names}`));
    this.addWaiters(item, cycle.flatMap((track) => this.waits.waiters.get(track) || []).filter((track) => !this.inCycle.has(track)), 0);
    return item;
  }

  /** Adds a track that others wait for, and that waits for no track itself. */
  root(list, track) {
    if (this.waitsForText(track)) return;
    const status = STATUS[this.state.status[track]];
    const item = el("li", {}, el("span", { class: "target" }, nameOf(this.recording, track), ` ${DETAIL_STATUS[status] || ""}`));
    this.addWaiters(item, this.waits.waiters.get(track), 0);
    list.append(item);
  }

  waitsForText(track) {
    return this.state.status[track] === WAITS && !this.waits.targets.has(track);
  }

  group(list, text, tracks) {
    if (this.left <= 0) return;
    const item = el("li", {}, el("span", { class: "target name" }, clipped(text, 120)));
    this.addWaiters(item, tracks, 0);
    list.append(item);
  }

  addWaiters(item, tracks, depth) {
    if (!tracks || tracks.length === 0 || depth > 40) return;
    const list = el("ul", {});
    for (const track of tracks) {
      this.left -= 1;
      if (this.left < 0) break;
      const node = el("li", { "data-track": track }, el("span", {}, nameOf(this.recording, track)));
      this.addWaiters(node, this.waits.waiters.get(track), depth + 1);
      list.append(node);
    }
    item.append(list);
  }
}
