// The pointer on the timeline: the wheel, drags, clicks, and what stands under it.

class Pointer {
  /** `goTo` takes a number of events, `choose` a track, `look` what stands under the pointer, or nothing. */
  constructor(timeline, { goTo, choose, look }) {
    Object.assign(this, { timeline, goTo, choose, look, drag: null });
    const canvas = $("canvas");
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => { this.drag = null; });
    canvas.addEventListener("pointerleave", () => this.leave());
    $("scroller").addEventListener("scroll", () => timeline.redraw());
  }

  wheel(event) {
    const { timeline } = this;
    event.preventDefault();
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      timeline.moveTo(timeline.left + (sideways / 800) * (timeline.right - timeline.left));
    } else {
      timeline.zoom(1.0015 ** event.deltaY, timeline.positionOf(Math.max(event.offsetX, timeline.names)));
    }
    this.timelineMoved();
  }

  down(event) {
    if (event.button !== 0) return;
    const { timeline } = this;
    $("canvas").setPointerCapture(event.pointerId);
    this.drag = { x: event.offsetX, y: event.offsetY, left: timeline.left, top: $("scroller").scrollTop, isFar: false };
  }

  move(event) {
    if (this.drag) this.pull(event);
    else this.hover(event);
  }

  pull(event) {
    const { timeline, drag } = this;
    const [dx, dy] = [event.offsetX - drag.x, event.offsetY - drag.y];
    drag.isFar ||= Math.abs(dx) + Math.abs(dy) > 4;
    if (!drag.isFar) return;
    this.leave();
    const width = timeline.right - timeline.left;
    timeline.moveTo(drag.left - (dx / (timeline.width - timeline.names)) * width);
    if (event.pointerType === "mouse") $("scroller").scrollTop = drag.top - dy;
    this.timelineMoved();
  }

  up(event) {
    const wasClick = this.drag && !this.drag.isFar;
    this.drag = null;
    if (wasClick) this.click(event.offsetX, event.offsetY);
  }

  /** Goes to the last event before the point, and chooses the row. */
  click(x, y) {
    const { timeline } = this;
    const found = timeline.find(x, y);
    if (found && timeline.rows[found.row].tracks.length === 1) this.choose(timeline.rows[found.row].tracks[0]);
    if (x >= timeline.names - 3) this.goTo(timeline.eventAt(timeline.positionOf(x + 1)));
  }

  hover(event) {
    const { timeline } = this;
    const found = timeline.find(event.offsetX, event.offsetY);
    if (!found) return this.leave();
    const row = timeline.rows[found.row];
    const shown = found.span >= 0 ? spanTip(timeline.recording, row, found.span) : clipped(row.label, 300);
    this.tip(shown, event);
    this.look(found.span >= 0 ? { row, span: found.span } : null);
  }

  tip(text, event) {
    const tooltip = $("tooltip");
    tooltip.textContent = text;
    tooltip.hidden = false;
    const { width, height } = tooltip.getBoundingClientRect();
    tooltip.style.left = `${Math.max(4, Math.min(event.clientX + 14, window.innerWidth - width - 8))}px`;
    tooltip.style.top = `${event.clientY + 18 + height > window.innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
  }

  leave() {
    $("tooltip").hidden = true;
    this.look(null);
  }

  timelineMoved() {
    showRange(this.timeline);
  }
}

function showRange(timeline) {
  const show = (position) => (timeline.axis === "time" ? shownTime(timeline.recording, position) : `step ${Math.round(position)}`);
  const isAll = timeline.right - timeline.left >= timeline.end - timeline.start;
  const arrows = timeline.leavesOutArrows ? " Some arrows are left out: zoom in, or choose a row." : "";
  $("range").textContent = `${isAll ? "All" : "A part"}: ${show(timeline.left)} to ${show(timeline.right)}.${arrows}`;
}

function spanTip(recording, row, span) {
  const i = span * SPAN;
  const [from, to] = [recording.times[row.spans[i]], recording.times[row.spans[i + 1]]];
  // The row may be that of several callbacks.
  const isOfTrack = row.tracks.length > 0;
  const name = clipped(isOfTrack ? recording.tracks[recording.events[row.spans[i + 3]][2]].label : row.label, 80);
  return `${name}: ${spanTitle(recording, row.spans, i)}, ${shownDuration(recording, to - from)}, from ${shownTime(recording, from)} on`;
}

/** Shows the span under the pointer: what it is, how long it took, and the chain of that time. */
function showSpan(recording, row, span, place) {
  const i = span * SPAN;
  const tell = SPAN_DETAILS[row.spans[i + 2]];
  place.replaceChildren(el("p", { class: "name" }, spanTip(recording, row, span)), ...(tell ? tell(recording, row.spans, i) : []));
}

const SPAN_DETAILS = {
  [WAITING]: (recording, spans, i) => suspendedAt(recording, spans[i + 3], "Its chain of delegations, the outermost first:"),
  [SUSPENDED]: (recording, spans, i) => suspendedAt(recording, spans[i + 3], "Its chain of delegations, the outermost first:"),
  [RUNS]: (recording, spans, i) => suspendedAt(recording, spans[i + 1], "It ran to here:"),
  [IS_READY](recording, spans, i) {
    const [, , , cause, by = -1] = recording.events[spans[i + 3]];
    const who = by >= 0 ? ` by ${recording.tracks[by].short}` : "";
    return [el("p", { class: "quiet name" }, `${READY_CAUSES[cause] || "made ready"}${who}`)];
  },
};

const READY_CAUSES = {
  made: "made", woken: "woken", timer: "its timer was due", socket: "its socket was ready",
  cancelled: "cancelled", thread: "woken from another thread", again: "it let others run",
};

/** Shows where a track stopped, or how it ended. */
function suspendedAt(recording, at, title) {
  const event = recording.events[at];
  if (!event || event[1] !== "end") return [];
  const stop = stopOf(event);
  if (stop.chain >= 0) return [el("p", { class: "quiet" }, title), chainList(recording, stop.chain)];
  const value = stop.value === undefined ? "" : `: ${clipped(String(stop.value), 300)}`;
  return ENDS.includes(stop.how) ? [el("p", { class: "quiet name" }, `its end: ${stop.how}${value}`)] : [];
}
