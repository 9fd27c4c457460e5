import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/**
 * What a migration may do to those who are running. `expand` only adds, and is applied by any process as it starts. `backfill` fills what an expand
 * added, a batch at a time. `contract` takes away what nobody running knows any more, by command only.
 */
export type MigrationPhase = "expand" | "backfill" | "contract";

/** One step of the schema; never edited once it has been applied anywhere. */
export type Migration = {
  readonly version: number;
  /** The file's name without its ending: `004-expand-cancellation`. */
  readonly name: string;
  readonly phase: MigrationPhase;
  readonly sql: string;
  readonly sha256: string;
};

/** Where the platform's migrations are. */
export const migrationsFolder = path.join(import.meta.dirname, "migrations");

const shape = /^(\d{3})-(?:(expand|backfill|contract)-)?[a-z0-9-]+\.sql$/;

/** The migrations of a folder in their order, named `NNN-<phase>-<name>.sql`; one without a phase is an expand. Throws a TypeError for two with one number. */
export async function readMigrations(folder: string = migrationsFolder): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => shape.test(file)).toSorted();
  const migrations = await Promise.all(
    files.map(async (file) => {
      const sql = await readFile(path.join(folder, file), "utf8");
      return {
        version: Number.parseInt(file, 10),
        name: file.slice(0, -4),
        phase: phaseOf(file),
        sql,
        sha256: createHash("sha256").update(sql).digest("hex"),
      };
    }),
  );
  for (const [index, { version, name }] of migrations.entries())
    if (migrations[index + 1]?.version === version)
      throw new TypeError(`${name} and ${migrations[index + 1]?.name} have one number`);
  return migrations;
}

function phaseOf(file: string): MigrationPhase {
  const phase = shape.exec(file)?.[2];
  return phase === "backfill" || phase === "contract" ? phase : "expand";
}
