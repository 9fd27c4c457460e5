import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inOwnFolder, csrd, csrdWith, here } from "./csrd.ts";

inOwnFolder();

describe("csrd doctor", () => {
  test("says line by line whether reports can be made here, and leaves nothing behind", async () => {
    const { folder } = here;

    const { exitCode, stdout } = await csrd("doctor", "-o", "new/out");

    expect([0, 2]).toContain(exitCode);
    expect(stdout).toContain("Node: version 24");
    expect(stdout).toContain("Output folder: new/out can be made");
    expect(stdout).toMatch(/Catalogue: 1,217 concepts, 1,184 datapoints/);
    expect(stdout).toMatch(/Emission factors: [\d,]+ factors/);
    for (const agent of ["intake", "materiality", "calculator", "aggregator", "reporting", "audit"])
      expect(stdout).toMatch(new RegExp(`ok +Agent ${agent}: `));
    expect(await readdir(folder)).toEqual([]);
  });

  test("names what must be mended with its remedy, warns of a service that is away, and shows no password", async () => {
    const { folder } = here;

    await writeFile(join(folder, "out"), "a file");
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };

    const environment = {
      CSRD_DATABASE_URL: `postgres://me:verysecret@127.0.0.1:${port}/csrd`,
      CSRD_REDIS_URL: "redis://:verysecret@127.0.0.1:1",
    };
    const { exitCode, stdout } = await csrdWith(environment, "doctor", "--json");
    server.close();
    const { findings, fail } = JSON.parse(stdout);
    const of = (what: string): unknown => findings.find((one: { what: string }) => one.what === what);

    expect([exitCode, fail]).toEqual([1, 1]);
    expect(of("Output folder")).toMatchObject({ state: "fail", remedy: expect.stringContaining("-o") });
    expect(of("Database")).toMatchObject({ state: "ok", says: `127.0.0.1:${port} answers` });
    expect(of("Queue")).toMatchObject({ state: "warn", remedy: expect.stringContaining("CSRD_REDIS_URL") });
    expect(stdout).not.toContain("verysecret");
  });

  test("a wrong .csrd.yaml is a line to mend, not the end", async () => {
    const { folder } = here;

    await writeFile(join(folder, ".csrd.yaml"), "formt: both\n");

    const { exitCode, stdout } = await csrd("doctor");

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/fail +Settings: \.csrd\.yaml, line 1: there is no setting "formt"/);
    expect(stdout).toMatch(/ok +Catalogue: /);
  });
});

describe("csrd preload", () => {
  test("says what it read and how long it took, and keeps the rules ready", async () => {
    const { folder } = here;

    const cache = join(folder, "cache");

    const all = await csrdWith({ CSRD_CACHE_DIR: cache }, "preload");
    const some = await csrdWith({}, "preload", "--esrs-catalog", "--emission-factors", "--json");

    expect(all.exitCode).toBe(0);
    expect(all.stdout).toMatch(/^esrs-catalog +[\d.]+ m?s {2}.*1,217 concepts/m);
    expect(all.stdout).toMatch(/^formulas +[\d.]+ m?s {2}.*[1-9]\d* formulas/m);
    expect(all.stdout).toMatch(/^rules +[\d.]+ m?s {2}.*[1-9]\d* rules/m);
    expect(some.stdout.split("\n").map((line) => JSON.parse(line).loaded)).toEqual([
      "esrs-catalog",
      "emission-factors",
    ]);
    expect((await readdir(cache)).filter((name) => name.startsWith("yaml-")).length).toBeGreaterThan(0);
  });
});
