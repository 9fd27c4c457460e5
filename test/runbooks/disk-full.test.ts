import { describe, expect, onTestFinished, test } from "vitest";
import { disksEverywhere, type SeenDisk } from "#kit/disks.ts";
import type { DatabaseAddress, DatabaseServer } from "#kit/ports/replication.ts";
import type { Volume } from "#kit/ports/volumes.ts";
import { decideWith } from "#kit/run/decide.ts";
import { dataDisksOf, dataFull, judgeDisks } from "#rules/disks.ts";
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

/** The disk under a database server. */
const dataDisk = { mount: "/var/lib/postgresql", volume: "vol-db", units: ["db-1"] };

function seen(
  disks: readonly SeenDisk[],
  volumes: readonly Volume[] | undefined = [volume()],
  parts: { readonly slots?: object; readonly database?: object; readonly data?: object } = {},
) {
  return {
    disks: { disks, silent: [] },
    volumes: volumes === undefined ? unknown : known(volumes),
    slots: known([keeps(0, true)]),
    database: known(writing),
    data: known({ disks: [used(0.4, dataDisk)], silent: [] }),
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
      seen([used(0.5)], [], { database: unknown, slots: unknown, data: unknown }),
    ],
    [
      "escalate",
      "database-full",
      "the database is silent and the disk under it is full: it stopped for that",
      seen([used(0.5)], [], {
        database: known({ ...writing, state: "silent" }),
        data: known({ disks: [used(0.97, dataDisk)], silent: [] }),
      }),
    ],
    [
      "plan",
      "grow",
      "the full disk under the database is one that the units have as well",
      seen([used(0.97)], [volume()], { data: known({ disks: [used(0.97)], silent: [] }) }),
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

describe("the disks under the database", () => {
  const mounted = (mount: string, share: number) => ({
    mount,
    sizeBytes: 1_000,
    usedBytes: share * 1_000,
    volume: undefined,
  });

  test.for([
    ["those named for it, where there are any", ["/", "/backup", "/var/lib/postgresql", "/pg_wal"], 2],
    ["all, where none is named for it", ["/", "/data"], 2],
    ["none, where none is seen", [], 0],
  ] as const)("are %s", ([, mounts, count]) => {
    expect(dataDisksOf(mounts.map((mount) => mounted(mount, 0.5)))).toHaveLength(count);
  });

  test("a full backup beside them is not theirs, and a twentieth kept for the administrator is no room", () => {
    const disks = (share: number) =>
      dataDisksOf([mounted("/backup", 1), mounted("/var/lib/pgsql", share)]).map((one) => ({
        ...one,
        units: ["db-1"],
      }));

    expect(dataFull({ disks: disks(0.94), silent: [] })).toEqual([]);
    expect(dataFull({ disks: disks(0.95), silent: [] }).map(({ mount }) => mount)).toEqual([
      "/var/lib/pgsql",
    ]);
  });
});
