import type { Reading } from "#kit/finding.ts";
import type { HttpAnswer } from "#kit/ports.ts";
import type { Probe } from "#kit/runbook.ts";
import { routes } from "#platform/contract.ts";

const ask = "Does the platform answer from outside?";

/** Whether the platform answers from outside: the API, as its users reach it. */
export const outside: Probe<unknown, HttpAnswer> = {
  ask,
  look: ({ http, inventory, signal }) =>
    http.get(`${inventory.service("api").url}${routes.ready}`, { timeout: "3s", signal }),
  read: readAnswer,
};

/** The same, and how long the answer took. */
export const outsideTimed: Probe<unknown, HttpAnswer> = { ...outside, read: readTimed };

/** The same of the service that the run is about. */
export const serviceOutside: Probe<{ readonly service: string }, HttpAnswer> = {
  ask,
  look: ({ http, inventory, params, signal }) =>
    http.get(`${inventory.service(params.service).url}${routes.ready}`, { timeout: "3s", signal }),
  read: readTimed,
};

/** Whether it answers that it is ready. */
export function isReady(answer: HttpAnswer): boolean {
  return answer.kind === "answered" && answer.status === 200;
}

function readAnswer(answer: HttpAnswer): Reading {
  return answer.kind === "silent"
    ? { state: "bad", says: `no answer: ${answer.reason}` }
    : { state: isReady(answer) ? "fine" : "bad", says: `${routes.ready} says ${answer.status}` };
}

function readTimed(answer: HttpAnswer): Reading {
  const { state, says } = readAnswer(answer);
  return { state, says: isReady(answer) ? `${says} in ${answer.tookMs} ms` : says };
}
