import type { LogAnswer } from "#kit/log-query.ts";
import type { Reading } from "#kit/finding.ts";
import type { LogLine } from "#kit/ports.ts";
import type { Probe } from "#kit/runbook.ts";
import { askErrorsByCode, codesText } from "#runbooks/actions/log-questions.ts";

const ask = "What do the logs say?";
const noErrors = "no errors in 10 min";
const none: LogAnswer = { columns: [], rows: [], incomplete: undefined };

/** The API's errors of the last ten minutes, counted by their code; none where the environment names no logs. */
export const apiErrorCodes: Probe<unknown, LogAnswer> = {
  ask: "Which errors do the logs hold?",
  async look({ logs, inventory, now }) {
    const { logGroup } = inventory.service("api");
    return logGroup === undefined ? none : logs.query(logGroup, askErrorsByCode(now(), "10m"), "5s");
  },
  read: (answer) =>
    answer.rows.length === 0 ? { state: "fine", says: noErrors } : { state: "note", says: codesText(answer) },
};

/** The API's errors of the last ten minutes, line by line; none where the environment names no logs. */
export const apiErrorLines: Probe<unknown, readonly LogLine[]> = {
  ask,
  async look({ logs, inventory }) {
    const { logGroup } = inventory.service("api");
    return logGroup === undefined ? [] : logs.errors(logGroup, { since: "10m", limit: 20 });
  },
  read: readErrors,
};

/** The same of the service that the run is about. */
export const serviceErrorLines: Probe<{ readonly service: string }, readonly LogLine[]> = {
  ask,
  async look({ logs, inventory, params }) {
    const { logGroup } = inventory.service(params.service);
    return logGroup === undefined ? [] : logs.errors(logGroup, { since: "10m", limit: 20 });
  },
  read: readErrors,
};

function readErrors(lines: readonly LogLine[]): Reading {
  return lines.length === 0
    ? { state: "fine", says: noErrors }
    : { state: "note", says: `${lines.length} errors in 10 min; last: ${lines.at(-1)?.message ?? ""}` };
}
