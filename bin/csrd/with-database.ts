import { onDatabase } from "#platform/operate/places.ts";
import { toolSettings } from "#platform/service/settings.ts";
import type { Database } from "#platform/storage/database.ts";

/** Runs a command's work on the platform's database; what the database refuses is told as a sentence. */
export async function withDatabase<T>(
  command: string,
  environment: NodeJS.ProcessEnv,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { CSRD_DATABASE_URL: url } = toolSettings(command, environment);
  return onDatabase({ url, name: `csrd ${command}` }, work);
}
