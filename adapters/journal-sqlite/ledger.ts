import type { Ledger } from "#kit/scheduling/ledger.ts";
import { ahead, nothingRan, toFire, toHold, toKnown } from "../ledger-rows.ts";
import { openDatabase } from "./database.ts";

/** The ledger of schedules, in the journal's own file: what decides and what it led to are kept, lost and copied together. */
export function openSqliteLedger(path: string, options: { readonly busyMs?: number } = {}): Ledger {
  const { get, all, run, safely, write, close } = openDatabase(path, options.busyMs ?? 5_000);

  return {
    id: () => safely(() => String(get("select id from ledger")?.["id"] ?? "")),

    known: (environment) =>
      safely(() =>
        all("select * from schedule where environment = ? order by schedule", environment).map(toKnown),
      ),

    remember: ({ environment, schedule, title, cron, timeZone, since, dir }) =>
      write(() => {
        run(
          `insert into schedule (environment, schedule, title, cron, zone, since, dir) values (?, ?, ?, ?, ?, ?, ?)
           on conflict (environment, schedule) do update set title = excluded.title, cron = excluded.cron, zone = excluded.zone,
             since = excluded.since, dir = excluded.dir`,
          environment,
          schedule,
          title,
          cron,
          timeZone,
          since,
          dir ?? null,
        );
      }),

    decide: (fires) =>
      write(() =>
        fires.filter(
          ({ environment, schedule, at, through, state, decidedAt, run: id, because }) =>
            run(
              `insert into fire (environment, schedule, at, through, state, decided_at, run, because) values (?, ?, ?, ?, ?, ?, ?, ?)
               on conflict (environment, schedule, at) do update set through = excluded.through, state = excluded.state,
                 decided_at = excluded.decided_at, run = excluded.run, because = excluded.because
               where fire.state in ${nothingRan} and fire.decided_at > ?`,
              environment,
              schedule,
              at,
              through ?? null,
              state,
              decidedAt,
              id ?? null,
              because ?? null,
              ahead(decidedAt),
            ) === 1,
        ),
      ),

    settle: ({ environment, schedule, at, state }, to) =>
      write(
        () =>
          run(
            `update fire set state = ?, run = coalesce(?, run), because = coalesce(?, because)
             where environment = ? and schedule = ? and at = ? and state = ?`,
            to.state,
            to.run ?? null,
            to.because ?? null,
            environment,
            schedule,
            at,
            state,
          ) === 1,
      ),

    fires: ({ environment, schedule, states, limit = 50 }) =>
      safely(() =>
        all(
          `select * from fire where environment = ? and (? is null or schedule = ?)
             and (? is null or state in (select value from json_each(?)))
           order by at desc, schedule limit ?`,
          environment,
          schedule ?? null,
          schedule ?? null,
          states === undefined ? null : 1,
          JSON.stringify(states ?? []),
          limit,
        ).map(toFire),
      ),

    lastDecided: (environment, schedule, at) =>
      safely(() => {
        const row = get(
          `select max(coalesce(through, at)) as last from fire where environment = ? and schedule = ? and at <= ?
             and not (state in ${nothingRan} and decided_at > ?)`,
          environment,
          schedule,
          at.toISOString(),
          ahead(at.toISOString()),
        );
        return typeof row?.["last"] === "string" ? row["last"] : undefined;
      }),

    hold: ({ environment, schedule, paused, at, by, why }) =>
      write(() => {
        run(
          "insert into hold (environment, schedule, at, paused, by, why) values (?, ?, ?, ?, ?, ?)",
          environment,
          schedule,
          at,
          paused ? 1 : 0,
          JSON.stringify(by),
          why,
        );
      }),

    holds: (environment) =>
      safely(() => all("select * from hold where environment = ? order by rowid", environment).map(toHold)),

    close,
  };
}
