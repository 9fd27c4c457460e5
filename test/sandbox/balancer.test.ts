import { createServer, request, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type Balancer, startBalancer } from "#sandbox/balancer/balancer.ts";
import { listenOnLoopback } from "#sandbox/loopback.ts";

const health = { path: "/readyz", intervalMs: 20, timeoutMs: 200, healthyAfter: 2, unhealthyAfter: 2 };

/** A small web server that says its own name, and can be told what `/readyz` answers. */
async function target(name: string) {
  const state = { ready: 200, hung: false };
  const server: Server = createServer((incoming, outgoing) => {
    if (state.hung) return;
    if (incoming.url === "/readyz") outgoing.writeHead(state.ready).end();
    else if (incoming.url === "/echo") incoming.pipe(outgoing);
    else outgoing.end(name);
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { instance: name, address: "127.0.0.1", port, state, server };
}

async function balancerOver(
  groups: Readonly<Record<string, readonly Awaited<ReturnType<typeof target>>[]>>,
  weights: Readonly<Record<string, number>>,
  reachable = () => true,
): Promise<Balancer> {
  const balancer = await startBalancer({
    groups: Object.entries(groups).map(([arn, targets]) => ({ arn, targets })),
    weights: Object.entries(weights).map(([group, weight]) => ({ group, weight })),
    health,
    idleMs: 300,
    reachable,
  });
  onTestFinished(() => balancer.stop());
  return balancer;
}

async function untilState(balancer: Balancer, group: string, instance: string, state: string): Promise<void> {
  await expect
    .poll(() => balancer.targets(group).find((one) => one.instance === instance)?.state, { timeout: 10_000 })
    .toBe(state);
}

async function counts(balancer: Balancer, requests: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let each = 0; each < requests; each += 1) {
    const answer = await fetch(balancer.url);
    const name = answer.ok ? await answer.text() : String(answer.status);
    seen[name] = (seen[name] ?? 0) + 1;
  }
  return seen;
}

test("a weight moves exactly its share of real requests, and takes turns inside a group", async () => {
  const [blue1, blue2, green] = await Promise.all([target("blue-1"), target("blue-2"), target("green-1")]);
  const balancer = await balancerOver({ blue: [blue1, blue2], green: [green] }, { blue: 75, green: 25 });
  await untilState(balancer, "blue", "blue-1", "healthy");
  await untilState(balancer, "blue", "blue-2", "healthy");
  await untilState(balancer, "green", "green-1", "healthy");

  const before = await counts(balancer, 80);
  balancer.setWeights([
    { group: "blue", weight: 0 },
    { group: "green", weight: 1 },
  ]);
  const after = await counts(balancer, 20);

  expect(before["green-1"]).toBe(20);
  expect(before["blue-1"]).toBe(30);
  expect(before["blue-2"]).toBe(30);
  expect(after).toEqual({ "green-1": 20 });
});

test("a target that fails its health check is left out with the reason, and comes back", async () => {
  const [one, two] = await Promise.all([target("one"), target("two")]);
  const balancer = await balancerOver({ blue: [one, two] }, { blue: 100 });
  await untilState(balancer, "blue", "one", "healthy");
  await untilState(balancer, "blue", "two", "healthy");

  two.state.ready = 503;
  await untilState(balancer, "blue", "two", "unhealthy");
  const seen = balancer.targets("blue").find(({ instance }) => instance === "two");
  const without = await counts(balancer, 10);
  two.state.ready = 200;
  await untilState(balancer, "blue", "two", "healthy");

  expect(seen?.reason).toBe("Target.ResponseCodeMismatch");
  expect(seen?.description).toBe("Health checks failed with these codes: [503]");
  expect(without).toEqual({ one: 10 });
  expect(await counts(balancer, 10)).toEqual({ one: 5, two: 5 });
});

test("without a healthy target the answer is 503, never a wait", async () => {
  const one = await target("one");
  const balancer = await balancerOver({ blue: [one] }, { blue: 100 });
  await untilState(balancer, "blue", "one", "healthy");

  one.server.closeAllConnections();
  one.server.close();
  await untilState(balancer, "blue", "one", "unhealthy");

  expect((await fetch(balancer.url)).status).toBe(503);
  expect(balancer.targets("blue")[0]?.reason).toBe("Target.FailedHealthChecks");
});

test("a target that hangs, and one behind a closed firewall, both time out", async () => {
  const one = await target("one");
  let open = true;
  const balancer = await balancerOver({ blue: [one] }, { blue: 100 }, () => open);
  await untilState(balancer, "blue", "one", "healthy");

  one.state.hung = true;
  const hung = await fetch(balancer.url);
  await untilState(balancer, "blue", "one", "unhealthy");
  const reasonHung = balancer.targets("blue")[0]?.reason;
  one.state.hung = false;
  await untilState(balancer, "blue", "one", "healthy");
  open = false;
  await untilState(balancer, "blue", "one", "unhealthy");

  expect(hung.status).toBe(504);
  expect(reasonHung).toBe("Target.Timeout");
  expect(balancer.targets("blue")[0]?.reason).toBe("Target.Timeout");
});

test("a group that no rule names is unused", async () => {
  const [one, spare] = await Promise.all([target("one"), target("spare")]);

  const balancer = await balancerOver({ blue: [one], spare: [spare] }, { blue: 100 });

  expect(balancer.targets("spare")[0]).toMatchObject({ state: "unused", reason: "Target.NotInUse" });
});

test("a body goes through in both directions while it is still being written", async () => {
  const one = await target("one");
  const balancer = await balancerOver({ blue: [one] }, { blue: 100 });
  await untilState(balancer, "blue", "one", "healthy");

  const caller = request(`${balancer.url}/echo`, { method: "POST" });
  caller.write("first ");
  const response = await new Promise<NodeJS.ReadableStream>((resolve) => caller.once("response", resolve));
  const first = await new Promise((resolve) => response.once("data", (data) => resolve(String(data))));
  await sleep(1);
  caller.end("second");
  let rest = "";
  for await (const chunk of response) rest += String(chunk);

  expect(first).toBe("first ");
  expect(rest).toBe("second");
});
