import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { practiceWorldHere, type PracticeWorld } from "#test/contracts/kubernetes-standin.ts";
import { haveOrSay, overTls } from "./kubernetes-over-tls.ts";
import { namespace } from "./memory-node.ts";

const strategic = "application/strategic-merge-patch+json";
const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/csrd-api`;
const pods = `/api/v1/namespaces/${namespace}/pods`;

type Body = Record<string, any>;

/** Speaks to the cluster as its administrator. */
async function ask(
  { standin }: PracticeWorld,
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`${standin.url}${path}`, {
    method,
    headers: { authorization: "Bearer admin-token-1", "content-type": type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const names = async (world: PracticeWorld): Promise<readonly string[]> =>
  (await ask(world, "GET", pods)).body["items"].map((pod: Body) => pod["metadata"].name as string);

describe("the practice cluster", () => {
  test.for([
    ["fewer than no pods", { spec: { replicas: -1 } }, 422, "spec.replicas: Invalid value: -1"],
    ["another selector", { spec: { selector: { matchLabels: { a: "b" } } } }, 422, "field is immutable"],
    [
      "a request above its limit",
      {
        spec: {
          template: { spec: { containers: [{ name: "csrd-api", resources: { limits: { cpu: "100m" } } }] } },
        },
      },
      422,
      "must be less than or equal to cpu limit of 100m",
    ],
    [
      "a container without an image",
      { spec: { template: { spec: { containers: [{ name: "other" }] } } } },
      422,
      "spec.template.spec.containers[1].image: Required value",
    ],
    [
      "what is no quantity",
      {
        spec: {
          template: { spec: { containers: [{ name: "csrd-api", resources: { limits: { cpu: "lots" } } }] } },
        },
      },
      400,
      "cannot be handled as a Deployment",
    ],
    ["a member nobody knows", { spec: { replica: 3 } }, 400, 'unknown field "spec.replica"'],
    ["an old version", { metadata: { resourceVersion: "1" } }, 409, "the object has been modified"],
  ] as const)("refuses a patch with %s", async ([, patch, status, words]) => {
    const world = await practiceWorldHere();

    const answer = await ask(world, "PATCH", `${deployment}?fieldValidation=Strict`, patch, strategic);

    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(words) as string } });
  });

  test("takes a merge patch and a JSON patch as well, and no other form", async () => {
    const world = await practiceWorldHere();

    const merge = await ask(
      world,
      "PATCH",
      deployment,
      { spec: { replicas: 3 } },
      "application/merge-patch+json",
    );
    const operations = [
      { op: "test", path: "/spec/replicas", value: 3 },
      { op: "replace", path: "/spec/replicas", value: 4 },
    ];
    const json = await ask(world, "PATCH", deployment, operations, "application/json-patch+json");
    const again = await ask(world, "PATCH", deployment, operations, "application/json-patch+json");
    const apply = await ask(world, "PATCH", deployment, {}, "application/apply-patch+yaml");

    expect([merge, json, again, apply].map(({ status }) => status)).toEqual([200, 200, 422, 415]);
    expect(json.body["spec"].replicas).toBe(4);
  });

  test("sets the number through its own part, for the version that was read, and rolls to it", async () => {
    const world = await practiceWorldHere();
    const scale = (await ask(world, "GET", `${deployment}/scale`)).body;

    const old = await ask(world, "PUT", `${deployment}/scale`, {
      ...scale,
      metadata: { ...scale["metadata"], resourceVersion: "1" },
      spec: { replicas: 4 },
    });
    const done = await ask(world, "PUT", `${deployment}/scale`, { ...scale, spec: { replicas: 4 } });

    expect([old.status, done.status]).toEqual([409, 200]);
    await vi.waitFor(async () => expect(await names(world)).toHaveLength(4), { timeout: 20_000 });
  });

  test("evicts what the budget lets go, of the very pod that was meant, and starts another under another name", async () => {
    const world = await practiceWorldHere();
    const [first = "", second = ""] = await names(world);
    const evict = (name: string, uid?: string) =>
      ask(world, "POST", `${pods}/${name}/eviction`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name },
        ...(uid === undefined ? {} : { deleteOptions: { preconditions: { uid } } }),
      });
    const pod = world.node.pods.get(second);
    if (pod !== undefined) pod.ready = false;

    expect(await evict(first)).toMatchObject({
      status: 429,
      body: { details: { causes: [{ reason: "DisruptionBudget" }] } },
    });
    expect((await evict(second, "another")).status).toBe(409);
    expect((await evict(second)).status).toBe(201);
    await vi.waitFor(
      async () => {
        const after = await names(world);
        expect(after).toHaveLength(2);
        expect(after).not.toContain(second);
      },
      { timeout: 20_000 },
    );
  });

  test("gives lists page after page, as they were at the first, until they have got too old", async () => {
    const world = await practiceWorldHere({ objects: { replicas: 3 } });
    const first = await ask(world, "GET", `${pods}?limit=2`);
    const { continue: token } = first.body["metadata"];
    const next = await ask(world, "GET", `${pods}?limit=2&continue=${token}`);
    world.standin.faults.add({ action: "list", kind: "expired", times: 1 });
    const late = await ask(world, "GET", `${pods}?limit=2&continue=${token}`);

    expect(first.body["items"]).toHaveLength(2);
    expect(first.body["metadata"].remainingItemCount).toBe(1);
    expect(next.body["items"]).toHaveLength(1);
    expect(next.body["metadata"].continue).toBeUndefined();
    expect(late).toMatchObject({ status: 410, body: { reason: "Expired" } });
  });

  test("stops making pods at a quota, and says so in an event", async () => {
    const world = await practiceWorldHere();
    world.standin.limitPods(2);
    await ask(world, "PATCH", deployment, { spec: { replicas: 4 } }, strategic);

    await vi.waitFor(
      async () => {
        const { items } = (await ask(world, "GET", `/api/v1/namespaces/${namespace}/events`)).body;
        expect(items.some((event: Body) => event["reason"] === "FailedCreate")).toBe(true);
      },
      { timeout: 20_000 },
    );
    expect(await names(world)).toHaveLength(2);
  });

  test("refuses logs it cannot give, as a real server words it", async () => {
    const world = await practiceWorldHere();
    const [first = ""] = await names(world);
    const log = (query: string) => ask(world, "GET", `${pods}/${first}/log?${query}`);

    expect(await log("previous=true")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("previous terminated container") as string },
    });
    expect((await log("container=nobody")).status).toBe(400);
    expect((await log("sinceSeconds=0")).status).toBe(422);
  });
});

const kubectl =
  haveOrSay("kubectl", ["version", "--client"], "the practice cluster under a real kubectl") &&
  haveOrSay("openssl", ["version"], "the practice cluster under a real kubectl");

test.skipIf(!kubectl)(
  "a real kubectl reads, scales, restarts and evicts in it, and understands its refusals",
  async () => {
    const world = await practiceWorldHere();
    const front = await overTls(world.standin.url);
    const home = mkdtempSync(join(tmpdir(), "ops-kubectl-"));
    onTestFinished(() => {
      front.stop();
      rmSync(home, { recursive: true, force: true });
    });
    const kubeconfig = join(home, "config");
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
          {
            name: "here",
            cluster: {
              server: front.url,
              "certificate-authority-data": readFileSync(front.ca).toString("base64"),
            },
          },
        ],
        users: [{ name: "admin", user: { token: "admin-token-1" } }],
        contexts: [{ name: "admin", context: { cluster: "here", user: "admin", namespace } }],
        "current-context": "admin",
      }),
    );
    const run = async (...args: readonly string[]) => {
      const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home };
      return (await promisify(execFile)("kubectl", [...args], { env })).stdout;
    };
    const [first = "", second = ""] = await names(world);
    world.node.pods.get(first)?.logs.current.push({ at: new Date(), text: "a line of the first" });

    expect(await run("get", "pods", "-o", "name")).toBe(`pod/${first}\npod/${second}\n`);
    expect(await run("logs", first)).toBe("a line of the first\n");
    expect(await run("scale", "deployment/csrd-api", "--replicas=3")).toContain("scaled");
    await vi.waitFor(async () => expect(await names(world)).toHaveLength(3), { timeout: 20_000 });
    await expect(run("scale", "deployment/csrd-api", "--replicas=2", "--current-replicas=7")).rejects.toThrow(
      "Expected replicas to be 7, was 3",
    );
    await expect(run("rollout", "restart", "deployment", "--all")).rejects.toThrow("unknown flag: --all");
    expect(await run("rollout", "restart", "deployment/csrd-api")).toContain("restarted");
    await vi.waitFor(
      async () => {
        const after = await names(world);
        expect(after).toHaveLength(3);
        expect(after.some((name) => name === first || name === second)).toBe(false);
      },
      { timeout: 30_000 },
    );
    const [third = ""] = await names(world);
    expect(await run("delete", "pod", third, "--wait=false")).toContain("deleted");
    expect(await run("get", "--raw", "/apis/metrics.k8s.io/v1beta1/namespaces/csrd/pods")).toContain(
      "PodMetricsList",
    );
    await expect(run("get", "secrets")).rejects.toThrow("doesn't have a resource type");
  },
);
