import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const path = "rules/data_quality_rules.yaml";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Reads the file in a process of its own, as every command does. */
async function read(env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { stdout } = await execa(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { ruleFile } from "#platform/catalogue/rule-file.ts"; console.log(JSON.stringify(await ruleFile(${JSON.stringify(path)})));`,
    ],
    { cwd: root, env: { CSRD_CACHE_DIR: join(folder, "cache"), ...env } },
  );
  return JSON.parse(stdout);
}

const entries = (): Promise<readonly string[]> => readdir(join(folder, "cache")).catch(() => []);

describe("a rule file", () => {
  test("is the same from the cache as from the file, and only its owner can have written it there", async () => {
    const expected: unknown = parse(await readFile(join(root, path), "utf8"));

    const first = await read();
    const [name = ""] = await entries();
    const second = await read();

    expect([first, second]).toEqual([expected, expected]);
    expect(name).toMatch(/^yaml-[0-9a-f]{64}\.json$/);
    expect((await stat(join(folder, "cache", name))).mode & 0o077).toBe(0);
  });

  test.for([
    ["a broken entry", async (entry: string) => writeFile(entry, '{"half":')],
    [
      "an entry that others may write",
      async (entry: string) => {
        await writeFile(entry, '{"forged":true}');
        await chmod(entry, 0o666);
      },
    ],
  ] as const)("%s is not used", async ([, spoil]) => {
    const expected = await read();
    const [name = ""] = await entries();
    await spoil(join(folder, "cache", name));

    expect(await read()).toEqual(expected);
  });

  test("without a cache, or where none can be written, it is read all the same", async () => {
    await writeFile(join(folder, "file"), "");

    const off = await read({ CSRD_CACHE_ENABLED: "false" });
    const none = await read({ CSRD_CACHE_DIR: join(folder, "file/below") });

    expect(off).toEqual(none);
    expect(await entries()).toEqual([]);
  });

  test("entries that nobody renewed for as long as was said are removed, and nothing else", async () => {
    await read();
    const [name = ""] = await entries();
    const old = join(folder, "cache", `yaml-${"0".repeat(64)}.json`);
    await rm(join(folder, "cache", name));
    for (const file of [old, join(folder, "cache", "mine.json")]) {
      await writeFile(file, "{}");
      await utimes(file, new Date(0), new Date(0));
    }

    await read({ CSRD_CACHE_TTL: "3600" });

    expect((await entries()).toSorted()).toEqual(["mine.json", name]);
  });
});
