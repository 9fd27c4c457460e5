import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PostgresServer, removePostgres, startPostgres } from "#sandbox/backends/postgres.ts";

/** A real PostgreSQL for one test file, in a temporary folder that goes with it; durability off, for speed. */
export async function postgresForTests(): Promise<PostgresServer> {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-test-postgres-"));
  const remove = () => removePostgres(dir);
  process.once("exit", remove);
  try {
    const server = await startPostgres({
      dir,
      settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
    });
    return {
      ...server,
      stop: async () => {
        await server.stop();
        remove();
        process.off("exit", remove);
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
