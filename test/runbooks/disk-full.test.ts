import { describe, expect, onTestFinished, test } from "vitest";
import { disksEverywhere, type SeenDisk } from "#kit/disks.ts";
import type { DatabaseAddress, DatabaseServer } from "#kit/ports/replication.ts";
import type { Volume } from "#kit/ports/volumes.ts";
import { decideWith } from "#kit/run/decide.ts";
import { judgeDisks } from "#rules/disks.ts";
import { diskFull } from "#runbooks/disk-full.ts";
import { diskFull as situations } from "#runbooks/scenarios/disk-full.ts";
import { fakeServer } from "#runbooks/scenarios/worlds/replication.ts";
import { bench, lena } from "../fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";

const gib = 1024 ** 3;
const known = <T>(value: T) => ({ known: true, value });
const unknown = { known: false, reason: "no answer in 5 s" };
const writing: DatabaseAddress = { state: "takes-writes", systemId: undefined, reason: undefined };

const used = (share: number, parts: Partial<SeenDisk> = {}): SeenDisk => ({
  mount: "/var/lib/csrd",
  sizeBytes: 20 * gib,
  usedBytes: share * 20 * gib,
  volume: "vol-1",
  units: ["worker"],
  ...parts,
});
const volume = (parts: Partial<Volume> = {}): Volume => ({
  id: "vol-1",
  sizeBytes: 20 * gib,
  state: "steady",
  ...parts,
});
const keeps = (keptBytes: number, active: boolean): DatabaseServer => ({
  ...fakeServer("db-1", "primary"),
  slots: [{ name: "copy", active, keptBytes }],
});

function seen(
  disks: readonly SeenDisk[],
  volumes: readonly Volume[] | undefined = [volume()],
  parts: { readonly slots?: object; readonly database?: object } = {},
) {
  return {
    disks: { disks, silent: [] },
    volumes: volumes === undefined ? unknown : known(volumes),
    slots: known([keeps(0, true)]),
    database: known(writing),
    ...parts,
  };
}

describe("disk-full decides", () => {
  test.for([
    ["plan", "grow", "a disk has four per cent left", seen([used(0.96)])],
    ["all-clear", "calm", "a tenth and more is free", seen([used(0.89)])],
    ["escalate", "not-seen", "nothing could be seen", seen([])],
    ["escalate", "no-volume", "nothing is known under it", seen([used(0.96, { volume: undefined })])],
    ["escalate", "not-known", "the cloud is silent", { ...seen([used(0.96)]), volumes: unknown }],
    ["escalate", "not-known", "the cloud leaves it out", seen([used(0.96)], [])],
    [
      "escalate",
      "not-extended",
      "the volume is larger already",
      seen([used(0.96)], [volume({ sizeBytes: 40 * gib })]),
    ],
    ["escalate", "changing", "it is being grown", seen([used(0.96)], [volume({ state: "changing" })])],
    ["escalate", "changing", "it was grown lately", seen([used(0.96)], [volume({ state: "resting" })])],
    [
      "escalate",
      "at-its-bound",
      "it would be larger than it may be",
      seen([used(1, { sizeBytes: 400 * gib, usedBytes: 390 * gib })], [volume({ sizeBytes: 400 * gib })]),
    ],
    [
      "escalate",
      "slot",
      "a slot keeps 2 GiB for nobody",
      seen([used(0.5)], [], { slots: known([keeps(2 * gib, false)]) }),
    ],
    [
      "all-clear",
      "calm",
      "a slot keeps 2 GiB for a replica that comes for it",
      seen([used(0.5)], [], { slots: known([keeps(2 * gib, true)]) }),
    ],
    [
      "escalate",
      "database-full",
      "the database cannot write",
      seen([used(0.5)], [], { database: known({ ...writing, state: "full", reason: "No space left" }) }),
    ],
    [
      "all-clear",
      "calm",
      "nobody knows how the database is",
      seen([used(0.5)], [], { database: unknown, slots: unknown }),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("grows to where the disk is two thirds full, in whole GiB, from the size that it really has", () => {
  expect(decide(seen([used(0.96)]))).toMatchObject({
    items: [{ action: "grow", input: { volume: "vol-1", fromBytes: 20 * gib, toBytes: 29 * gib } }],
  });
});

test("a volume that several units see is one disk, and grown once", async () => {
  const made = bench({ services: situations["shared-disk"]?.services ?? [], journalIn: "memory" });
  onTestFinished(() => made.close());
  situations["shared-disk"]?.prepare(made.world);
  made.approveSoon();

  const all = await disksEverywhere(made.world.readers);
  const state = await made.engine({ runbooks: [diskFull] }).run(diskFull, {}, { by: lena });

  expect(all.disks[0]).toMatchObject({
    volume: "vol-0d0000000000000a1",
    units: ["audit-1", "calculator-1", "worker-1"],
  });
  expect(state.ended?.outcome).toBe("solved");
  expect(made.world.effects).toEqual(["grow vol-0d0000000000000a1 to 29 GiB"]);
});

test("a volume that somebody else grew meanwhile is left alone", async () => {
  const made = bench({ services: situations["nearly-full"]?.services ?? [], journalIn: "memory" });
  onTestFinished(() => made.close());
  situations["nearly-full"]?.prepare(made.world);
  const { volumeAdmin } = made.world.operators;

  expect(await volumeAdmin.grow("vol-0d0000000000000a1", 10 * gib, 29 * gib)).toBe("changed");
  expect(made.world.effects).toEqual([]);
});

test("defect 33: the manual deletes old files before it copies them; here nothing deletes anything", () => {
  expect(Object.keys(diskFull.mitigate)).toEqual(["grow"]);
  expect(JSON.stringify(Object.values(situations))).not.toContain("delete");
  const advice = decide(seen([used(0.96, { volume: undefined })]));
  expect(advice.because).toContain("archives, compares the copy, then deletes");
  expect(advice.because).not.toMatch(/find |rm -/);
});

test.for([
  ["unknown", []],
  ["healthy", [used(0.79)]],
  ["degraded", [used(0.8)]],
  ["unhealthy", [used(0.5), used(0.9)].toReversed()],
] as const)("the check says %s", ([state, disks]) => {
  expect(judgeDisks({ disks, silent: [] }).state).toBe(state);
});

function decide(findings: Readonly<Record<string, unknown>>) {
  return decideWith(
    diskFull,
    findings,
    { most: "500" },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
  );
}
