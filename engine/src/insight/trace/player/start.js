// What happens when the page is opened: the header, the legend, the controls.

/** Says what was recorded, and what is missing. */
function showHeader(recording) {
  const { tracks, times, count, kind } = recording;
  const long = tracks.filter(isLong).length;
  const nouns = { generators: ["generator", "generators"], simulation: ["process", "processes"] }[kind] || ["task", "tasks"];
  const length = count > 0 ? `, ${shownDuration(recording, times[count] - (recording.lacksBeginning ? times[0] : 0))}${recording.unit === "simulated" ? (recording.hasOwnUnit ? " of simulated time" : " of virtual time") : ""}` : "";
  $("summary").textContent = `${plural(long, ...nouns)}, ${plural(count, "event", "events")}${length}`;
  const { dropped = 0, kept = "newest" } = recording.limit || {};
  $("missing").hidden = dropped === 0;
  const which = kept === "newest" ? "before the ones shown" : "after the ones shown";
  $("missing").textContent = `The recording reached its limit: ${dropped.toLocaleString("en")} events ${which} are missing.`;
}

/** Shows the colours and marks that occur in the recording, and no others. */
function showLegend(timeline) {
  const classes = new Set();
  const ends = new Set();
  for (const { spans, end } of timeline.all) {
    for (let i = 0; i < spans.length; i += SPAN) classes.add(timeline.classOf(spans, i));
    if (end >= 0) ends.add(timeline.recording.events[end][3]);
  }
  const arrows = new Set(Array.from(timeline.arrows, (i) => arrowClass(timeline.recording.events[i])));
  const words = timeline.recording.kind === "simulation" ? SIMULATION_LEGEND : {};
  const bars = LEGEND.filter(([name]) => classes.has(name)).map(([name, text]) => legendItem(name, words[name] || text, `<rect width="14" height="12" rx="2" fill="var(--${name})"/>`));
  const marks = Object.keys(END_MARKS).filter((how) => ends.has(how)).map((how) => legendItem(how, END_MARKS[how][0], END_MARKS[how][1]));
  const links = ["makes", "wakes", "cancels"].filter((name) => arrows.has(name));
  $("legend").replaceChildren(...bars, ...marks, ...links.map((name) => legendItem(name, name, arrowMark(name))));
}

const END_MARKS = {
  result: ["ends with a result", '<circle cx="7" cy="6" r="4.5" fill="var(--good)"/>'],
  error: ["fails", '<path d="M3 2l8 8M11 2l-8 8" stroke="var(--bad)" stroke-width="2.2"/>'],
  cancelled: ["is cancelled", '<path d="M4.5 8.5l5-5" stroke="var(--bad)" stroke-width="2"/><circle cx="7" cy="6" r="4.5" fill="none" stroke="var(--bad)" stroke-width="2"/>'],
  panicked: ["panics", '<path d="M7 0l6 11H1z" fill="var(--bad)"/>'],
};

function arrowMark(name) {
  return `<path d="M7 0v7" stroke="var(--${name})" stroke-width="1.4"/><path d="M7 12L3.5 6h7z" fill="var(--${name})"/>`;
}

/** Makes an entry of the legend. The drawing is one of this file's. */
function legendItem(name, text, drawing) {
  const item = el("li", { "data-class": name });
  item.innerHTML = `<svg viewBox="0 0 14 12" aria-hidden="true">${drawing}</svg>`;
  item.append(text);
  return item;
}

function connect(player) {
  const { timeline } = player;
  const on = (id, act) => $(id).addEventListener("click", act);
  on("play", () => player.toggle());
  on("first", () => { player.pause(); player.goTo(0); });
  on("last", () => { player.pause(); player.goTo(player.recording.count); });
  on("back", () => player.step(-1));
  on("forward", () => player.step(1));
  on("turn-back", () => player.turn(-1));
  on("turn-forward", () => player.turn(1));
  on("zoom-in", () => zoomAtCursor(timeline, 0.5));
  on("zoom-out", () => zoomAtCursor(timeline, 2));
  on("fit", () => { timeline.fit(); showRange(timeline); });
  $("speed").addEventListener("change", () => player.restart());
  $("position").addEventListener("input", () => { player.pause(); player.goTo(Number($("position").value)); });
  $("axis").addEventListener("change", () => { timeline.setAxis($("axis").value); showRange(timeline); });
  $("filter").addEventListener("input", () => filter(player));
  document.addEventListener("keydown", (event) => pressed(player, event));
  window.addEventListener("hashchange", () => goToHash(player));
  new ResizeObserver(() => timeline.resize()).observe($("scroller"));
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    window.matchMedia(query).addEventListener("change", () => timeline.resize());
  }
}

/** Zooms around the cursor, if it can be seen. */
function zoomAtCursor(timeline, factor) {
  const at = timeline.at(Math.max(timeline.cursor - 1, 0));
  const isVisible = timeline.cursor > 0 && at >= timeline.left && at <= timeline.right;
  timeline.zoom(factor, isVisible ? at : undefined);
  showRange(timeline);
}

function filter(player) {
  const text = $("filter").value.trim().toLowerCase();
  player.table.filter = text;
  player.table.update();
  player.timeline.setFilter(text);
}

/** The keys, except where an element has its own use for them. */
function pressed(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { timeline } = player;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.matches("input[type=search], select")) return;
  if (event.key === " " && target.matches("button, summary, input")) return;
  const width = timeline.right - timeline.left;
  const acts = {
    " ": () => player.toggle(),
    ArrowLeft: () => (event.shiftKey ? player.turn(-1) : player.step(-1)),
    ArrowRight: () => (event.shiftKey ? player.turn(1) : player.step(1)),
    Home: () => player.step(-player.count),
    End: () => player.step(player.recording.count),
    "+": () => zoomAtCursor(timeline, 0.5),
    "=": () => zoomAtCursor(timeline, 0.5),
    "-": () => zoomAtCursor(timeline, 2),
    0: () => { timeline.fit(); showRange(timeline); },
    "[": () => { timeline.moveTo(timeline.left - 0.2 * width); showRange(timeline); },
    "]": () => { timeline.moveTo(timeline.left + 0.2 * width); showRange(timeline); },
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
}

/** Goes to the step that the address names, as `#step=120` does. */
function goToHash(player) {
  const named = /^#step=(\d+)$/.exec(window.location.hash);
  player.pause();
  player.goTo(named ? Number(named[1]) : 0);
}

function start() {
  let recording;
  try {
    recording = readRecording($("recording").textContent);
  } catch (error) {
    $("sentence").textContent = `The recording cannot be read: ${error.message}`;
    return;
  }
  showHeader(recording);
  const player = new Player(recording);
  connect(player);
  player.timeline.resize();
  goToHash(player);
}

start();
