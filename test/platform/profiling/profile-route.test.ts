import { expect, onTestFinished, test } from "vitest";
import { httpServer } from "#platform/service/http-server.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { createMetrics } from "#platform/telemetry/metrics.ts";

const token = "a-probe-token-of-a-test-1";

async function service(watcherToken: string | undefined) {
  const app = await httpServer({
    gate: { watcherToken },
    log: createLog("test", { level: "INFO", to: { write: () => undefined } }),
    metrics: createMetrics({ service: "worker", instance: "w", version: "0" }),
    needs: {},
    health: async () => ({ status: "healthy", body: {} }),
  });
  onTestFinished(() => app.close());
  return (body: object, bearer: string | undefined = watcherToken) =>
    app.inject({
      method: "POST",
      url: "/debug/profile",
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      payload: body,
    });
}

test("nobody gets a profile without the token, and nobody at all where none is set", async () => {
  const guarded = await service(token);
  const unguarded = await service(undefined);
  const order = { kind: "cpu", seconds: 1 };

  expect((await guarded(order, "something else")).statusCode).toBe(401);
  expect((await guarded(order, "")).statusCode).toBe(401);
  const closed = await unguarded(order);
  expect([closed.statusCode, closed.json().code]).toEqual([403, "right-missing"]);
  expect(closed.json().detail).toContain("CSRD_PROBE_TOKEN");
});

test.for([
  { kind: "cpu", seconds: 0 },
  { kind: "cpu", seconds: 31 },
  { kind: "cpu", seconds: 1.5 },
  { kind: "heap snapshot", seconds: 1 },
  { kind: "cpu", seconds: 1, pid: 1 },
  {},
])("an order such as %o is refused", async (order) => {
  const ask = await service(token);

  expect((await ask(order)).statusCode).toBe(400);
});

test("one profile at a time; afterwards another one may be taken", async () => {
  const ask = await service(token);

  const both = await Promise.all([ask({ kind: "cpu", seconds: 1 }), ask({ kind: "cpu", seconds: 1 })]);
  const after = await ask({ kind: "memory", seconds: 1 });

  expect(both.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 429]);
  expect(after.statusCode).toBe(200);
  expect(after.json()).toMatchObject({
    seconds: 1,
    processes: [{ what: "service", pid: process.pid, kind: "memory", profile: { samples: [] } }],
  });
});

test("functions are told by name, and by the file's place in the repository", async () => {
  const ask = await service(token);

  const { processes } = (await ask({ kind: "cpu", seconds: 1 })).json();

  const { nodes, samples, timeDeltas } = processes[0].profile;
  // Starting and ending it is work of its own.
  expect(nodes).toContainEqual(
    expect.objectContaining({
      callFrame: expect.objectContaining({
        functionName: "takeProfile",
        url: "platform/profiling/profile.ts",
      }),
    }),
  );
  expect(samples.length).toBeGreaterThan(0);
  expect(timeDeltas).toHaveLength(samples.length);
});
