import { Client } from "pg";

/** Sessions that a careless script left open. */
export type LeakedSessions = { end(): Promise<void> };

const noneLeft = "53300";

/**
 * Takes every connection that the platform's role may have and leaves each in the middle of a transaction, as an export script does that
 * forgets to commit. The platform's resting connections are ended first, so that it has to ask for new ones.
 */
export async function leakSessions(platform: string, administrator: string): Promise<LeakedSessions> {
  const leaked: Client[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(leaked.splice(0).map((client) => client.end().catch(() => undefined)));
  };
  const leak = async (): Promise<boolean> => {
    const client = new Client({ connectionString: platform, application_name: "esg-export" });
    // Ended by a runbook, it says so here; nobody needs to hear it.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("begin");
      await client.query("select count(*) from reports");
      leaked.push(client);
      return true;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (error instanceof Error && "code" in error && error.code === noneLeft) return false;
      throw error;
    }
  };
  try {
    // Whatever the platform gets back while we take, it loses in the next round; the last is the one in which it had nothing left to lose.
    for (let round = 0; round < 20; round += 1) {
      const ended = await endPlatformSessions(administrator);
      if (round > 0 && ended === 0) break;
      let more = true;
      while (more) more = (await Promise.all(Array.from({ length: 8 }, leak))).every(Boolean);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { end };
}

/** How many it had. */
async function endPlatformSessions(administrator: string): Promise<number> {
  const client = new Client({ connectionString: administrator });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'csrd_app' and application_name like 'csrd-%'",
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
