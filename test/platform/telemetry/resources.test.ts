import { execFileSync } from "node:child_process";
import { availableParallelism, tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { judgeResources, readResources } from "#platform/telemetry/resources.ts";

const calm = { cpuUsage: 20, memoryUsage: 40, diskUsage: 40, memoryFreeBytes: 8e9, diskFreeBytes: 50e9 };

test.for([
  ["healthy", "all is calm", calm],
  ["healthy", "the CPU is busy working", { ...calm, cpuUsage: 100 }],
  ["healthy", "a large disk is 97 % full with 30 GB left", { ...calm, diskUsage: 97, diskFreeBytes: 30e9 }],
  ["unhealthy", "the disk is nearly gone", { ...calm, diskUsage: 99, diskFreeBytes: 1e8 }],
  ["unhealthy", "the memory is nearly gone", { ...calm, memoryUsage: 98, memoryFreeBytes: 1e8 }],
] as const)("is %s when %s", ([state, , resources]) => {
  expect(judgeResources(resources)).toBe(state);
});

test("reads this machine in whole percent", async () => {
  const resources = await readResources(tmpdir());

  for (const percent of [resources.cpuUsage, resources.memoryUsage, resources.diskUsage]) {
    expect(Number.isInteger(percent)).toBe(true);
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
  expect(resources.diskFreeBytes).toBeGreaterThan(0);
});

test("the disk is as full as df says, to the percent", async () => {
  const said = execFileSync("df", ["--output=pcent", tmpdir()], { encoding: "utf8" });

  const { diskUsage } = await readResources(tmpdir());

  // df rounds up, and the disk is in use meanwhile.
  expect(Math.abs(diskUsage - Number(/(\d+)%/.exec(said)?.[1]))).toBeLessThanOrEqual(1);
});

test("a busy CPU is seen, and looks in quick succession say the same", async () => {
  await readResources(tmpdir());
  await pause(600);
  const until = performance.now() + 700;
  while (performance.now() < until) Math.sqrt(until);

  const [one, other] = await Promise.all([readResources(tmpdir()), readResources(tmpdir())]);

  expect(one.cpuUsage).toBeGreaterThanOrEqual(Math.floor(50 / availableParallelism()));
  expect(other.cpuUsage).toBe(one.cpuUsage);
});
