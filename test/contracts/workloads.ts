import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { HostReader } from "#kit/ports/hosts.ts";
import type { WorkloadAdmin, WorkloadReader } from "#kit/ports/workloads.ts";

/** What an endpoint that plays along can be told to do wrong. */
type WorkloadTrouble = {
  /** The next so many looks at the workload are turned away because of too many calls. */
  readonly throttle: (times: number) => void;
  /** The next so many looks at the workload are answered with a 5xx. */
  readonly fail: (times: number) => void;
  /** The next such call is carried out, and its answer never arrives. */
  readonly loseReply: (of: "restart" | "scale") => void;
  /** After the next change of the number, so many looks still say what was before; not where a look always says what is. */
  readonly lag?: (looks: number) => void;
  /** The next change of the number is accepted, and nothing comes of it. */
  readonly ignore: () => void;
  /** One unit stops taking work. */
  readonly sicken: (unit: string) => void;
  /** Ids of the units that were started again so far, in order. */
  readonly restarted: () => readonly string[];
};

/** A place with a service of two units that take work, of which there may be one to four, and nobody else who moves their number. */
export type WorkloadWorld = {
  readonly workloads: WorkloadReader;
  readonly admin: WorkloadAdmin;
  readonly service: Service;
  /** Names a workload that is not there. */
  readonly elsewhere: Service;
  /** Names neither a workload nor any unit. */
  readonly nameless: Service;
  /** Where the platform itself knows no upper bound, so that the file's is the only one. */
  readonly boundlessBeyondTheFile?: boolean;
  /** How long units may take to come and go; ten seconds when left out. */
  readonly patienceMs?: number;
  /** Where machines can really be looked into. */
  readonly hosts?: HostReader | undefined;
  /** Where something can be made to go wrong. */
  readonly trouble?: WorkloadTrouble | undefined;
  /** Everything as it was at first. */
  readonly reset?: (() => Promise<void>) | undefined;
  readonly close: () => Promise<void>;
};

/** What a platform that runs units must do, whichever it is. With a reason to skip, it says so and skips. */
export function workloadContract(name: string, open: () => Promise<WorkloadWorld>, skip?: string): void {
  if (skip !== undefined) process.stdout.write(`skipped, workload contract against ${name}: ${skip}\n`);
  describe.skipIf(skip !== undefined)(`workload contract: ${name}`, () => {
    let world: WorkloadWorld;
    const look = (change: Partial<Service> = {}) => world.workloads.describe({ ...world.service, ...change });
    const until = (isSo: () => Promise<boolean>) => comes(isSo, world.patienceMs ?? 10_000);
    const troubled = (context: { skip: (why: string) => never }): WorkloadTrouble =>
      world.trouble ?? context.skip("this endpoint cannot be told to go wrong");

    beforeAll(async () => {
      world = await open();
    });
    beforeEach(() => world.reset?.());
    afterAll(() => world?.close());

    it("describes every unit, sorted by name, and how many there are meant to be", async () => {
      const { units, desired, least, most, scaledBy } = await look();

      expect(units.map(({ state, ready }) => [state, ready])).toEqual([
        ["running", true],
        ["running", true],
      ]);
      expect(units.map(({ name }) => name)).toEqual(units.map(({ name }) => name).sort());
      expect(new Set(units.map(({ id }) => id)).size).toBe(2);
      expect({ desired, least, most, scaledBy }).toEqual({
        desired: 2,
        least: 1,
        most: 4,
        scaledBy: undefined,
      });
    });

    it("takes the narrower of the platform's bounds and those of the environment's file", async () => {
      expect(await look({ floor: 2, most: 3 })).toMatchObject({ least: 2, most: 3 });
      const most = world.boundlessBeyondTheFile === true ? 40 : 4;
      expect(await look({ floor: 0, most: 40 })).toMatchObject({ least: 1, most });
    });

    it("refuses a workload that is not there, and never takes nothing for everything", async () => {
      expect((await failed(world.workloads.describe(world.elsewhere))).code).toBe("tool-refused");
      expect((await failed(world.workloads.describe(world.nameless))).code).toBe("selector-empty");
      expect((await failed(world.admin.scale(world.nameless, 2, 3))).code).toBe("selector-empty");
      expect((await failed(world.admin.restart(world.service, "", "graceful"))).code).toBe("selector-empty");
    });

    it("tells what happened lately in time order, and at most a hundred things", async () => {
      const events = await world.workloads.events(world.service, "1h");

      expect(events.length).toBeLessThanOrEqual(100);
      expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort());
      expect(events.every(({ at }) => new Date(at).toISOString() === at)).toBe(true);
    });

    it("restarts nothing that is not one of the service's own units", async () => {
      const errors = [
        await failed(world.admin.restart(world.service, "i-0badbadbadbadbad0", "graceful")),
        await failed(world.admin.restart(world.service, "i-0badbadbadbadbad0", "forced")),
      ];

      expect(errors.map(({ code }) => code)).toEqual(["tool-refused", "tool-refused"]);
      expect(world.trouble?.restarted() ?? []).toEqual([]);
    });

    it.for(["graceful", "forced"] as const)("restarts one unit, %s", async (how) => {
      const [first] = (await look()).units;

      await world.admin.restart(world.service, first?.id ?? "", how);

      expect(world.trouble?.restarted() ?? [first?.id]).toEqual([first?.id]);
      await until(async () => (await look()).units.filter(({ ready }) => ready).length === 2);
    });

    it("changes the number, and the new unit is there after a while", async () => {
      expect(await world.admin.scale(world.service, 2, 3)).toBe("accepted");

      await until(async () => (await look()).desired === 3);
      await until(async () => (await look()).units.filter(({ ready }) => ready).length === 3);
      expect(await world.admin.scale(world.service, 3, 2)).toBe("accepted");
      await until(async () => {
        const { desired, units } = await look();
        return desired === 2 && units.filter(({ state }) => state === "running").length === 2;
      });
    });

    it("changes nothing when the number is no longer what it was", async () => {
      expect(await world.admin.scale(world.service, 1, 3)).toBe("changed");

      expect((await look()).desired).toBe(2);
    });

    it("goes neither above nor below what is allowed, and says so", async () => {
      const tooMany = await failed(world.admin.scale(world.service, 2, 5));
      const tooFew = await failed(world.admin.scale(world.service, 2, 0));
      const ours = await failed(world.admin.scale({ ...world.service, most: 2 }, 2, 3));

      expect([tooMany, tooFew, ours].map(({ code }) => code)).toEqual([
        "tool-refused",
        "tool-refused",
        "tool-refused",
      ]);
      expect(tooMany.summary).toContain("4");
      expect((await look()).desired).toBe(2);
    });

    it("names the unit that takes no work, and why", async (context) => {
      const trouble = troubled(context);
      const [first] = (await look()).units;
      trouble.sicken(first?.id ?? "");

      const seen = (await look()).units.find(({ id }) => id === first?.id);

      expect(seen?.ready).toBe(false);
      expect(seen?.reason ?? "").not.toBe("");
    });

    it("gets over a short throttle, and says so when it stays throttled", async (context) => {
      const trouble = troubled(context);
      trouble.throttle(1);
      expect((await look()).desired).toBe(2);
      trouble.throttle(50);

      const error = await failed(look());

      expect(error.code).toBe("tool-unreachable");
      expect(error.summary).toContain("throttled");
    });

    it("says that the platform does not answer when it answers 5xx", async (context) => {
      troubled(context).fail(50);

      expect((await failed(look())).code).toBe("tool-unreachable");
    });

    it("never repeats a change whose answer was lost, and says that it may have happened", async (context) => {
      const trouble = troubled(context);
      const [first] = (await look()).units;
      trouble.loseReply("restart");
      const restart = await failed(world.admin.restart(world.service, first?.id ?? "", "forced"));
      trouble.loseReply("scale");
      const scale = await failed(world.admin.scale(world.service, 2, 3));

      expect([restart.code, scale.code]).toEqual(["state-unknown", "state-unknown"]);
      expect(trouble.restarted()).toEqual([first?.id]);
      await until(async () => (await look()).desired === 3);
    });

    it("is accepted before it is seen: what is read next may still be the old number", async (context) => {
      const lag = troubled(context).lag ?? context.skip("what is read here is never old");
      lag(2);

      expect(await world.admin.scale(world.service, 2, 3)).toBe("accepted");
      expect((await look()).desired).toBe(2);

      await until(async () => (await look()).desired === 3);
    });

    it("tells the truth about a change that was accepted and never came", async (context) => {
      troubled(context).ignore();

      expect(await world.admin.scale(world.service, 2, 3)).toBe("accepted");

      const after = [await look(), await look(), await look()];
      expect(after.map(({ units }) => units.length)).toEqual([2, 2, 2]);
    });

    it("looks into one unit: memory, processors, disks, processes", async (context) => {
      const hosts = world.hosts ?? context.skip("this endpoint has no machines to look into");
      const [first] = (await look()).units;

      const host = await hosts.look(world.service, first?.id ?? "");

      expect(host.memory.usedBytes).toBeGreaterThan(0);
      expect(host.memory.limitBytes).toBeGreaterThanOrEqual(host.memory.usedBytes);
      expect(host.cpu.limit).toBeGreaterThan(0);
      expect(host.processes.length).toBeLessThanOrEqual(20);
      expect(host.processes.map(({ rssBytes }) => rssBytes)).toEqual(
        host.processes.map(({ rssBytes }) => rssBytes).toSorted((a, b) => b - a),
      );
      expect(Math.abs(Date.parse(host.at) - Date.now())).toBeLessThan(60_000);
    });

    it("looks into nothing that is not one of the service's own units", async (context) => {
      const hosts = world.hosts ?? context.skip("this endpoint has no machines to look into");

      expect((await failed(hosts.look(world.service, "i-0badbadbadbadbad0"))).code).toBe("tool-refused");
      expect((await failed(hosts.look(world.service, ""))).code).toBe("selector-empty");
    });
  });
}

/** Looks again until it is so; how long is no part of the contract. */
async function comes(isSo: () => Promise<boolean>, patienceMs: number): Promise<void> {
  for (let look = 0; look < patienceMs / 25; look += 1) {
    if (await isSo()) return;
    await pause(25);
  }
  throw new Error("it never came to be");
}

async function failed(promise: Promise<unknown>): Promise<OpsError> {
  try {
    await promise;
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
  throw new Error("it was expected to fail and did not");
}
