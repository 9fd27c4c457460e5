import type { LogAnswer } from "#kit/log-query.ts";
import type { Reading } from "#kit/finding.ts";
import type { LogLine } from "#kit/ports.ts";
import type { Probe } from "#kit/runbook.ts";
import { codesText, errorsByCode } from "#runbooks/actions/log-questions.ts";

const ask = "What do the logs say?";
const noErrors = "no errors in 10 min";

/** The API's errors of the last ten minutes, counted by their code. */
export const apiErrorCodes: Probe<unknown, LogAnswer> = {
  ask: "Which errors do the logs hold?",
  look: ({ logs, inventory, now }) =>
    errorsByCode({ logs, inventory, now }, [inventory.service("api")], "10m"),
  read: readCodes,
};

/** The same of every service: the code by which a report fails is in the lines of the worker and of the agents. */
export const errorCodes: Probe<unknown, LogAnswer> = {
  ask: "Which errors do the logs hold?",
  look: ({ logs, inventory, now }) => errorsByCode({ logs, inventory, now }, inventory.services, "10m"),
  read: readCodes,
};

/** The API's errors of the last ten minutes, line by line. */
export const apiErrorLines: Probe<unknown, readonly LogLine[]> = {
  ask,
  look: ({ logs, inventory }) =>
    logs.errors(inventory.service("api").logGroup ?? "", { since: "10m", limit: 20 }),
  read: readErrors,
};

/** The same of the service that the run is about. */
export const serviceErrorLines: Probe<{ readonly service: string }, readonly LogLine[]> = {
  ask,
  look: ({ logs, inventory, params }) =>
    logs.errors(inventory.service(params.service).logGroup ?? "", { since: "10m", limit: 20 }),
  read: readErrors,
};

function readCodes(answer: LogAnswer): Reading {
  const { rows, incomplete } = answer;
  const partly = incomplete === undefined ? "" : `; not everything was searched: ${incomplete}`;
  if (rows.length === 0)
    return { state: incomplete === undefined ? "fine" : "note", says: `${noErrors}${partly}` };
  return { state: "note", says: `${codesText(answer)}${partly}` };
}

function readErrors(lines: readonly LogLine[]): Reading {
  return lines.length === 0
    ? { state: "fine", says: noErrors }
    : { state: "note", says: `${lines.length} errors in 10 min; last: ${lines.at(-1)?.message ?? ""}` };
}
