import { isCodedError } from "#kit/errors.ts";
import {
  isUnreachable,
  openDatabase,
  storageRefused,
  storageUnreachable,
} from "#platform/storage/database.ts";
import type { Database } from "#platform/storage/database.ts";
import { toolSettings } from "#platform/service/settings.ts";

/** Runs a command's work on the platform's database; what the database refuses is told as a sentence. */
export async function withDatabase<T>(
  command: string,
  environment: NodeJS.ProcessEnv,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { CSRD_DATABASE_URL: url } = toolSettings(command, environment);
  const database = openDatabase({ url, name: `csrd ${command}`, most: 4, onError: () => undefined });
  try {
    return await work(database);
  } catch (error) {
    if (isCodedError(error)) throw error;
    if (isUnreachable(error)) throw storageUnreachable(error);
    // A refusal of the database has its five characters; anything else is a defect and is told as one.
    throw isRefusal(error) ? storageRefused(error) : error;
  } finally {
    await database.end();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}
