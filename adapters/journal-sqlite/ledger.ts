import { z } from "zod";
import type { Fire, FireState, Hold, KnownSchedule, Ledger } from "#kit/scheduling/ledger.ts";
import { openDatabase, type Row } from "./database.ts";

/** Records that say that nothing ran; only these can give way to another. */
const nothingRan = "('missed', 'skipped', 'elsewhere')";
/** A record is of a wrong clock when it was written more than this after now. */
const toleranceMs = 60_000;

/** The ledger of schedules, in the journal's own file: what decides and what it led to are kept, lost and copied together. */
export function openSqliteLedger(
  path: string,
  options: { readonly now?: () => Date; readonly busyMs?: number } = {},
): Ledger {
  const now = options.now ?? (() => new Date());
  const { get, all, run, safely, write, close } = openDatabase(path, options.busyMs ?? 5_000);
  const future = () => new Date(now().getTime() + toleranceMs).toISOString();

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
              future(),
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
          future(),
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

const By = z.object({
  name: z.string(),
  host: z.string(),
  via: z.enum(["terminal", "cron", "slack", "alert", "webhook", "serve", "sandbox"]),
});

function toKnown(row: Row): KnownSchedule {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    title: String(row["title"]),
    cron: String(row["cron"]),
    timeZone: String(row["zone"]),
    since: String(row["since"]),
    ...(typeof row["dir"] === "string" ? { dir: row["dir"] } : {}),
  };
}

const states: readonly FireState[] = [
  "queued",
  "starting",
  "ran",
  "failed",
  "skipped",
  "missed",
  "elsewhere",
];

function toFire(row: Row): Fire {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    at: String(row["at"]),
    state: states.find((state) => state === row["state"]) ?? "failed",
    decidedAt: String(row["decided_at"]),
    ...(typeof row["through"] === "string" ? { through: row["through"] } : {}),
    ...(typeof row["run"] === "string" ? { run: row["run"] } : {}),
    ...(typeof row["because"] === "string" ? { because: row["because"] } : {}),
  };
}

function toHold(row: Row): Hold {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    paused: row["paused"] === 1,
    at: String(row["at"]),
    by: By.parse(JSON.parse(String(row["by"]))),
    why: String(row["why"]),
  };
}
