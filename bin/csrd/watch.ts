import type { StageEvent } from "#platform/pipeline/run.ts";
import { endedLines, endedText, type Working, workingLine, workingText } from "./progress.ts";
import { print, terminal } from "./terminal.ts";

/** Shows a run while it goes on. */
export type Watch = { on(event: StageEvent): void; end(): void };

const repaintMs = 100;
const silenceMs = 10_000;
const jsonMs = 500;

/** The view for where the output goes: redrawn bars on a terminal, lines elsewhere, NDJSON, or nothing. */
export function watch({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }): Watch {
  if (json) return ndjson();
  if (quiet) return { on: () => undefined, end: () => undefined };
  return terminal().redraw ? live() : lines();
}

/** One object per line: every stage, and its counts at most twice a second. */
function ndjson(): Watch {
  let last = performance.now();
  return {
    on(event) {
      if (event.kind === "progress" && performance.now() - last < jsonMs) return;
      if (event.kind !== "ended") last = performance.now();
      process.stdout.write(`${JSON.stringify(event)}\n`);
    },
    end: () => undefined,
  };
}

/** A line when a stage ends; while one is long at work, a line every ten seconds. */
function lines(): Watch {
  let last = performance.now();
  const working = new Map<string, Working>();
  return {
    on(event) {
      note(working, event);
      const now = performance.now();
      const known = working.get(event.agent);
      if (event.kind === "ended") print([endedText(event)]);
      else if (event.kind === "progress" && known !== undefined && now - last >= silenceMs)
        print([workingText(known)]);
      else return;
      last = now;
    },
    end: () => undefined,
  };
}

/** What has ended stays; what is at work is redrawn beneath it. */
function live(): Watch {
  const working = new Map<string, Working>();
  let tail: { (text: string): void; clear(): void } | undefined;
  let ended = false;
  // Loaded while the first stage is at work; a run that is over before that needs none.
  void (async () => {
    const { createLogUpdate } = await import("log-update");
    if (!ended) tail = createLogUpdate(process.stdout, { showCursor: true });
  })();
  let painted = 0;
  const repaint = (): void => {
    const now = performance.now();
    if (tail === undefined || now - painted < repaintMs) return;
    painted = now;
    tail([...working.values()].map((one) => workingLine(terminal().screen, one, now)).join("\n"));
  };
  const timer = setInterval(repaint, repaintMs);
  timer.unref();
  return {
    on(event) {
      note(working, event);
      if (event.kind === "ended") {
        tail?.clear();
        print(endedLines(terminal().screen, event));
        painted = 0;
      }
      // Work that never pauses keeps the timer from firing: its own news repaint too.
      repaint();
    },
    end() {
      ended = true;
      clearInterval(timer);
      tail?.clear();
    },
  };
}

function note(working: Map<string, Working>, event: StageEvent): void {
  const { agent } = event;
  const since = working.get(agent)?.since ?? performance.now();
  if (event.kind === "ended") working.delete(agent);
  else if (event.kind === "started") working.set(agent, { agent, since });
  else
    working.set(agent, {
      agent,
      since,
      counts: { done: event.done, total: event.total, what: event.what },
    });
}
