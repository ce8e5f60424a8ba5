// What the kinds of programs do over and over, as a few steps, and which of them an event belongs to.

const PHASES = {
  loop: [
    ["A task is made", "A coroutine becomes a task, which goes into the ready queue."],
    ["The loop runs it", "It takes the tasks from the ready queue, one after the other."],
    ["It gives control back", "The task delegates by yield_from, down to a wait of the library. The whole chain is suspended."],
    ["The loop watches", "It knows the timers and sockets. If nothing is ready, it sleeps until one of them is."],
    ["The wait is over", "A timer is due, a socket is ready, a task is done: who waited goes into the ready queue."],
    ["It goes on", "The loop sends the result into the innermost coroutine, which runs to its next yield_from: 3 to 6 again."],
  ],
  generators: [
    ["A generator is made", "Nothing of its body has run yet."],
    ["The caller drives it", "next, send and throw run the body from where it is suspended."],
    ["It yields", "The body hands out a value, and is suspended at that line."],
    ["It ends", "It returns a result, fails, or is closed."],
  ],
  simulation: [
    ["A process is made", "Its first step is scheduled."],
    ["The clock moves", "The simulation takes the next event of its queue. Its time is the time now."],
    ["A process resumes", "What it waited for has happened, and its body goes on."],
    ["It yields an event", "The process waits for that event: a timeout, a resource, another process."],
    ["It ends", "It returns a result, fails, or is interrupted."],
  ],
};

/** Returns which step an event belongs to, or -1. The state is the one before the event. */
function phaseOf(recording, state, i) {
  const event = recording.events[i];
  const find = { generators: generatorPhase, simulation: simulationPhase }[recording.kind] || loopPhase;
  return find(event, state, recording);
}

function loopPhase(event, state, recording) {
  const isStep = event[1] === "begin" || event[1] === "end";
  const kind = isStep ? recording.tracks[event[2]].kind : "";
  if (isStep && !isLong({ kind })) return kind === "timer" ? 4 : 1;
  switch (event[1]) {
    case "made": return 0;
    case "ready": return event[3] === "made" ? 0 : 4;
    case "turn": return 1;
    case "begin": return state.stop[event[2]] >= 0 ? 5 : 1;
    case "end": return ENDS.includes(event[3]) ? 5 : 2;
    case "timer": case "watch": case "idle": case "untimer": case "unwatch": return 3;
    default: return -1;
  }
}

function generatorPhase(event) {
  switch (event[1]) {
    case "made": return 0;
    case "begin": return 1;
    case "end": return ENDS.includes(event[3]) ? 3 : 2;
    default: return -1;
  }
}

function simulationPhase(event) {
  switch (event[1]) {
    case "made": return 0;
    case "ready": case "turn": case "idle": return 1;
    case "begin": return 2;
    case "end": return ENDS.includes(event[3]) ? 4 : 3;
    case "timer": return 3;
    default: return -1;
  }
}
