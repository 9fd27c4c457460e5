import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wire } from "#bin/wire.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ops-locks-env-"));
  vi.stubEnv("OPS_ENVIRONMENTS", folder);
  vi.stubEnv("OPS_STATE_DIR", folder);
  return () => rmSync(folder, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());

/** An engine for an environment whose locks live where `locks` says. */
async function engineFor(locks: string, binding = "") {
  writeFileSync(
    join(folder, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings:
  aws: { region: eu-central-1, read: { profile: reader }, act: { profile: operator } }
  ${binding}
services: [{ name: api, url: https://csrd.example.com, instances: [i-0a1], floor: 1 }]
times: { restart: 3m, poll: 5s, steady: 1m, verify: 5m, planExpiry: 15m, lease: 1m, freshDeploy: 1h }
locks: ${locks}
`,
  );
  const wired = wire({ env: "staging" });
  try {
    return await wired.engine();
  } finally {
    wired.close();
  }
}

test.for([
  ["postgres", "bindings.postgres"],
  ["kubernetes-lease", "bindings.kubernetes-lease"],
] as const)(
  "an environment with locks in %s and no such binding gets no engine, and is told what to add",
  async ([where, hint]) => {
    await expect(engineFor(where)).rejects.toMatchObject({
      code: "binding-missing",
      exit: 2,
      hint: expect.stringContaining(`Add ${hint} with`) as string,
    });
  },
);

test.for([
  ["host", ""],
  ["postgres", "postgres: { url: { env: OPS_LOCKS_URL } }"],
  ["kubernetes-lease", "kubernetes-lease: { cluster: in-cluster, namespace: csrd-ops }"],
] as const)(
  "an environment with locks in %s gets an engine, without the store being asked yet",
  async ([where, binding]) => {
    await expect(engineFor(where, binding)).resolves.toHaveProperty("run");
  },
);

test("a place for locks that does not exist is environment-invalid", async () => {
  await expect(engineFor("etcd")).rejects.toMatchObject({ code: "environment-invalid" });
});
