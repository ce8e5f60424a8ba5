// Small helpers for the page. All texts of the recording go in as text, never as markup.

const $ = (id) => document.getElementById(id);

/** Makes an element with attributes and children. A child that is no element becomes text. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Shows the name of a track. A long one is cut, and is there as a title. */
function nameOf(recording, track) {
  const { short, label } = recording.tracks[track];
  return el("span", { class: "name", title: clipped(label, 2000) }, short);
}

/** Scrolls as little as shows a part of an element, and returns whether it was out of sight. */
function scrollInto(element, top, bottom) {
  const { scrollTop, clientHeight } = element;
  if (top < scrollTop) element.scrollTop = top;
  else if (bottom > scrollTop + clientHeight) element.scrollTop = bottom - clientHeight;
  return element.scrollTop !== scrollTop;
}

function quiet(text) {
  return el("span", { class: "quiet" }, text);
}

/** Replaces the lines of a file around a frame. */
function showSource(recording, place, frame) {
  if (frame < 0) {
    place.replaceChildren(el("p", { class: "empty" }, "No line of the program belongs to this step."));
    return;
  }
  const [file, line] = recording.frames[frame];
  const path = recording.files[file] || "?";
  const head = el("p", { class: "quiet name" }, `${path}:${line}`);
  const code = codeAround(recording, file, line);
  place.replaceChildren(head, code || el("p", { class: "empty" }, "The text of this line was not found when the recording was written."));
}

function codeAround(recording, file, line) {
  const lines = recording.lines.get(file);
  if (!lines || lines.get(line) === undefined) return null;
  const numbers = [-2, -1, 0, 1, 2].map((by) => line + by).filter((number) => lines.get(number) !== undefined);
  const indent = commonIndent(numbers.map((number) => lines.get(number)));
  const code = el("div", { class: "code", tabindex: "0", role: "group", "aria-label": "Source lines" });
  for (const number of numbers) {
    const text = lines.get(number).slice(indent);
    const current = number === line ? "true" : undefined;
    code.append(el("div", { "aria-current": current, "data-line": number }, el("i", {}, String(number)), clipped(text, 400)));
  }
  return code;
}

/** Returns how many spaces all lines begin with, so that the code has room. */
function commonIndent(lines) {
  const indents = lines.filter((line) => line.trim()).map((line) => line.search(/\S/));
  return Math.min(...indents, 200);
}

/** Returns a chain of delegations, the outermost first, with the texts of its lines. */
function chainList(recording, chain) {
  const list = el("ol", { class: "chain" });
  const frames = chain >= 0 ? recording.chains[chain] || [] : [];
  for (const frame of frames.slice(0, 60)) list.append(chainItem(recording, frame));
  if (frames.length > 60) list.append(el("li", { class: "quiet" }, `… and ${frames.length - 60} more delegations`));
  return list;
}

function chainItem(recording, frame) {
  const call = callOf(recording.frames[frame]) || "?";
  const text = textOf(recording, frame);
  const item = el("li", {}, el("span", { class: "name" }, clipped(call, 200)), " ", quiet(placeOf(recording, frame)));
  if (text !== undefined) item.append(el("code", {}, clipped(text.trim(), 300)));
  return item;
}
