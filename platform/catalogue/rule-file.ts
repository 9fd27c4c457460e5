import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const read = new Map<string, Promise<unknown>>();

/**
 * A YAML or JSON file of the release, by its path below the repository, as plain data; read once per process. Parsing YAML takes longer
 * than all the rest of starting, so what came out is kept as JSON in the user's cache folder under the hash of the file's bytes:
 * a changed file is another entry, and a broken or foreign entry is not used. `CSRD_CACHE_ENABLED=false` does without,
 * `CSRD_CACHE_TTL` says after how many seconds entries are removed. Throws what reading or parsing throws.
 */
export function ruleFile(path: string): Promise<unknown> {
  let found = read.get(path);
  if (found === undefined) {
    found = parsed(new URL(`../../${path}`, import.meta.url)).catch((error: unknown) => {
      read.delete(path);
      throw error;
    });
    read.set(path, found);
  }
  return found;
}

/** Where parsed files are kept; undefined when they are not. */
export function cacheFolder(): string | undefined {
  const { CSRD_CACHE_ENABLED = "", CSRD_CACHE_DIR = "", XDG_CACHE_HOME = "" } = process.env;
  if (/^(false|0|no)$/i.test(CSRD_CACHE_ENABLED)) return undefined;
  if (CSRD_CACHE_DIR !== "") return CSRD_CACHE_DIR;
  try {
    return join(XDG_CACHE_HOME === "" ? join(homedir(), ".cache") : XDG_CACHE_HOME, "csrd");
  } catch {
    // A user without a home.
    return undefined;
  }
}

async function parsed(url: URL): Promise<unknown> {
  const bytes = await readFile(url);
  if (url.pathname.endsWith(".json")) return JSON.parse(bytes.toString("utf8"));
  const folder = cacheFolder();
  const name = `yaml-${createHash("sha256").update(bytes).digest("hex")}.json`;
  const kept = folder === undefined ? undefined : await keptIn(join(folder, name));
  if (kept !== undefined) return kept.value;
  const { parse } = await import("yaml");
  const value: unknown = parse(bytes.toString("utf8"), { maxAliasCount: 0, strict: true, uniqueKeys: true });
  if (folder !== undefined) await keep(folder, name, value);
  return value;
}

async function keptIn(path: string): Promise<{ readonly value: unknown } | undefined> {
  try {
    const { uid, mode } = await stat(path);
    // Only what this user wrote, and nobody else can have written, is believed.
    if ((process.getuid !== undefined && uid !== process.getuid()) || (mode & 0o022) !== 0) return undefined;
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return { value };
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written is done without. */
async function keep(folder: string, name: string, value: unknown): Promise<void> {
  const draft = join(folder, `${name}.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(draft, "wx", 0o600);
    await file.writeFile(JSON.stringify(value)).finally(() => file.close());
    await rename(draft, join(folder, name));
    await sweep(folder, name);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

const month = 30 * 24 * 3600;

async function sweep(folder: string, except: string): Promise<void> {
  const asked = Number(process.env["CSRD_CACHE_TTL"] ?? "");
  const seconds = Number.isFinite(asked) && asked > 0 ? asked : month;
  for (const name of await readdir(folder)) {
    if (name === except || !/^yaml-[0-9a-f]{64}\.json/.test(name)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > seconds * 1000) await rm(join(folder, name), { force: true });
  }
}
