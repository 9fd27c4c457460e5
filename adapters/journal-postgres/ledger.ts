import type { Fire, Hold, KnownSchedule, Ledger } from "#kit/scheduling/ledger.ts";
import { ahead, nothingRan, toFire, toHold, toKnown } from "../ledger-rows.ts";
import { openDatabase } from "../postgres/database.ts";
import { sharedJournal } from "../postgres/fault.ts";
import { prepared } from "../postgres/prepared.ts";
import type { PostgresJournalPlace } from "./journal.ts";
import { migrate } from "./schema.ts";

/**
 * The ledger of schedules of a team, beside its journal: every host sees the same records. A write whose answer was lost is done once
 * more and changes nothing the second time; a fire that was decided then is begun by the next look.
 */
export function openPostgresLedger(place: PostgresJournalPlace): Ledger {
  const database = openDatabase(place, sharedJournal);
  const { schema } = place;
  const transact = prepared(database, () => migrate(database, schema, "OPS_DATABASE_URL"));

  return {
    id: () =>
      transact("say which ledger it is", async (ask) => {
        const [row] = await ask<{ id: string }>(`select id from ${schema}.ledger`);
        return row?.id ?? "";
      }),

    known: (environment) =>
      transact(
        "list its schedules",
        async (ask): Promise<readonly KnownSchedule[]> =>
          (
            await ask(`select * from ${schema}.schedule where environment = $1 order by schedule`, [
              environment,
            ])
          ).map(toKnown),
      ),

    remember: ({ environment, schedule, title, cron, timeZone, since, dir }) =>
      transact(`remember the schedule ${schedule}`, async (ask) => {
        await ask(
          `insert into ${schema}.schedule (environment, schedule, title, cron, zone, since, dir) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (environment, schedule) do update set title = excluded.title, cron = excluded.cron, zone = excluded.zone,
             since = excluded.since, dir = excluded.dir`,
          [environment, schedule, title, cron, timeZone, since, dir ?? null],
        );
      }),

    decide: (fires) =>
      transact("write down what becomes of fires", async (ask) => {
        const written: Fire[] = [];
        for (const fire of fires) {
          const { environment, schedule, at, through, state, decidedAt, run, because } = fire;
          const rows = await ask(
            `insert into ${schema}.fire as known (environment, schedule, at, through, state, decided_at, run, because)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (environment, schedule, at) do update set through = excluded.through, state = excluded.state,
               decided_at = excluded.decided_at, run = excluded.run, because = excluded.because
             where known.state in ${nothingRan} and known.decided_at > $9 returning at`,
            [
              environment,
              schedule,
              at,
              through ?? null,
              state,
              decidedAt,
              run ?? null,
              because ?? null,
              ahead(decidedAt),
            ],
          );
          if (rows.length > 0) written.push(fire);
        }
        return written;
      }),

    settle: ({ environment, schedule, at, state }, to) =>
      transact("change what became of a fire", async (ask) => {
        const rows = await ask(
          `update ${schema}.fire set state = $1, run = coalesce($2, run), because = coalesce($3, because)
           where environment = $4 and schedule = $5 and at = $6 and state = $7 returning at`,
          [to.state, to.run ?? null, to.because ?? null, environment, schedule, at, state],
        );
        return rows.length > 0;
      }),

    fires: ({ environment, schedule, states, limit = 50 }) =>
      transact(
        "list fires",
        async (ask): Promise<readonly Fire[]> =>
          (
            await ask(
              `select * from ${schema}.fire where environment = $1 and ($2::text is null or schedule = $2)
               and ($3::text[] is null or state = any ($3)) order by at desc, schedule limit $4`,
              [environment, schedule ?? null, states === undefined ? null : [...states], limit],
            )
          ).map(toFire),
      ),

    lastDecided: (environment, schedule, at) =>
      transact("say up to when fires are decided", async (ask) => {
        const [row] = await ask<{ last: string | null }>(
          `select max(coalesce(through, at)) as last from ${schema}.fire where environment = $1 and schedule = $2 and at <= $3
             and not (state in ${nothingRan} and decided_at > $4)`,
          [environment, schedule, at.toISOString(), ahead(at.toISOString())],
        );
        return row?.last ?? undefined;
      }),

    hold: ({ environment, schedule, paused, at, by, why }) =>
      transact(`pause or resume ${schedule}`, async (ask) => {
        await ask(
          `insert into ${schema}.hold (environment, schedule, at, paused, by, why) values ($1, $2, $3, $4, $5, $6)
           on conflict (environment, schedule, at) do nothing`,
          [environment, schedule, at, paused, JSON.stringify(by), why],
        );
      }),

    holds: (environment) =>
      transact(
        "say what is paused",
        async (ask): Promise<readonly Hold[]> =>
          (await ask(`select * from ${schema}.hold where environment = $1 order by id`, [environment])).map(
            toHold,
          ),
      ),

    close() {
      // Idle connections do not keep a process alive; nobody waits for their farewell.
      void database.close().catch(() => undefined);
    },
  };
}
