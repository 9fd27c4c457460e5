import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { platformOperators } from "#adapters/platform/operators.ts";
import { platformReaders } from "#adapters/platform/readers.ts";
import type { Service } from "#kit/ports.ts";
import { agentNames } from "#platform/contract.ts";
import { obedience } from "#rules/switches.ts";
import { openWorld, tookAtMost, type World } from "./world.ts";

// A real worker and six real agents: what is thrown through the adapter is seen in what each process says of itself.
let world: World;
let services: readonly Service[];

beforeAll(async () => {
  world = await openWorld();
  const { urls } = await world.agents(agentNames);
  const worker = await world.worker("w-1", urls);
  const [, workerUrl = ""] = await worker.says(/"url":"([^"]+)"[^\n]*"Worker started"/);
  services = [`worker=${workerUrl}`, ...urls.split(",")].map((entry) => {
    const [name = "", url = ""] = entry.split("=");
    return { name, url, instances: [], firewallGroups: [], floor: 1 };
  });
}, 120_000);
afterAll(() => world.close());

function secret(name: string, value: string) {
  const file = path.join(world.root, name);
  writeFileSync(file, value, { mode: 0o600 });
  return { file };
}

test.for([
  ["all", "both places answer"],
  ["calculator", "both places answer"],
  ["all", "the database is away"],
] as const)(
  "%s is off for every process that it is about within ten seconds, while %s",
  { timeout: 120_000 },
  async ([scope, place]) => {
    const at = secret("database", world.env["CSRD_DATABASE_URL"] ?? "");
    const away = secret("away", "postgresql://x:y@127.0.0.1:9/csrd");
    const redis = secret("redis", world.env["CSRD_REDIS_URL"] ?? "");
    const here = { database: { read: at, act: at }, redis: { read: redis, act: redis } };
    const used = place === "the database is away" ? { ...here, database: { read: away, act: away } } : here;
    const { switches } = platformReaders(used, services);
    const who = { by: "operator:omar@desk", run: "r-8f2a" };
    const names = services.map(({ name }) => name);
    const all = async (off: boolean): Promise<number> => {
      const began = Date.now();
      for (;;) {
        const { defy, silent } = obedience(scope, off, { seen: await switches.seen(), services: names });
        if (defy.length + silent.length === 0) return Date.now() - began;
        if (Date.now() - began > 60_000) throw new Error(`${[...defy, ...silent].join(", ")} after a minute`);
        await pause(100);
      }
    };

    await platformOperators(used, who).switchAdmin.off(scope, "INC-7 wrong figures");
    const took = await all(true);
    await platformOperators(here, who).switchAdmin.on(scope, "mended", "CHG-7");
    await all(false);

    tookAtMost(`${scope} off, seen in every process, ${place}`, took, 10_000);
    expect(await switches.all()).toContainEqual(expect.objectContaining({ scope, off: false }));
  },
);
