import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsBinding } from "#adapters/aws/binding.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import { OpsError } from "#kit/errors.ts";

/** A place that speaks AWS, with something in it: two instances behind the first of two target groups, a rule, a firewall group open on 8000, a log group. */
export type AwsWorld = {
  readonly binding: AwsBinding;
  readonly account: string;
  readonly instances: readonly [string, string];
  readonly groups: readonly [string, string];
  readonly rule: string;
  readonly firewallGroup: string;
  readonly logGroup: string;
  /** Puts lines into the log group, now. */
  readonly log: (messages: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What every endpoint must do for the adapter, whoever stands behind it. With a reason to skip, it says so and skips. */
export function awsContract(name: string, open: () => Promise<AwsWorld>, skip?: string): void {
  if (skip !== undefined) process.stdout.write(`skipped, AWS contract against ${name}: ${skip}\n`);
  describe.skipIf(skip !== undefined)(`AWS contract: ${name}`, () => {
    let world: AwsWorld;
    const readers = () => awsReaders(world.binding, world.binding.read);
    const operators = () => awsOperators(world.binding, world.binding.act);

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    it("describes exactly the instances asked for, in that order, each once", async () => {
      const [first, second] = world.instances;

      const found = await readers().instances.describe([second, first, second]);

      expect(found.map(({ id }) => id)).toEqual([second, first]);
      expect(found.map(({ name }) => name)).toEqual(["api-2", "api-1"]);
      expect(found[0]).toMatchObject({ state: "running", check: "ok", version: "2.4.1" });
    });

    it("refuses an instance that does not exist, by the vendor's own code", async () => {
      const error = await failure(readers().instances.describe([world.instances[0], "i-0badbadbadbadbad0"]));

      expect(error.code).toBe("tool-refused");
      expect(error.summary).toContain("DescribeInstances");
      expect(error.summary).toContain(new URL(world.binding.endpoint ?? "").host);
      expect(error.summary).toContain("InvalidInstanceID.NotFound");
    });

    it("never takes an empty list for all", async () => {
      expect((await failure(readers().instances.describe([]))).code).toBe("selector-empty");
      expect((await failure(readers().firewall.ingress([]))).code).toBe("selector-empty");
      expect((await failure(readers().deploys.recent([]))).code).toBe("selector-empty");
      expect((await failure(operators().instanceAdmin.reboot(""))).code).toBe("selector-empty");
      expect((await failure(operators().balancerAdmin.setWeights(world.rule, []))).code).toBe(
        "selector-empty",
      );
    });

    it("says how the balancer sees each target, with its port", async () => {
      const targets = await readers().balancer.targets(world.groups[0]);

      expect(targets.map(({ instance }) => instance).sort()).toEqual([...world.instances].sort());
      expect(targets.map(({ health }) => health)).toEqual(["healthy", "healthy"]);
      expect(targets.map(({ port }) => port)).toEqual([8000, 8000]);
    });

    it("refuses a target group and a rule that do not exist", async () => {
      const group = world.groups[0].replace(/[0-9a-f]{16}$/, "ffffffffffffffff");
      const rule = world.rule.replace(/[0-9a-f]{16}$/, "ffffffffffffffff");

      expect(await failure(readers().balancer.targets(group))).toMatchObject({
        code: "tool-refused",
        summary: expect.stringContaining("TargetGroupNotFound"),
      });
      expect((await failure(readers().balancer.weights(rule))).code).toBe("tool-refused");
    });

    it("moves traffic by the rule's weights and reads back what it set", async () => {
      const [blue, green] = world.groups;
      const before = await readers().balancer.weights(world.rule);

      await operators().balancerAdmin.setWeights(world.rule, [
        { group: blue, weight: 95 },
        { group: green, weight: 5 },
      ]);
      const canary = await readers().balancer.weights(world.rule);
      await operators().balancerAdmin.setWeights(world.rule, before);

      expect(canary).toEqual([
        { group: blue, weight: 95 },
        { group: green, weight: 5 },
      ]);
      expect(await readers().balancer.weights(world.rule)).toEqual(before);
    });

    it("does not send a split that would stop all traffic or that AWS has no room for", async () => {
      const [blue, green] = world.groups;
      const before = await readers().balancer.weights(world.rule);
      const bad = [
        [{ group: blue, weight: 0 }],
        [{ group: blue, weight: 1000 }],
        [{ group: blue, weight: 0.5 }],
        [
          { group: blue, weight: 1 },
          { group: blue, weight: 2 },
        ],
        Array.from({ length: 6 }, (_, index) => ({ group: `${green}${index}`, weight: 1 })),
      ];

      const errors = await Promise.all(
        bad.map((weights) => failure(operators().balancerAdmin.setWeights(world.rule, weights))),
      );

      expect(errors.map(({ code }) => code)).toEqual(bad.map(() => "guard-refused"));
      expect(await readers().balancer.weights(world.rule)).toEqual(before);
    });

    it("reads which ports a firewall group lets in, and from where", async () => {
      const rules = await readers().firewall.ingress([world.firewallGroup]);

      expect(rules).toContainEqual({
        group: world.firewallGroup,
        protocol: "tcp",
        fromPort: 8000,
        toPort: 8000,
        sources: ["10.0.0.0/8"],
      });
    });

    it("finds error lines, newest last, and leaves the rest", async () => {
      await world.log([
        JSON.stringify({ timestamp: at(30), level: "ERROR", message: "first" }),
        JSON.stringify({ timestamp: at(20), level: "INFO", message: "ERROR is only a word here" }),
        "plain text with ERROR in it",
        JSON.stringify({ timestamp: at(10), level: "CRITICAL", message: "second\u001b[31m\nline" }),
        JSON.stringify({ timestamp: at(5), level: "ERROR", message: "third" }),
      ]);

      const all = await readers().logs.errors(world.logGroup, { since: "10m", limit: 20 });
      const last = await readers().logs.errors(world.logGroup, { since: "10m", limit: 2 });

      expect(all.map(({ level, message }) => [level, message])).toEqual([
        ["ERROR", "first"],
        ["CRITICAL", "second line"],
        ["ERROR", "third"],
      ]);
      expect(last.map(({ message }) => message)).toEqual(["second line", "third"]);
    });

    it("refuses a log group that does not exist", async () => {
      const error = await failure(readers().logs.errors("/aws/nobody", { since: "10m", limit: 5 }));

      expect(error).toMatchObject({
        code: "tool-refused",
        summary: expect.stringContaining("ResourceNotFoundException"),
      });
    });

    it("reads the last deploy from the tags it left", async () => {
      const deploys = await readers().deploys.recent(world.instances);

      expect(deploys).toEqual([
        {
          version: "2.4.1",
          previous: "2.4.0",
          at: "2026-11-20T10:00:00.000Z",
          instances: [...world.instances],
        },
      ]);
    });

    it("reboots one instance", async () => {
      await operators().instanceAdmin.reboot(world.instances[0]);

      const [after] = await readers().instances.describe([world.instances[0]]);
      expect(after?.id).toBe(world.instances[0]);
    });

    it("refuses to reboot what does not exist", async () => {
      const error = await failure(operators().instanceAdmin.reboot("i-0badbadbadbadbad0"));

      expect(error).toMatchObject({
        code: "tool-refused",
        summary: expect.stringContaining("InvalidInstanceID.NotFound"),
      });
    });

    it("says whose credentials these are", async () => {
      expect((await readers().identity()).account).toBe(world.account);
      expect((await operators().identity()).account).toBe(world.account);
    });
  });
}

function at(secondsAgo: number): string {
  return new Date(Date.now() - secondsAgo * 1000).toISOString();
}

/** The toolkit's error a promise was rejected with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<OpsError> {
  try {
    await promise;
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
  throw new Error("it was expected to fail and did not");
}
