// The recording as the page works with it: names, lines, and the times of the events.

const ENDS = ["result", "error", "cancelled", "panicked"];
const NAMED_BY_NUMBER = /^(Task|Generator|Process|Callback)-\d+$/;

/** Reads the JSON object that the page contains. What is missing in it counts as empty. */
function readRecording(text) {
  const empty = {
    title: "", kind: "loop", unit: "s", duration: 0, limit: null,
    files: [], frames: [], chains: [], sources: [], tracks: [], waits: [], events: [],
  };
  const read = JSON.parse(text);
  if (read?.version !== 1) throw new Error(`this page reads version 1, and it has version ${read?.version}`);
  const recording = Object.assign(empty, read);
  recording.count = recording.events.length;
  // A simulation's unit of time is the program's. A loop on a virtual clock counts seconds as well.
  recording.hasOwnUnit = recording.kind === "simulation" && recording.unit === "simulated";
  recording.lacksBeginning = recording.limit?.dropped > 0 && recording.limit.kept === "newest";
  recording.times = timesOf(recording);
  recording.lines = linesOf(recording.sources);
  nameTracks(recording);
  findBirths(recording);
  return recording;
}

/** Returns the time of each event, and one more: the end of the recording. */
function timesOf(recording) {
  const times = new Float64Array(recording.count + 1);
  recording.events.forEach((event, i) => { times[i] = event[0]; });
  const last = recording.count > 0 ? times[recording.count - 1] : 0;
  times[recording.count] = Math.max(last, recording.duration);
  return times;
}

/** Returns the texts of the source lines, by file and line. */
function linesOf(sources) {
  const files = new Map();
  for (const [file, line, text] of sources) {
    if (!files.has(file)) files.set(file, new Map());
    files.get(file).set(line, text);
  }
  return files;
}

/** Gives each track a label that a sentence can use: its function, or the name that the program chose. */
function nameTracks(recording) {
  const counts = new Map();
  for (const track of recording.tracks) {
    track.call = track.origin >= 0 ? callOf(recording.frames[track.origin]) : "";
    track.label = labelOf(track);
    counts.set(track.label, (counts.get(track.label) || 0) + 1);
  }
  for (const track of recording.tracks) {
    if (isLong(track) && counts.get(track.label) > 1) track.label += ` #${track.number}`;
  }
  nameTimers(recording.tracks);
  for (const track of recording.tracks) track.short = clipped(track.label, 60);
}

function labelOf({ kind, name, call }) {
  if (kind === "callback") return callbackLabel(name);
  return NAMED_BY_NUMBER.test(name) && call ? call : name || call || "?";
}

/** Shortens `<Handle created at src/main.rs:12:5>` to what tells it from others: `Handle main.rs:12`. */
function callbackLabel(name) {
  const [, what, socket = ""] = /^<?(\w[^\s<>]*)( fd=\d+)?/.exec(name) || [];
  const place = / at (?:\S*[/\\])?(\S+?:\d+)(?::\d+)?>?$/.exec(name);
  return what && place ? `${what}${socket} ${place[1]}` : name || "?";
}

/** A timer has the name of its task. Its label has the task's label. */
function nameTimers(tracks) {
  const labels = new Map(tracks.filter(isLong).map((track) => [track.name, track.label]));
  for (const track of tracks.filter((track) => track.kind === "timer")) {
    const name = track.name.replace(/^timer of /, "");
    track.label = `timer of ${labels.get(name) || name}`;
  }
}

/** Returns whether a track is one of many steps, and not a callback that runs once. */
function isLong(track) {
  return track.kind === "task" || track.kind === "generator" || track.kind === "process";
}

/** Shows the function of a frame as a call, without the modules around it. */
function callOf(frame) {
  const name = (frame[2] || "").replace(/\(\)$/, "");
  if (!name) return "";
  const plain = name.replace(/^.*::(?=[^:{]+(::\{|$))/, "");
  return plain.endsWith("}") ? plain : `${plain}()`;
}

/** Notes for each track when it was made: at its `made`, or at the first event that names it. */
function findBirths(recording) {
  recording.born = new Int32Array(recording.tracks.length).fill(-1);
  const withTrack = new Set(["made", "ready", "begin", "end", "timer", "untimer", "watch", "cancel"]);
  recording.events.forEach((event, i) => {
    if (withTrack.has(event[1]) && recording.born[event[2]] === -1) recording.born[event[2]] = i;
  });
}

/** Shortens a text, without cutting a letter in two: names may have thousands. */
function clipped(text, most) {
  if (text.length <= most) return text;
  const letters = Array.from(text.slice(0, 2 * most));
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
}

/** Returns the place of a frame, such as `main.rs:12`. */
function placeOf(recording, frame) {
  const [file, line] = recording.frames[frame];
  const path = recording.files[file] || "?";
  return `${path.split(/[/\\]/).pop()}:${line}`;
}

/** Returns the text of a frame's line, or nothing where the file could not be read. */
function textOf(recording, frame) {
  const [file, line] = recording.frames[frame];
  const lines = recording.lines.get(file);
  return lines ? lines.get(line) : undefined;
}

/** Returns the innermost frame of a chain whose source is known, otherwise the innermost one. */
function shownFrame(recording, chain) {
  const frames = chain >= 0 ? recording.chains[chain] || [] : [];
  const known = frames.filter((frame) => textOf(recording, frame) !== undefined);
  const from = known.length > 0 ? known : frames;
  return from.length > 0 ? from[from.length - 1] : -1;
}

/** Returns what an `end` event says. */
function stopOf(event) {
  return { how: event[3], chain: event[4] ?? -1, wait: event[5] ?? -1, value: event[6] };
}

/** Puts the kinds of waits into the groups that have a colour. */
function waitGroup(kind) {
  switch (kind) {
    case "sleep": case "timeout": case "timer": return "sleep";
    case "socket": case "io": return "socket";
    case "lock": case "sync": case "queue": case "resource": return "lock";
    case "job": case "thread": return "thread";
    case "task": case "future": case "futures": case "process": case "event": return "task";
    default: return "other";
  }
}

/** Shows a length of time with three digits. */
function shownDuration(recording, nanos) {
  if (recording.hasOwnUnit) return trimmed(nanos / 1e9, 4);
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
  // With three digits, 999.9 ms would be 1000 ms.
  const [size, unit] = units.find(([size]) => Math.abs(nanos) >= 0.9995 * size) || [1, "ns"];
  return `${trimmed(nanos / size, 3)} ${unit}`;
}

/** Shows a moment. All moments have one unit, so that they can be compared. */
function shownTime(recording, nanos) {
  const seconds = nanos / 1e9;
  if (recording.hasOwnUnit) return trimmed(seconds, 8);
  // A deadline may lie far behind the end.
  if (nanos >= 1e10) return `${seconds.toFixed(6)} s`;
  if (recording.times[recording.count] < 1e6) return `${(nanos / 1e3).toFixed(1)} µs`;
  if (recording.times[recording.count] < 1e9) return `${(nanos / 1e6).toFixed(3)} ms`;
  return `${seconds.toFixed(6)} s`;
}

function trimmed(number, digits) {
  return String(Number(number.toPrecision(digits)));
}
