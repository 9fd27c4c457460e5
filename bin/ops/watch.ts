import type { Engine } from "#kit/engine.ts";
import type { RunState } from "#kit/fold.ts";
import { eventLines, heartbeatLine, remarkLine } from "#kit/render/line-mode.ts";
import { finishedLines, reflows, rowsOf, stoppingText, tailLines } from "#kit/render/live.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import type { EntryListener } from "#kit/run/recorder.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Door } from "./door.ts";

/** A run being shown while it happens. */
export type Watch = {
  readonly onEntry: EntryListener;
  /** Takes the tail away while a question stands on the screen. */
  pause(): void;
  goOn(): void;
  /** Listens to Ctrl-C for this engine. */
  guard(engine: Engine): void;
  end(): void;
};

const heartbeatMs = 30_000;
const repaintMs = 250;
/** Wrappers pass one Ctrl-C on twice; within a second two signals are one. */
const oneSignalMs = 1_000;

/**
 * Shows a run in the door's mode: redrawn tail, a line per event, or the journal's entries. `quiet` leaves only the end. Entries up
 * to `after` were shown before; `attached` when another process drives it.
 */
export async function watch(
  door: Door,
  after: number,
  options: { readonly attached?: boolean } = {},
): Promise<Watch> {
  if (door.mode === "json") return guarded(door, jsonView(door), () => undefined, after);
  if (door.mode === "lines") {
    const view = lineView(door);
    return guarded(door, view, () => view.latest(), after);
  }
  const view = await liveView(door, options.attached === true);
  return guarded(door, view, () => view.latest(), after);
}

type View = {
  show(entry: JournalEntry, state: RunState): void;
  stopping(text: string): void;
  pause(): void;
  goOn(): void;
  end(): void;
};

function jsonView(door: Door): View {
  door.printVersion();
  return {
    show: (entry) => door.print(entryLine(entry)),
    stopping: (text) => door.tell(text),
    pause: () => undefined,
    goOn: () => undefined,
    end: () => undefined,
  };
}

function lineView(door: Door): View & { latest(): RunState | undefined } {
  let state: RunState | undefined;
  let timer: NodeJS.Timeout | undefined;
  const beat = () => {
    clearInterval(timer);
    timer = setInterval(() => {
      if (state !== undefined && state.ended === undefined)
        door.print(heartbeatLine(door.screen(), state, new Date()));
    }, heartbeatMs);
    timer.unref();
  };
  return {
    latest: () => state,
    show(entry, now) {
      state = now;
      if (door.globals.quiet && entry.event.type !== "run.ended") return;
      const lines = eventLines(door.screen(), entry, now);
      if (lines.length > 0) door.print(lines);
      beat();
    },
    stopping: (text) => door.print(remarkLine(door.screen(), new Date(), "Stopping", text)),
    pause: () => clearInterval(timer),
    goOn: beat,
    end: () => clearInterval(timer),
  };
}

async function liveView(door: Door, attached: boolean): Promise<View & { latest(): RunState | undefined }> {
  let state: RunState | undefined;
  let isStopping = false;
  let isPaused = false;
  const tail = await redrawn();
  const paint = () => {
    if (state === undefined || isPaused) return;
    tail.paint(tailLines(door.screen(), state, { now: new Date(), stopping: isStopping, attached }));
  };
  const timer = setInterval(paint, repaintMs);
  timer.unref();
  process.stdout.on("resize", paint);
  return {
    latest: () => state,
    show(entry, now) {
      state = now;
      const lines = finishedLines(door.screen(), entry, now);
      if (lines.length === 0 || (door.globals.quiet && entry.event.type !== "run.ended")) return;
      tail.clear();
      door.print(lines);
      paint();
    },
    stopping() {
      isStopping = true;
      paint();
    },
    pause() {
      isPaused = true;
      tail.clear();
    },
    goOn() {
      isPaused = false;
      paint();
    },
    end() {
      clearInterval(timer);
      process.stdout.off("resize", paint);
      tail.clear();
    },
  };
}

/** The lines at the bottom that are redrawn. On a terminal made narrower they have been broken into more rows than were written; all of them go. */
async function redrawn() {
  const { stdout } = process;
  // Loaded while the first probe is on its way; until then finished lines are printed plainly.
  const { createLogUpdate } = await import("log-update");
  const tail = createLogUpdate(stdout, { showCursor: true });
  const breaks = reflows(process.env);
  let painted: readonly string[] = [];
  let width = stdout.columns;
  const clear = () => {
    const [columns] = stdout.getWindowSize();
    const more = breaks && columns < width ? rowsOf(painted, columns) - rowsOf(painted, width) : 0;
    tail.clear();
    if (more > 0) stdout.write(`\u001b[${more}A\u001b[J`);
    painted = [];
  };
  return {
    clear,
    paint(lines: readonly string[]) {
      const [columns] = stdout.getWindowSize();
      // Resized a moment ago: the news comes next, and then everything is laid out for the new width.
      if (columns !== stdout.columns) return;
      if (columns !== width) clear();
      tail(lines.join("\n"));
      painted = lines;
      width = columns;
    },
  };
}

function guarded(door: Door, view: View, latest: () => RunState | undefined, after: number): Watch {
  let lastSignal = 0;
  let first: string | undefined;
  let onSignal: ((signal: NodeJS.Signals) => void) | undefined;
  return {
    onEntry(entry, state) {
      // A run that is taken up again was shown before; only what is new is.
      first ??= entry.run;
      if (entry.run === first && entry.seq <= after) return;
      if (entry.event.type === "step.started") door.acted();
      view.show(entry, state);
    },
    pause: () => view.pause(),
    goOn: () => view.goOn(),
    guard(engine) {
      onSignal = (signal) => {
        const now = Date.now();
        if (now - lastSignal < oneSignalMs) return;
        lastSignal = now;
        const state = latest();
        const next = engine.interrupt(signal);
        if (next === "after-step")
          view.stopping(
            state === undefined ? "Stopping at the next boundary." : stoppingText(state, new Date()),
          );
      };
      process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    },
    end() {
      if (onSignal !== undefined) process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      view.end();
    },
  };
}
