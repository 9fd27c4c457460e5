import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import { httpReader } from "#adapters/http.ts";
import { systemClock } from "#kit/clock.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { loadRunbooks } from "#kit/registry.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import { portsOf } from "#kit/uses.ts";
import { openStandinWorld } from "#test/contracts/aws-standin.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { apiService, productionTimes } from "#test/fakes/world.ts";

/** Readers that are asked of AWS in any case; others are not asked once something before them did not answer. */
const awsPorts = ["balancer", "firewall"];
/** What a runbook cannot be asked for without. */
const required: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "agent-kill-switch": { scope: "calculator" },
};

const runbooks = await loadRunbooks(join(import.meta.dirname, "../../runbooks"));

test.for(runbooks.map((runbook) => [runbook.id, runbook] as const))(
  "planning %s over the wire makes looking calls only, under the reading key only",
  async ([, runbook]) => {
    const world = await openStandinWorld();
    onTestFinished(() => world.close());
    const made = bench();
    onTestFinished(() => made.close());
    const dead = { health: "unhealthy", state: "unhealthy", reason: "Target.FailedHealthChecks" } as const;
    const targets = world.cloud.state.targets.get(world.groups[0]) ?? [];
    world.cloud.state.targets.set(
      world.groups[0],
      targets.map((target) => ({ ...target, ...dead })),
    );
    const { identity: _, ...readers } = awsReaders(world.binding, world.binding.read);
    const [first, second] = world.instances;
    const service = {
      ...apiService,
      url: "http://127.0.0.1:9",
      group: world.groups[0],
      rule: world.rule,
      instances: [first, second],
      firewallGroups: [world.firewallGroup],
      logGroup: world.logGroup,
    };

    await made
      .engine({
        clock: systemClock,
        readers: {
          ...unboundReaders(),
          http: httpReader(),
          ...readers,
          inventory: inventoryOf("production", [service]),
          times: productionTimes,
        },
        operators: async () => ({ ...unboundOperators(), ...awsOperators(world.binding, world.binding.act) }),
      })
      .plan(runbook, required[runbook.id] ?? {}, { by: lena });

    if (awsPorts.some((port) => portsOf(runbook).readers.has(port)))
      expect(world.standin.calls.length).toBeGreaterThan(0);
    expect(world.standin.calls.filter((call) => call.mutating || call.key !== "read")).toEqual([]);
    expect(world.cloud.reboots).toEqual([]);
  },
);
