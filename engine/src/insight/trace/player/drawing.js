// How the timeline is drawn. What is outside, or smaller than a pixel, costs next to nothing.

function drawTimeline(it) {
  const { context } = it;
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, it.width, it.height);
  context.font = "12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
  context.textBaseline = "middle";
  const rows = it.visibleRows();
  for (let row = rows.first; row < rows.last; row += 1) drawStripe(it, row);
  inPlot(it, () => {
    for (let row = rows.first; row < rows.last; row += 1) drawSpans(it, it.rows[row].spans, it.y(row));
    drawArrows(it, rows);
    for (let row = rows.first; row < rows.last; row += 1) drawEnd(it, it.rows[row], it.y(row));
  });
  for (let row = rows.first; row < rows.last; row += 1) drawName(it, it.rows[row], it.y(row));
  drawAxis(it);
  drawCursor(it);
  if (it.rows.length === 0) drawText(it, "No name has this text.", it.names, AXIS + LANE / 2, it.colours.quiet);
}

/** Draws inside of the part that has bars, so that nothing covers the names and the axis. */
function inPlot(it, draw) {
  it.context.save();
  it.context.beginPath();
  it.context.rect(it.names - 7, AXIS, it.width, it.height);
  it.context.clip();
  draw();
  it.context.restore();
}

function drawText(it, text, x, y, colour, most) {
  it.context.fillStyle = colour;
  it.context.fillText(most === undefined ? text : fitted(it.context, text, most), x, y);
}

/** Returns as much of a text as has room. */
function fitted(context, text, most) {
  const shown = clipped(text, 120);
  if (context.measureText(shown).width <= most) return shown;
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${shown.slice(0, middle)}…`).width <= most) low = middle;
    else high = middle - 1;
  }
  return low > 1 ? `${shown.slice(0, low).replace(/[\ud800-\udbff]$/, "")}…` : "";
}

function drawStripe(it, row) {
  const isChosen = it.choice >= 0 && it.rows[row].tracks.includes(it.choice);
  if (row % 2 === 1 && !isChosen) return;
  it.context.globalAlpha = isChosen ? 0.18 : 1;
  it.context.fillStyle = isChosen ? it.colours.accent : it.colours.stripe;
  it.context.fillRect(0, it.y(row), it.width, LANE);
  it.context.globalAlpha = 1;
}

function drawName(it, row, y) {
  if (y + LANE < AXIS) return;
  drawText(it, row.label, 6, y + LANE / 2, row.tracks.length === 0 ? it.colours.quiet : it.colours.ink, it.names - 16);
}

/** Draws the bars of a row. Of those that share a pixel, the first one stands for all. */
function drawSpans(it, spans, y) {
  const count = spans.length / SPAN;
  const first = it.eventAt(it.left);
  let span = Math.max(0, spansBefore(spans, first) - 1);
  while (span < count) {
    const i = span * SPAN;
    const from = it.x(spans[i]);
    if (from > it.width) break;
    const to = it.x(spans[i + 1]);
    drawSpan(it, spans, i, from, to, y);
    span += 1;
    if (to - from < 1 && span < count) span = skip(it, spans, span, from);
  }
}

/** Returns the first span that a pixel further shows, at least the one given. */
function skip(it, spans, span, from) {
  if (it.x(spans[span * SPAN + 1]) > from + 1) return span;
  const event = it.eventAt(it.positionOf(from + 1));
  return Math.max(span, spansBefore(spans, event) - 1);
}

function drawSpan(it, spans, i, from, to, y) {
  const name = it.classOf(spans, i);
  const isThin = name === "ready" || name === "idle" || name === "suspended";
  const [left, width] = [Math.max(from, it.names - 4), Math.max(to - Math.max(from, it.names - 4), 1.2)];
  if (to < it.names - 4) return;
  const height = isThin ? BAR - 6 : BAR;
  it.context.fillStyle = it.colours[name];
  it.context.fillRect(left, y + (LANE - height) / 2, Math.min(width, it.width), height);
  const visible = Math.min(width, it.width - left) - 8;
  if (visible > 30 && !isThin) drawSpanText(it, spans, i, left, visible, y);
}

function drawSpanText(it, spans, i, left, room, y) {
  const kind = spans[i + 2];
  const text = spanTitle(it.recording, spans, i);
  const colour = kind === RUNS || kind === TURN ? it.colours.page : it.colours["on-wait"];
  drawText(it, text, left + 4, y + LANE / 2 + 0.5, colour, room);
}

/** Returns a few words for a span. */
function spanTitle(recording, spans, i) {
  const event = recording.events[spans[i + 3]];
  switch (spans[i + 2]) {
    case RUNS: return event[3] === "step" || event[3] === "resume" ? "runs" : `${event[3]}${event[4] === undefined ? "" : ` ${shownValue(event[4])}`}`;
    case IS_READY: return "ready";
    case TURN: return `turn ${event[2]}`;
    case IDLE: return "the loop sleeps";
    case SUSPENDED: return "suspended";
    default: return waitText(recording, event);
  }
}

function waitText(recording, event) {
  const { wait } = stopOf(event);
  return wait >= 0 ? clipped(recording.waits[wait][1], 120) : "waits";
}

const END_SHAPES = {
  result(context, x, y) { context.arc(x, y, 4.5, 0, 2 * Math.PI); context.fill(); },
  error(context, x, y) { context.moveTo(x - 4, y - 4); context.lineTo(x + 4, y + 4); context.moveTo(x + 4, y - 4); context.lineTo(x - 4, y + 4); context.stroke(); },
  cancelled(context, x, y) { context.arc(x, y, 4.5, 0, 2 * Math.PI); context.moveTo(x - 3, y + 3); context.lineTo(x + 3, y - 3); context.stroke(); },
  panicked(context, x, y) { context.moveTo(x, y - 6); context.lineTo(x + 6, y + 5); context.lineTo(x - 6, y + 5); context.closePath(); context.fill(); },
};

/** Draws the mark that says how a track ended. */
function drawEnd(it, row, y) {
  if (row.end < 0) return;
  const how = it.recording.events[row.end][3];
  const x = it.x(row.end);
  if (x < it.names - 8 || x > it.width + 8) return;
  const { context } = it;
  context.lineWidth = 2.2;
  context.strokeStyle = context.fillStyle = how === "result" ? it.colours.good : it.colours.bad;
  context.beginPath();
  END_SHAPES[how](context, x + 6, y + LANE / 2);
}

/** Draws the arrows of the visible events, unless they are too many to be told apart. */
function drawArrows(it, rows) {
  const rowOf = rowNumbers(it);
  const first = numbersBelow(it.arrows, it.eventAt(it.left));
  const last = numbersBelow(it.arrows, it.eventAt(it.right) + 1);
  const isMuch = last - first > MOST_ARROWS;
  it.leavesOutArrows = false;
  for (let i = first; i < last; i += 1) {
    const event = it.recording.events[it.arrows[i]];
    const isOfChoice = event[2] === it.choice || arrowOrigin(event) === it.choice;
    const [from, to] = [rowOf[arrowOrigin(event)], rowOf[event[2]]];
    if (from === undefined || to === undefined || from === to) continue;
    // Those from and to callbacks cross all rows between.
    const isLess = last - first > MOST_CALLBACK_ARROWS && (it.rows[from].tracks.length > 1 || it.rows[to].tracks.length > 1);
    if ((isMuch || isLess) && !isOfChoice) {
      it.leavesOutArrows = true;
      continue;
    }
    if (Math.max(from, to) < rows.first || Math.min(from, to) > rows.last) continue;
    drawArrow(it, event, it.x(it.arrows[i]), it.y(from) + LANE / 2, it.y(to) + LANE / 2);
  }
}

/** Returns the row of each track. It changes with the filter only. */
function rowNumbers(it) {
  if (it.numberedRows !== it.rows) {
    it.rowOf = [];
    it.rows.forEach((row, number) => { for (const track of row.tracks) it.rowOf[track] = number; });
    it.numberedRows = it.rows;
  }
  return it.rowOf;
}

function drawArrow(it, event, x, from, to) {
  const { context } = it;
  context.globalAlpha = 0.8;
  const tip = to - Math.sign(to - from) * (BAR / 2);
  const back = tip - Math.sign(to - from) * 6;
  context.strokeStyle = context.fillStyle = it.colours[arrowClass(event)];
  context.lineWidth = 1.2;
  context.beginPath();
  context.moveTo(x, from);
  context.lineTo(x, back);
  context.stroke();
  context.beginPath();
  context.moveTo(x, tip);
  context.lineTo(x - 3.5, back);
  context.lineTo(x + 3.5, back);
  context.fill();
  context.globalAlpha = 1;
}

function drawAxis(it) {
  const { context, colours } = it;
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, it.width, AXIS);
  for (const tick of ticks(it.left, it.right, Math.max(2, Math.floor((it.width - it.names) / 110)))) {
    const x = it.xOf(tick);
    context.fillStyle = colours.line;
    context.fillRect(x, AXIS - 5, 1, it.height);
    const text = it.axis === "time" ? tickText(it, tick) : String(tick);
    if (x + context.measureText(text).width + 4 < it.width) drawText(it, text, x + 3, AXIS / 2, colours.quiet);
  }
}

/** Shows a tick with the digits that tell it from the next one. */
function tickText(it, nanos) {
  const width = it.right - it.left;
  if (it.recording.hasOwnUnit) return trimmed(nanos / 1e9, 9);
  const [size, unit] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]].find(([size]) => it.right >= size) || [1, "ns"];
  const digits = Math.max(0, Math.ceil(Math.log10(size / (width / 10))));
  return `${(nanos / size).toFixed(Math.min(digits, 9)).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")} ${unit}`;
}

/** Returns round numbers between two others, about as many as wanted. */
function ticks(from, to, wanted) {
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  const found = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) found.push(tick);
  return found;
}

function drawCursor(it) {
  const x = it.x(Math.max(it.cursor - 1, 0));
  if (it.cursor === 0 || x < it.names - 1 || x > it.width) return;
  it.context.fillStyle = it.colours.cursor;
  it.context.fillRect(x - 0.75, 0, 1.5, it.height);
  it.context.beginPath();
  it.context.moveTo(x - 5, 0);
  it.context.lineTo(x + 5, 0);
  it.context.lineTo(x, 7);
  it.context.fill();
}
