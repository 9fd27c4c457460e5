import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  startKubernetesStandin,
  type KubernetesStandin,
} from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import { haveOrSay, overTls } from "./kubernetes-over-tls.ts";

let standin: KubernetesStandin;
const base = "/apis/coordination.k8s.io/v1/namespaces/csrd-ops/leases";

beforeEach(async () => {
  standin = await startKubernetesStandin({
    accounts: [
      {
        user: "admin",
        token: "admin-token",
        rules: [{ resource: "leases", verbs: ["get", "list", "create", "update", "delete"] }],
      },
      {
        user: "viewer",
        token: "viewer-token",
        rules: [{ resource: "leases", verbs: ["get", "list"], namespaces: ["csrd-ops"] }],
      },
    ],
    namespaces: ["csrd-ops", "default"],
    now: () => new Date("2026-11-21T07:46:30.500Z"),
  });
  return () => standin.stop();
});

type Answer = { readonly status: number; readonly body: Record<string, any>; readonly headers: Headers };

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${standin.url}${path}`, {
    method,
    headers: { authorization: "Bearer admin-token", "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, any>,
    headers: response.headers,
  };
}

const lease = (name = "l1", spec: object = {}) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name },
  spec,
});

/** As a real 1.33 server answered the same mistakes with other kinds. */
const failure = (code: number, reason: string, message: string, details?: object) => ({
  status: code,
  body: {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  },
});

describe("the Kubernetes stand-in", () => {
  test("stamps what it stores, in one count for all objects, and every answer with its own clock", async () => {
    const made = await ask("POST", base, lease("l1", { holderIdentity: "me" }));
    const other = await ask("POST", base, lease("l2"));

    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      kind: "Lease",
      apiVersion: "coordination.k8s.io/v1",
      metadata: {
        name: "l1",
        namespace: "csrd-ops",
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        resourceVersion: expect.stringMatching(/^\d+$/) as string,
        creationTimestamp: "2026-11-21T07:46:30Z",
      },
      spec: { holderIdentity: "me" },
    });
    expect(Number(other.body["metadata"].resourceVersion)).toBe(
      Number(made.body["metadata"].resourceVersion) + 1,
    );
    expect(made.headers.get("date")).toBe("Sat, 21 Nov 2026 07:46:30 GMT");
    expect((await ask("GET", `${base}/l1`)).body).toEqual(made.body);
  });

  test("lists by label, in order of names, with the version of the whole", async () => {
    await ask("POST", base, lease("b"));
    await ask("POST", base, { ...lease("a"), metadata: { name: "a", labels: { team: "ops" } } });
    await ask("POST", base.replace("csrd-ops", "default"), lease("c"));

    const names = async (path: string) =>
      (await ask("GET", path)).body["items"].map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      ) as string[];

    expect(await names(base)).toEqual(["a", "b"]);
    expect(await names(`${base}?labelSelector=team%3Dops`)).toEqual(["a"]);
    expect(await names(`${base}?labelSelector=team!%3Dops`)).toEqual(["b"]);
    expect(await names(`${base}?labelSelector=!team`)).toEqual(["b"]);
    expect(await names("/apis/coordination.k8s.io/v1/leases")).toEqual(["a", "b", "c"]);
    expect((await ask("GET", base)).body).toMatchObject({
      kind: "LeaseList",
      metadata: { resourceVersion: "1003" },
    });
  });

  test("answers mistakes with the Status of a real server", async () => {
    const group = "coordination.k8s.io";
    const about = (name: string) => ({ name, group, kind: "leases" });
    const made = await ask("POST", base, lease());

    expect(await ask("GET", `${base}/nope`)).toMatchObject(
      failure(404, "NotFound", 'leases.coordination.k8s.io "nope" not found', about("nope")),
    );
    expect(await ask("POST", base, lease())).toMatchObject(
      failure(409, "AlreadyExists", 'leases.coordination.k8s.io "l1" already exists', about("l1")),
    );
    expect(
      await ask("PUT", `${base}/l1`, { ...lease(), metadata: { name: "l1", resourceVersion: "1" } }),
    ).toMatchObject(
      failure(
        409,
        "Conflict",
        'Operation cannot be fulfilled on leases.coordination.k8s.io "l1": the object has been modified; please apply your changes to the latest version and try again',
        about("l1"),
      ),
    );
    expect(await ask("POST", base, lease("Bad_Name"))).toMatchObject({
      status: 422,
      body: {
        reason: "Invalid",
        message: expect.stringContaining(
          'Lease.coordination.k8s.io "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain',
        ) as string,
        details: {
          name: "Bad_Name",
          group,
          kind: "Lease",
          causes: [{ reason: "FieldValueInvalid", field: "metadata.name" }],
        },
      },
    });
    expect(await ask("GET", `${base}?labelSelector=a==b,`)).toMatchObject(
      failure(400, "BadRequest", "found '', expected: identifier after ','"),
    );
    expect(made.status).toBe(201);
  });

  test.for([
    [
      "no version to build on",
      { metadata: { name: "l1" } },
      422,
      "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
    ],
    [
      "a lease of no length",
      { spec: { leaseDurationSeconds: 0 } },
      422,
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    ],
    [
      "transitions below zero",
      { spec: { leaseTransitions: -1 } },
      422,
      "spec.leaseTransitions: Invalid value: -1",
    ],
    ["text for a number", { spec: { leaseDurationSeconds: "10" } }, 400, "cannot be handled as a Lease"],
    [
      "a time with three digits",
      { spec: { renewTime: "2026-11-21T03:12:00.000Z" } },
      400,
      "2006-01-02T15:04:05.000000Z07:00",
    ],
    ["another kind", { kind: "ConfigMap" }, 400, "ConfigMap"],
    ["another version", { apiVersion: "v1" }, 400, "does not match the expected API version"],
    ["another name", { metadata: { name: "l2" } }, 400, "does not match the name on the URL (l1)"],
    [
      "another namespace",
      { metadata: { name: "l1", namespace: "default" } },
      400,
      "does not match the namespace sent on the request",
    ],
    [
      "another uid",
      { metadata: { name: "l1", uid: "other", resourceVersion: "1001" } },
      409,
      "Precondition failed: UID",
    ],
    [
      "an unknown field, strictly",
      { spec: { holder: "me" } },
      400,
      'strict decoding error: unknown field "spec.holder"',
    ],
    [
      "a label value that is none",
      { metadata: { name: "l1", resourceVersion: "1001", labels: { a: "b c" } } },
      422,
      "metadata.labels",
    ],
  ] as const)("refuses an update with %s", async ([, change, status, words]) => {
    await ask("POST", base, lease());
    const whole = { ...lease(), metadata: { name: "l1", resourceVersion: "1001" }, ...change };

    const answer = await ask("PUT", `${base}/l1?fieldValidation=Strict`, whole);

    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(words) as string } });
    expect((await ask("GET", `${base}/l1`)).body["metadata"].resourceVersion).toBe("1001");
  });

  test("drops unknown fields where the caller did not ask for strictness, and reads null as absent", async () => {
    const made = await ask(
      "POST",
      base,
      lease("l1", { holder: "me", holderIdentity: null, leaseTransitions: 3 }),
    );

    expect(made.body["spec"]).toEqual({ leaseTransitions: 3 });
  });

  test("makes a missing Lease on PUT, but not one that was deleted meanwhile", async () => {
    const made = await ask("PUT", `${base}/l1`, lease());
    await ask("DELETE", `${base}/l1`);

    expect(made.status).toBe(201);
    expect(await ask("PUT", `${base}/l1`, made.body)).toMatchObject({
      status: 409,
      body: { reason: "Conflict" },
    });
  });

  test("deletes what a precondition still describes, and only that", async () => {
    const made = await ask("POST", base, lease());
    const { uid, resourceVersion } = made.body["metadata"] as { uid: string; resourceVersion: string };

    expect(await ask("DELETE", `${base}/l1`, { preconditions: { resourceVersion: "1" } })).toMatchObject({
      status: 409,
    });
    expect(await ask("DELETE", `${base}/l1`, { preconditions: { uid, resourceVersion } })).toMatchObject({
      status: 200,
      body: { status: "Success", details: { name: "l1", uid } },
    });
    expect(await ask("DELETE", `${base}/l1`)).toMatchObject({ status: 404 });
  });

  test("knows nobody without a token, and lets each do what their rules say", async () => {
    const viewer = { authorization: "Bearer viewer-token" };
    await ask("POST", base, lease());

    for (const authorization of ["", "Bearer nobody", "Basic YTpi", "Bearer "])
      expect(await ask("GET", base, undefined, { authorization })).toMatchObject(
        failure(401, "Unauthorized", "Unauthorized"),
      );
    expect(await ask("GET", `${base}/l1`, undefined, viewer)).toMatchObject({ status: 200 });
    expect(await ask("POST", base, lease("l2"), viewer)).toMatchObject(
      failure(
        403,
        "Forbidden",
        'leases.coordination.k8s.io is forbidden: User "viewer" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "csrd-ops"',
        { group: "coordination.k8s.io", kind: "leases" },
      ),
    );
    expect(await ask("DELETE", `${base}/l1`, undefined, viewer)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('"l1" is forbidden: User "viewer" cannot delete') as string },
    });
    expect(await ask("GET", "/apis/coordination.k8s.io/v1/leases", undefined, viewer)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("at the cluster scope") as string },
    });
  });

  test("refuses what it cannot do exactly, and paths it does not have", async () => {
    expect(await ask("GET", `${base}?watch=1`)).toMatchObject({ status: 400 });
    expect(await ask("PATCH", `${base}/l1`, {})).toMatchObject({ status: 405 });
    expect(await ask("POST", base, lease(), { "content-type": "application/yaml" })).toMatchObject({
      status: 415,
    });
    expect(await ask("GET", "/api/v1/namespaces/csrd-ops/pods")).toMatchObject({ status: 404 });
    expect(await ask("POST", base.replace("csrd-ops", "nowhere"), lease())).toMatchObject({
      status: 404,
      body: { message: 'namespaces "nowhere" not found' },
    });
  });

  test("misbehaves as often as it is told: before anything happened, or with the answer lost", async () => {
    standin.faults.add({ action: "create", kind: "too-many", times: 1 });
    standin.faults.add({ action: "create", kind: "reply-lost", times: 1 });

    const refused = await ask("POST", base, lease());
    await expect(ask("POST", base, lease())).rejects.toThrow();

    expect(refused).toMatchObject({ status: 429 });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await ask("GET", `${base}/l1`)).toMatchObject({ status: 200 });
    expect(standin.calls.map(({ verb, status }) => `${verb} ${status}`)).toEqual([
      "create 429",
      "create dropped",
      "get 200",
    ]);
  });
});

const kubectl =
  haveOrSay("kubectl", ["version", "--client"], "the Kubernetes stand-in under a real kubectl") &&
  haveOrSay("openssl", ["version"], "the Kubernetes stand-in under a real kubectl");

test.skipIf(!kubectl)(
  "a real kubectl creates, reads, replaces and deletes a Lease in it, and understands its refusals",
  async () => {
    const front = await overTls(standin.url);
    const home = mkdtempSync(join(tmpdir(), "ops-kubectl-"));
    onTestFinished(() => {
      front.stop();
      rmSync(home, { recursive: true, force: true });
    });
    const kubeconfig = join(home, "config");
    const user = (name: string) => ({ name, user: { token: `${name}-token` } });
    const context = (name: string) => ({
      name,
      context: { cluster: "here", user: name, namespace: "csrd-ops" },
    });
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
        users: [user("admin"), user("viewer")],
        contexts: [context("admin"), context("viewer")],
        "current-context": "admin",
      }),
    );
    const manifest = (name: string, object: unknown) => {
      const path = join(home, name);
      writeFileSync(path, JSON.stringify(object));
      return path;
    };
    const run = async (...args: readonly string[]) => {
      const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home };
      const { stdout } = await promisify(execFile)("kubectl", [...args], { env });
      return stdout;
    };
    const wanted = manifest(
      "lease.json",
      lease("l1", {
        holderIdentity: "me",
        leaseDurationSeconds: 30,
        renewTime: "2026-11-21T03:12:00.000000Z",
      }),
    );

    await run("create", "--validate=false", "-f", wanted);
    const read = JSON.parse(await run("get", "lease", "l1", "-o", "json")) as Record<string, any>;
    const replaced = await run(
      "replace",
      "--validate=false",
      "-f",
      manifest("next.json", { ...read, spec: { ...read["spec"], leaseDurationSeconds: 45 } }),
    );

    expect(read["spec"]).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 30,
      renewTime: "2026-11-21T03:12:00.000000Z",
    });
    expect(replaced).toContain("lease.coordination.k8s.io/l1 replaced");
    expect(await run("get", "leases", "-o", "name")).toBe("lease.coordination.k8s.io/l1\n");
    await expect(run("replace", "--validate=false", "-f", manifest("old.json", read))).rejects.toThrow(
      "(Conflict)",
    );
    await expect(run("create", "--validate=false", "-f", wanted)).rejects.toThrow("(AlreadyExists)");
    await expect(run("--context", "viewer", "delete", "lease", "l1")).rejects.toThrow("(Forbidden)");
    expect(await run("delete", "lease", "l1", "--wait=false")).toContain("deleted");
  },
);
