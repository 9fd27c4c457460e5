import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsBinding } from "#adapters/aws/binding.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import type { AwsPlace, AwsPolicies } from "#adapters/aws/permissions.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import { httpReader } from "#adapters/http.ts";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createEngine } from "#kit/engine.ts";
import { inventoryOf } from "#kit/inventory.ts";
import type { Runbook } from "#kit/runbook.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import type { Policies } from "#sandbox/standins/aws/authorize.ts";
import { startAwsStandin, type AwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { apiService, productionTimes } from "#test/fakes/world.ts";
import { groupArn, memoryCloud, ruleArn, type MemoryCloud } from "#test/sandbox/standins/memory-cloud.ts";

const instances = ["i-00000000000000001", "i-00000000000000002"];

/** The service that the small cloud holds. */
const service = {
  ...apiService,
  group: groupArn("blue"),
  rule: ruleArn,
  instances,
  firewallGroups: ["sg-00000001"],
  logGroup: "/aws/csrd-platform",
  port: 8000,
};

/** What the printed policies are for. */
export const place: AwsPlace = {
  account: "123456789012",
  region: "eu-central-1",
  services: [service],
  machines: { unit: "csrd-platform", lookDocument: "csrd-ops-look", restartDocument: "csrd-ops-restart" },
};

/** Only these policies, as they are attached to the two roles. */
export function attached({ read, act }: Pick<AwsPolicies, "read" | "act">): Policies {
  return { read: [read], act: [act] };
}

/** An outage of the version that takes traffic; rebooting heals it, and so does moving the traffic to the other version. */
function brokenCloud(): MemoryCloud {
  const cloud = memoryCloud();
  const targets = (health: "healthy" | "unhealthy") =>
    instances.map((instance) => ({
      instance,
      port: 8000,
      state: health,
      ...(health === "healthy" ? {} : { reason: "Target.FailedHealthChecks" }),
    }));
  cloud.state.targets.set(groupArn("blue"), targets("unhealthy"));
  cloud.state.targets.set(groupArn("green"), targets("healthy"));
  return {
    ...cloud,
    reboot: async (id) => {
      await cloud.reboot(id);
      const before = cloud.state.targets.get(groupArn("blue")) ?? [];
      cloud.state.targets.set(
        groupArn("blue"),
        before.map((target) =>
          target.instance === id ? { instance: id, port: 8000, state: "healthy" } : target,
        ),
      );
    },
  };
}

/** What users get: 200 where every target that takes traffic is healthy. */
async function outside(cloud: MemoryCloud): Promise<Server> {
  const server = createServer((_, response) => {
    const live = cloud.state.weights.filter(({ weight }) => weight > 0);
    const well = live.every(({ group }) =>
      cloud.state.targets.get(group)?.every(({ state }) => state === "healthy"),
    );
    response.writeHead(well ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** How a run ended under some policies. */
export type Ran = {
  /** Solved, and every question was answered. */
  readonly complete: boolean;
  readonly verdict: string;
  readonly calls: AwsStandin["calls"];
};

/** Plays a runbook from the outage to its end, the production adapters on one side, IAM's rules on the other. */
export async function runUnder(runbook: Runbook, policies: Policies): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "ops-least-"));
  const cloud = brokenCloud();
  const standin = await startAwsStandin({ cloud, keys: practiceKeys, policies });
  const users = await outside(cloud);
  const journal = openSqliteJournal(join(folder, "journal.db"));
  const binding = bindingTo(standin.url);
  const { identity: _, ...readers } = awsReaders(binding, binding.read);
  const port = (users.address() as AddressInfo).port;
  const engine = createEngine({
    journal,
    locks: journal,
    clock: systemClock,
    readers: {
      ...unboundReaders(),
      http: httpReader(),
      ...readers,
      inventory: inventoryOf("production", [{ ...service, url: `http://127.0.0.1:${port}` }]),
      // Each restart in good order is waited for in vain, as long as this.
      times: { ...productionTimes, restart: "2s", poll: "20ms", steady: "50ms", verify: "5s" },
    },
    operators: async () => ({ ...unboundOperators(), ...awsOperators(binding, binding.act) }),
    environment: {
      name: "production",
      tier: "production",
      identity: { account: cloud.account },
      approvers: ["omar"],
    },
    policy: () => ({ count: 1, requesterMay: false, strength: "environment", rule: "test" }),
    owner: "desk:1:aaaaaa",
    runbooks: [runbook],
    onEntry(entry, state) {
      if (entry.event.type !== "approval.asked") return;
      const { digest } = entry.event;
      void journal.note(state.run, { type: "approval.given", digest, by: omar, lookedAgain: "same" });
    },
  });
  try {
    const state = await engine.run(runbook, {}, { by: lena });
    return {
      complete:
        state.ended?.outcome === "solved" && state.probes.every((probe) => probe.finding?.known === true),
      verdict: state.ended?.verdict ?? "not ended",
      calls: standin.calls,
    };
  } finally {
    journal.close();
    users.closeAllConnections();
    users.close();
    await standin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A binding whose keys are the stand-in's, from this process's environment. */
export function bindingTo(endpoint: string): AwsBinding {
  process.env["OPS_TEST_READ_ID"] = practiceKeys.read.accessKeyId;
  process.env["OPS_TEST_READ_KEY"] = practiceKeys.read.secretAccessKey;
  process.env["OPS_TEST_ACT_ID"] = practiceKeys.act.accessKeyId;
  process.env["OPS_TEST_ACT_KEY"] = practiceKeys.act.secretAccessKey;
  return AwsBinding.parse({
    region: place.region,
    endpoint,
    read: { accessKeyId: { env: "OPS_TEST_READ_ID" }, secretAccessKey: { env: "OPS_TEST_READ_KEY" } },
    act: { accessKeyId: { env: "OPS_TEST_ACT_ID" }, secretAccessKey: { env: "OPS_TEST_ACT_KEY" } },
    machines: place.machines,
  });
}
