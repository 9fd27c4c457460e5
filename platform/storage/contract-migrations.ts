import type { Client } from "pg";
import { CsrdError } from "../errors.ts";
import { backfillOf, isContracted, isLeft } from "./backfill.ts";
import type { Database } from "./database.ts";
import { type Applied, applyMigration, readApplied, requireKnown } from "./migrate.ts";
import { type Migration, migrationsFolder, readMigrations } from "./migration-files.ts";
import { runningVersions } from "./running-versions.ts";
import { inTurn, type Patience, patience } from "./schema-session.ts";

/**
 * Takes away what nobody running knows any more: the contract migrations in their order, each only when every expand before it is applied, every
 * backfill before it is finished and has nothing left, and every running process has it among its own files. Throws `migration-refused` with what is
 * in the way, and what `migrate` throws. Gives the names of what it applied.
 */
export async function runContracts(
  database: Database,
  folder: string = migrationsFolder,
  wait: Patience = patience,
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  return inTurn(database, "schema", wait, async (client) => {
    const done: string[] = [];
    for (const migration of migrations.filter(({ phase }) => phase === "contract")) {
      const applied = requireKnown(migrations, await readApplied(client));
      if (applied.has(migration.version)) continue;
      const [reason] = await inTheWay(client, migration, migrations, applied);
      if (reason !== undefined) throw refused(migration, reason);
      await applyMigration(client, migration, wait);
      done.push(migration.name);
    }
    return done;
  });
}

/** Why a contract cannot be applied now, a sentence each; none when it can. */
export async function inTheWay(
  client: Client | Database,
  contract: Migration,
  migrations: readonly Migration[],
  applied: Applied,
): Promise<readonly string[]> {
  const before = migrations.filter(({ version }) => version < contract.version);
  const missing = before.filter(({ version }) => !applied.has(version));
  const said = missing.map(({ name, phase }) =>
    phase === "backfill" ? `the backfill ${name} is not finished` : `${name} is not applied`,
  );
  if (missing.some(({ phase }) => phase === "expand")) return said;
  for (const backfill of before.filter(({ phase, version }) => phase === "backfill" && applied.has(version)))
    if (!isContracted(backfill, migrations, applied) && (await isLeft(client, backfillOf(backfill).left)))
      said.push(`the backfill ${backfill.name} has rows left that came after it`);
  for (const { name, version, knows } of await runningVersions(client))
    if (knows < contract.version)
      said.push(
        version === undefined
          ? `${name} is connected and has not said which version it is`
          : `${name} runs ${version}, which knows the schema up to ${String(knows).padStart(3, "0")}`,
      );
  return said;
}

function refused({ name }: Migration, reason: string): CsrdError {
  return new CsrdError("migration-refused", {
    summary: `${name} is not applied: ${reason}.`,
    hint: "Bring every process to this release and let `csrd migrate --backfill` finish, then run it again.",
  });
}
