import type { Done } from "./platform-faults.ts";
import { agentNames } from "#platform/contract.ts";

/** A row of `reports`, as far as it is judged. */
export type ReportRow = {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string } | null;
  readonly acceptedAt: number;
  readonly finishedAt: number | null;
};

/** A row of `report_events`, in the order in which they were written. */
export type EventRow = {
  readonly reportId: string;
  readonly at: number;
  readonly kind: string;
  readonly agent: string | null;
  readonly worker: string | null;
};

const ends = new Set(["completed", "failed", "cancelled", "dead-letter"]);

/** Promises about reports: each one promised is there and has ended well or is given up with a reason; nothing was made that nobody sent. */
export function brokenByReports(
  promised: readonly { readonly id: string }[],
  rows: readonly ReportRow[],
): readonly string[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const wanted = new Set(promised.map(({ id }) => id));
  const broken: string[] = [];
  for (const id of wanted) {
    const row = byId.get(id);
    if (row === undefined) broken.push(`${id} was accepted and is lost`);
    else if (row.finishedAt === null || !ends.has(row.status))
      broken.push(`${id} never ended: ${row.status}`);
    else if (row.status === "dead-letter" && (row.error?.code ?? "") === "")
      broken.push(`${id} was given up without a reason`);
    else if (row.status !== "completed" && row.status !== "dead-letter")
      broken.push(
        `${id} is ${row.status} (${row.error?.code ?? "no reason"}), and nothing was wrong with it`,
      );
  }
  if (wanted.size !== promised.length)
    broken.push(`${promised.length} were promised under ${wanted.size} ids: some are the same report`);
  for (const { id } of rows) if (!wanted.has(id)) broken.push(`${id} was made and promised to nobody`);
  return broken;
}

/** Promises about what was recorded: accepted once, each stage's result once and in order, one end, nothing after it. */
export function brokenByEvents(rows: readonly ReportRow[], events: readonly EventRow[]): readonly string[] {
  const broken: string[] = [];
  const of = Map.groupBy(events, ({ reportId }) => reportId);
  for (const { id, status } of rows) {
    const mine = of.get(id) ?? [];
    const kinds = (kind: string): readonly EventRow[] => mine.filter((event) => event.kind === kind);
    if (kinds("accepted").length !== 1) broken.push(`${id} was accepted ${kinds("accepted").length} times`);
    const done = kinds("agent-completed").map(({ agent }) => agent);
    const wanted = status === "completed" ? agentNames : agentNames.slice(0, done.length);
    if (done.join() !== wanted.join())
      broken.push(`${id} is ${status} with the results of ${done.join(", ") || "nobody"}`);
    const ended = mine.filter(({ kind }) => ends.has(kind));
    if (ended.length !== 1 || ended[0]?.kind !== status)
      broken.push(
        `${id} is ${status} and ended ${ended.length} times: ${ended.map(({ kind }) => kind).join(", ")}`,
      );
    const after = mine.slice(mine.findIndex(({ kind }) => ends.has(kind)) + 1);
    if (ended.length > 0 && after.some(({ kind }) => kind === "agent-completed"))
      broken.push(`${id} has a result after its end`);
  }
  return broken;
}

/** How long a report lay still when the worker that held it died. */
export type Resumed = {
  readonly reportId: string;
  readonly worker: string;
  /** From the kill to the next event of another worker. */
  readonly ms: number;
  /** The same without the time in which something that the report needed was away. */
  readonly netMs: number;
  /** Another worker died before the report went on: the time is not this death's alone. */
  readonly disturbed: boolean;
};

/** For every death of a worker and every report in its hands, when another worker went on with it. One that nobody went on with is not here. */
export function resumes(events: readonly EventRow[], done: readonly Done[]): readonly Resumed[] {
  const deaths = done.filter(({ kind }) => kind === "worker-killed" || kind === "worker-stopped");
  const outages = done.filter(({ kind }) => shared.has(kind));
  const found: Resumed[] = [];
  const of = Map.groupBy(events, ({ reportId }) => reportId);
  for (const [reportId, mine] of of)
    for (const { life, from } of deaths) {
      const last = mine.findLastIndex(({ at }) => at <= from);
      const held = mine[last];
      if (held === undefined || held.worker !== life || ends.has(held.kind)) continue;
      const next = mine
        .slice(last + 1)
        .find(({ worker, kind }) => worker !== life && kind !== "cancel-requested");
      if (next === undefined) continue;
      const ms = next.at - from;
      found.push({
        reportId,
        worker: life,
        ms,
        netMs: ms - overlap([...outages, ...agentsOf(held, done)], from, next.at),
        disturbed: deaths.some((other) => other.life !== life && other.from > from && other.from < next.at),
      });
    }
  return found;
}

/** What every report needs. */
const shared: ReadonlySet<Done["kind"]> = new Set(["redis-killed", "postgres-killed", "disk-full"]);

/** When the agent was away that the report waits for, where it has one process only. */
function agentsOf({ kind, agent }: EventRow, done: readonly Done[]): readonly Done[] {
  const at = agentNames.findIndex((name) => name === agent);
  const waitsFor = kind === "agent-started" ? agent : agentNames[at + 1];
  return done.filter((one) => one.kind === "agent-killed" && one.life.split("-")[0] === waitsFor);
}

/** Time within a span in which at least one outage lasted. */
function overlap(outages: readonly Done[], from: number, to: number): number {
  let covered = 0;
  let until = from;
  for (const outage of outages.toSorted((a, b) => a.from - b.from)) {
    const [begin, end] = [Math.max(until, outage.from), Math.min(to, outage.to)];
    if (end <= begin) continue;
    covered += end - begin;
    until = end;
  }
  return covered;
}

/** Promise of the issue: a dead worker's report goes on within 20 s. */
export function brokenByResumes(all: readonly Resumed[], mostMs = 20_000): readonly string[] {
  return all
    .filter(({ netMs, disturbed }) => netMs > mostMs && !disturbed)
    .map(
      ({ reportId, worker, netMs, ms }) =>
        `${reportId} lay ${netMs} ms (${ms} ms by the clock) after ${worker} died`,
    );
}
