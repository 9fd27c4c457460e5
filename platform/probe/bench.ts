import { randomUUID } from "node:crypto";
import type { AgentName } from "../contract.ts";
import { routes } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import type { Measured } from "./bench-judge.ts";
import {
  ask,
  askPatiently,
  followReport,
  isOver,
  type PlatformAt,
  sendReport,
  statusIn,
  takeBack,
} from "./client.ts";
import type { Sample } from "./sample.ts";

/** What is to be measured, and who hears of it. */
export type BenchParts = {
  readonly at: PlatformAt;
  readonly sample: Sample;
  /** Reports, one after another. */
  readonly iterations: number;
  /** Requests for each route, one after another. */
  readonly requests: number;
  readonly onReport: (number: number, id: string, ms: number) => void;
  readonly onRoute: (route: string, count: number) => void;
};

/** Sends reports one after another and takes their times from the platform's own records; then asks each route many times. */
export async function bench(parts: BenchParts): Promise<Measured> {
  const reports: Measured["reports"][number][] = [];
  for (let number = 1; number <= parts.iterations; number += 1) {
    const report = await oneReport(parts);
    reports.push(report);
    parts.onReport(number, report.id, report.ms);
  }
  const id = reports.at(-1)?.id ?? "";
  const asked: readonly (readonly [name: string, route: string, open: boolean])[] = [
    [`GET ${routes.live}`, routes.live, true],
    [`GET ${routes.reports}`, `${routes.reports}?limit=50`, false],
    [`GET ${routes.reports}/{id}`, `${routes.reports}/${id}`, false],
    [`GET ${routes.reports}/{id}/status`, `${routes.reports}/${id}/status`, false],
  ];
  const measured: Measured["routes"][number][] = [];
  for (const [name, route, open] of asked) {
    const ms = await times(open ? { ...parts.at, key: undefined } : parts.at, route, parts.requests);
    measured.push({ route: name, ms });
    parts.onRoute(name, ms.length);
  }
  return { reports, routes: measured };
}

async function oneReport({ at, sample }: BenchParts): Promise<Measured["reports"][number]> {
  const { id } = statusIn(await sendReport(at, sample, `bench-${randomUUID()}`), routes.reports);
  let ended = false;
  try {
    const end = await followReport(at, id);
    ended = isOver(end.status);
    if (end.status !== "completed" || end.finished_at === undefined)
      throw new CsrdError("platform-answer", {
        summary: `The report ${id} is ${end.status}${end.error === undefined ? "" : `: ${end.error.message}`}.`,
        hint: "A platform that does not finish reports cannot be measured; `csrd smoke` says which part fails.",
      });
    const stages: Partial<Record<AgentName, number>> = {};
    for (const { agent, duration_ms: ms } of end.stages) if (ms !== undefined) stages[agent] = ms;
    return { id, ms: Date.parse(end.finished_at) - Date.parse(end.accepted_at), stages };
  } finally {
    if (!ended) await takeBack(at, [id], 5_000);
  }
}

/** Times of answers; one that refuses because too much was asked is waited out and not counted. */
async function times(at: PlatformAt, route: string, count: number): Promise<readonly number[]> {
  const ms: number[] = [];
  // The first opens the connection.
  await askPatiently(at, route);
  while (ms.length < count) {
    const answer = await ask(at, route);
    if (answer.status === 429) await askPatiently(at, route);
    else if (answer.status === 200) ms.push(answer.ms);
    else statusIn(answer, route);
  }
  return ms;
}
