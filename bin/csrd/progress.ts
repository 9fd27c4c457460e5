import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark, states } from "#kit/render/states.ts";
import { clean, hang, truncate, withRight } from "#kit/render/width.ts";
import type { AgentName } from "#platform/contract.ts";
import type { StageEvent } from "#platform/pipeline/run.ts";

/** How far a stage is; `total` is undefined where nobody knows it yet. */
export type Working = {
  readonly agent: AgentName;
  readonly since: number;
  readonly counts?: { readonly done: number; readonly total: number | undefined; readonly what: string };
};

const shapes = { ok: "done", warnings: "waiting", failed: "failed" } as const;
const nameWidth = 13;

/** A stage that has ended, as it stays on the screen: its own figures and how long it took. */
export function endedLines(
  screen: Screen,
  { agent, result, ms }: Extract<StageEvent, { kind: "ended" }>,
): readonly string[] {
  const first = `${mark(screen, shapes[result.status])}${paint(screen, "strong", agent.padEnd(nameWidth))}`;
  const summary = clean(result.summary, 300);
  return screen.columns < 60
    ? [`${first}${duration(ms)}`, ...hang(screen, "   ", summary)]
    : withRight(screen, hang(screen, first, summary), duration(ms));
}

/** The same without shapes, for pipes and logs; never cut. */
export function endedText({ agent, result, ms }: Extract<StageEvent, { kind: "ended" }>): string {
  const word = { ok: states.done.word, warnings: "Look", failed: states.failed.word }[result.status];
  return `${word.padEnd(9)}${agent.padEnd(nameWidth)}${clean(result.summary, 600)} (${duration(ms)})`;
}

/** A stage at work, on one line: a bar where the end is known, the count otherwise. */
export function workingLine(screen: Screen, { agent, since, counts }: Working, now: number): string {
  const first = `${mark(screen, "running")}${paint(screen, "strong", agent.padEnd(nameWidth))}`;
  const left = screen.columns - (screen.ascii ? 7 : 3) - nameWidth;
  const text = counts === undefined ? duration(now - since) : countText(screen, counts, left);
  return first + truncate(screen, text, left);
}

/** A stage at work, as a line of a log. */
export function workingText({ agent, counts }: Working): string {
  const said =
    counts === undefined
      ? ""
      : `${counts.done.toLocaleString("en")}${counts.total === undefined ? "" : ` of ${counts.total.toLocaleString("en")}`} ${clean(counts.what, 80)}`;
  return `${states.running.word.padEnd(9)}${agent.padEnd(nameWidth)}${said}`.trimEnd();
}

function countText(
  screen: Screen,
  { done, total, what }: NonNullable<Working["counts"]>,
  left: number,
): string {
  const words = clean(what, 60);
  const many = done.toLocaleString("en");
  if (total === undefined || total <= 0) return `${many} ${words}`;
  const said = `${many} of ${total.toLocaleString("en")} ${words}`;
  const cells = Math.min(24, left - said.length - 2);
  if (cells < 6) return said;
  const full = Math.floor((Math.min(done, total) / total) * cells);
  const [filled, empty] = screen.ascii ? ["#", "-"] : ["█", "▁"];
  return `${filled.repeat(full)}${empty.repeat(cells - full)}  ${said}`;
}

/** A duration as people read it: "420 ms", "1.3 s". */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
