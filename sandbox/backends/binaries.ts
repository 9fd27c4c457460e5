import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server program found on this machine. */
export type Found = {
  /** Folder that holds the program and its companions. */
  readonly bin: string;
  /** Version as it prints it: "15.18". */
  readonly version: string;
};

/** The newest PostgreSQL server programs (initdb, postgres) on this machine; undefined when there are none. */
export async function findPostgres(): Promise<Found | undefined> {
  const homes = [
    ...(await outputOf("pg_config", ["--bindir"])),
    ...globSync([
      "/usr/lib/postgresql/*/bin",
      "/usr/pgsql-*/bin",
      "/opt/homebrew/opt/postgresql*/bin",
      "/usr/local/opt/postgresql*/bin",
      "/Applications/Postgres.app/Contents/Versions/*/bin",
    ]),
    ...pathFolders(),
  ];
  const complete = homes.filter((bin) =>
    ["postgres", "initdb"].every((name) => existsSync(path.join(bin, name))),
  );
  return newest(complete, "postgres", /(\d+(?:\.\d+)+|\d+)/);
}

/** The newest redis-server on this machine; undefined when there is none. */
export async function findRedis(): Promise<Found | undefined> {
  const homes = [...pathFolders(), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  return newest(
    homes.filter((bin) => existsSync(path.join(bin, "redis-server"))),
    "redis-server",
    /v=(\d+(?:\.\d+)+)/,
  );
}

/** First number of a version: 15 of "15.18". */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function pathFolders(): readonly string[] {
  return (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
}

async function outputOf(file: string, args: readonly string[]): Promise<readonly string[]> {
  try {
    const { stdout } = await run(file, [...args], { timeout: 5_000 });
    return [stdout.trim()];
  } catch {
    return [];
  }
}

async function newest(bins: readonly string[], program: string, pattern: RegExp): Promise<Found | undefined> {
  let best: Found | undefined;
  for (const bin of new Set(bins)) {
    const [text] = await outputOf(path.join(bin, program), ["--version"]);
    const version = pattern.exec(text ?? "")?.[1];
    if (version === undefined) continue;
    if (best === undefined || majorOf(version) > majorOf(best.version)) best = { bin, version };
  }
  return best;
}
