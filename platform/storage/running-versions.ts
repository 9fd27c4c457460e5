import type { Client } from "pg";
import type { Database } from "./database.ts";
import { migrationsFolder, readMigrations } from "./migration-files.ts";

/** A process of the platform as the database knows it. */
export type RunningVersion = {
  /** As in `pg_stat_activity`: csrd-api/api-1. */
  readonly name: string;
  /** Undefined for one that is connected and has never said what it is. */
  readonly version: string | undefined;
  /** The last migration that it has among its files. */
  readonly knows: number;
  readonly seenAt: Date | undefined;
};

const everyMs = 30_000;
/** Four times as long as a process takes to say that it is there. */
const forgottenAfter = "2 minutes";

/**
 * Says now and every half minute that this process runs, and which schema it knows, so that nothing is taken away under it. Call it after `migrate`.
 * A failure to say so is told to `onError` and is no reason to stop.
 */
export async function keepRegistered(
  database: Database,
  { name, version }: { readonly name: string; readonly version: string },
  onError: (error: unknown) => void,
  folder: string = migrationsFolder,
): Promise<{ stop(): Promise<void> }> {
  const knows = (await readMigrations(folder)).at(-1)?.version ?? 0;
  const say = async (): Promise<void> => {
    await database
      .query(
        `insert into running_versions (name, version, knows) values ($1, $2, $3)
           on conflict (name) do update set version = $2, knows = $3, seen_at = now()`,
        [name, version, knows],
      )
      .catch(onError);
  };
  await say();
  const timer = setInterval(() => void say(), everyMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await database.query("delete from running_versions where name = $1", [name]).catch(onError);
    },
  };
}

/** Every process that runs or is connected; one that has not been seen for so long and is not connected is forgotten. */
export async function runningVersions(
  database: Database | Client,
  forgotten: string = forgottenAfter,
): Promise<readonly RunningVersion[]> {
  const { rows } = await database.query<{
    name: string;
    version: string | null;
    knows: number;
    seen_at: Date | null;
  }>(
    `with connected as (
       select distinct application_name as name from pg_stat_activity
        where datname = current_database() and application_name ~ '^csrd-(api|worker|agent|web)[^/]*/'
     )
     select coalesce(r.name, c.name) as name, r.version, coalesce(r.knows, 0) as knows, r.seen_at
       from running_versions r full join connected c on c.name = r.name
      where c.name is not null or r.seen_at > now() - $1::interval
      order by 1`,
    [forgotten],
  );
  return rows.map(({ name, version, knows, seen_at }) => ({
    name,
    version: version ?? undefined,
    knows,
    seenAt: seen_at ?? undefined,
  }));
}
