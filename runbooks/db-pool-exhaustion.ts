import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { toMs } from "#kit/duration.ts";
import { headingWith } from "#kit/manual.ts";
import type { Connections, Session } from "#kit/ports.ts";
import { csrdDatabasePoolExhausted } from "#alerts/database.ts";
import { dbPool } from "#checks/db-pool.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { judgeConnections } from "#rules/connections.ts";
import { applications, blockers, chooseStuck, mostEnded, stuckSessions } from "#rules/sessions.ts";
import { endStuckSessions } from "./actions/sessions.ts";
import { answers } from "./probes/answers.ts";
import { apiErrorLines } from "./probes/errors.ts";
import { isReady, outsideTimed } from "./probes/outside.ts";

/**
 * Frees connections of the platform's database, or says who has them.
 * Source: csrd-production-runbook "Issue: Database Connection Pool Exhausted"; notes PG-01 to PG-04.
 */
export const dbPoolExhaustion = defineRunbook({
  id: "db-pool-exhaustion",
  title: "Database connections exhausted",
  summary:
    "New connections to the database are refused, or sessions wait for one that does nothing. Ends stuck transactions, a few at a time, never a resting connection, a backup or a migration.",
  severity: "P1",
  owner: "platform-oncall",
  implements: headingWith("PR/troubleshooting/issue-database-connection-pool-exhausted", [1, 2, 3]),
  symptoms: [
    "too many connections",
    "remaining connection slots are reserved",
    "API requests hang",
    "slow database queries",
    "idle in transaction",
  ],
  trigger: [csrdDatabasePoolExhausted],
  params: {
    most: z
      .string()
      .regex(/^([1-9]|[1-4]\d|50)$/, "must be a number from 1 to 50")
      .default(String(mostEnded))
      .describe("Most sessions that one round ends, 1 to 50"),
  },
  lock: "database",
  within: "15m",

  diagnose: {
    connections: {
      ask: "Who has the connections, and what are they doing?",
      look: ({ database }) => database.connections(),
      read: ({ used, most, sessions }: Connections) => ({
        state: judgeConnections({ used, most }) === "calm" ? "fine" : "bad",
        says: `${used} of ${most} taken: ${shown(applications(sessions))}; ${count(sessions, "active")} work, ${count(sessions, "idle in transaction")} idle in a transaction, ${count(sessions, "idle")} rest`,
      }),
    },
  },

  optional: {
    outside: outsideTimed,
    errors: apiErrorLines,
  },

  rules: {
    stuck: "sessions hold a transaction open and do nothing: end them, a few of each application",
    "stuck-protected":
      "what is stuck may not be ended (a backup, a migration, an administrator): a person decides",
    "behind-work": "sessions wait for one that is working: a person decides whether it may go on",
    "not-yet":
      "connections are short, and most sessions idle in a transaction only since a moment: look again",
    busy: "connections are short and most of them work: a person takes load away",
    resting: "connections are short and most of them rest in pools: a person makes the pools smaller",
    elsewhere: "connections are free and the platform does not answer: a person runs platform-down",
    calm: "connections are free and nobody waits for a stuck session: all clear",
  },
  decide({ connections, outside }, { most }, { endStuck }, { times }) {
    const { sessions } = connections;
    const seconds = toMs(times.stuckTransaction) / 1000;
    const verdict = judgeConnections(connections);
    const held = blockers(sessions, seconds);
    const isShort = verdict !== "calm";
    const taken = `${connections.used} of ${connections.most} connections are taken`;

    if (isShort || held.length > 0) {
      const chosen = chooseStuck(sessions, { seconds, most: Number(most) });
      const stuck = stuckSessions(sessions, seconds);
      if (chosen.length > 0)
        return plan(
          {
            rule: "stuck",
            because: `${taken}, and ${stuck.length} sessions have held a transaction open and done nothing for ${times.stuckTransaction} or longer${held.length === 0 ? "" : `; ${held.reduce((sum, { waiters }) => sum + waiters, 0)} others wait for them`}`,
            leavesAlone: [
              "resting connections",
              "working sessions",
              "backups and migrations",
              "the settings",
            ],
          },
          chosen.map(({ application, stuck: ended, of }) =>
            endStuck({
              application,
              of,
              sessions: ended.map(({ pid, startedAt }) => ({ pid, startedAt })),
              stuckFor: times.stuckTransaction,
            }),
          ),
        );
      if (stuck.length > 0)
        return escalate({
          rule: "stuck-protected",
          because: `${taken}; ${stuck.length === 1 ? "the one session that is" : `the ${stuck.length} sessions that are`} stuck may not be ended: ${[...new Set(stuck.map((one) => `${one.application} (${one.protected ?? "protected"})`))].join(", ")}; ask whoever runs it to end it or let it end`,
        });
    }
    const working = workedFor(sessions);
    if (working !== undefined)
      return escalate({
        rule: "behind-work",
        because: `${working.waiters} sessions wait for ${working.holder.application} (process ${working.holder.pid}), which has worked for ${Math.round(working.holder.transactionFor ?? 0)} s; ask whose it is before it is cancelled`,
      });
    if (isShort && count(sessions, "idle in transaction") * 2 >= sessions.length)
      return escalate({
        rule: "not-yet",
        because: `${taken}; ${count(sessions, "idle in transaction")} sessions idle in a transaction, none of them for ${times.stuckTransaction} yet; look again then`,
      });
    if (isShort && count(sessions, "active") * 2 >= sessions.length)
      return escalate({
        rule: "busy",
        because: `${taken} and ${count(sessions, "active")} of them work; take load away (fewer reports at once: csrd queue concurrency N), more instances would only want more connections`,
      });
    if (isShort)
      return escalate({
        rule: "resting",
        because: `${taken} and most of them rest in pools: ${shown(applications(sessions))}; make the pools smaller (CSRD_DATABASE_POOL times its processes must fit) or put a pooler in between`,
      });
    if (outside.known && !isReady(outside.value))
      return escalate({
        rule: "elsewhere",
        because: `${taken} and nobody waits, yet the platform does not answer: ops run platform-down`,
      });
    return allClear({ rule: "calm", because: `${taken} and nobody waits for a stuck session` });
  },

  mitigate: { endStuck: endStuckSessions },

  vitals: [
    {
      label: "connections",
      async look({ database }) {
        const { used, most } = await database.connections();
        return { value: used, of: most };
      },
    },
    answers,
  ],

  verify: [
    // An ended session gives its connection back at once: where that did not do, the next round need not wait for long.
    eventually(dbPool, { within: "20s", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Find who left the transactions open, and give that role an idle_in_transaction_session_timeout",
    "Leave idle_session_timeout off where a pooler stands in between: resting connections are its work",
    "More max_connections needs a restart and memory; a pooler (PgBouncer) is usually the better answer",
  ],
});

/** The working session that most others wait for, where there is one. */
function workedFor(
  sessions: readonly Session[],
): { readonly holder: Session; readonly waiters: number } | undefined {
  const [first] = blockers(
    sessions.map((one): Session => (one.state === "active" ? { ...one, state: "idle in transaction" } : one)),
    0,
  );
  const holder = sessions.find((one) => one.pid === first?.session.pid && one.state === "active");
  return holder === undefined || first === undefined ? undefined : { holder, waiters: first.waiters };
}

function count(sessions: readonly Session[], state: Session["state"]): number {
  return sessions.filter((one) => one.state === state).length;
}

function shown(list: ReturnType<typeof applications>): string {
  const [first, second, third, ...more] = list;
  const named = [first, second, third].filter((one) => one !== undefined);
  const rest = more.reduce((sum, one) => sum + one.sessions, 0);
  return [
    ...named.map((one) => `${one.sessions} ${one.application}`),
    ...(rest > 0 ? [`${rest} others`] : []),
  ].join(", ");
}
