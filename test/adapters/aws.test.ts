import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsBinding, parseAwsBinding } from "#adapters/aws/binding.ts";
import { requireAccount } from "#adapters/aws/identity.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import { OpsError } from "#kit/errors.ts";
import { awsContract, failure } from "../contracts/aws.ts";
import { openStandinWorld, practiceKeys, type StandinWorld } from "../contracts/aws-standin.ts";

awsContract("stand-in", () => openStandinWorld());

describe("AWS adapter", () => {
  let world: StandinWorld;
  const readers = () => awsReaders(world.binding, world.binding.read);
  const operators = () => awsOperators(world.binding, world.binding.act);

  beforeEach(async () => {
    world = await openStandinWorld({ pageSize: 1 });
  });
  afterEach(() => world.close());

  it("looks at everything without one changing call, and only under the reading key", async () => {
    await readers().instances.describe(world.instances);
    await readers().balancer.targets(world.groups[0]);
    await readers().balancer.weights(world.rule);
    await readers().firewall.ingress([world.firewallGroup]);
    await readers().logs.errors(world.logGroup, { since: "10m", limit: 5 });
    await readers().deploys.recent(world.instances);

    expect(world.standin.calls.filter(({ mutating }) => mutating)).toEqual([]);
    expect(new Set(world.standin.calls.map(({ key }) => key))).toEqual(new Set(["read"]));
    expect(world.standin.calls.every(({ status }) => status === 200)).toBe(true);
  });

  it("finds nothing on the readers that could change anything", () => {
    expect(Object.keys(readers()).sort()).toEqual([
      "balancer",
      "deploys",
      "firewall",
      "hosts",
      "identity",
      "instances",
      "logs",
      "volumes",
      "workloads",
    ]);
    expect(readers().balancer).not.toHaveProperty("setWeights");
    expect(readers().instances).not.toHaveProperty("reboot");
  });

  it("is refused when it tries to act under the reading key, and nothing happens", async () => {
    const trespasser = awsOperators(world.binding, world.binding.read);
    const before = world.cloud.state.weights;

    const reboot = await failure(trespasser.instanceAdmin.reboot(world.instances[0]));
    const weights = await failure(
      trespasser.balancerAdmin.setWeights(world.rule, [{ group: world.groups[1], weight: 1 }]),
    );

    expect(reboot).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("UnauthorizedOperation"),
    });
    expect(weights).toMatchObject({ code: "tool-refused", summary: expect.stringContaining("AccessDenied") });
    expect(world.cloud.reboots).toEqual([]);
    expect(world.cloud.state.weights).toBe(before);
  });

  it("follows every page", async () => {
    const { state } = world.cloud;
    state.firewall = ["1", "2", "3"].map((number) => ({
      group: `sg-0000000${number}`,
      protocol: "tcp",
      fromPort: 8000,
      toPort: 8000,
      cidrs: ["10.0.0.0/8", "fd00::/8"],
    }));
    await world.log(
      Array.from({ length: 7 }, (_, index) =>
        JSON.stringify({ level: index % 2 === 0 ? "ERROR" : "INFO", message: `line ${index}` }),
      ),
    );

    const found = await readers().instances.describe(world.instances);
    const rules = await readers().firewall.ingress(state.firewall.map(({ group }) => group));
    const lines = await readers().logs.errors(world.logGroup, { since: "10m", limit: 50 });

    expect(found.map(({ check }) => check)).toEqual(["ok", "ok"]);
    expect(rules.map(({ group }) => group)).toEqual(["sg-00000001", "sg-00000002", "sg-00000003"]);
    expect(rules[0]?.sources).toEqual(["10.0.0.0/8", "fd00::/8"]);
    expect(lines.map(({ message }) => message)).toEqual(["line 0", "line 2", "line 4", "line 6"]);
  });

  it.for([
    ["running", "impaired", "impaired"],
    ["running", "initializing", "initializing"],
    ["stopped", "ok", "not-applicable"],
  ] as const)("reads a %s instance whose check is %s as %s", async ([state, check, expected]) => {
    const [first, ...rest] = world.cloud.state.instances;
    if (first === undefined) throw new Error("the small cloud is empty");
    world.cloud.state.instances = [{ ...first, state, check }, ...rest];

    const [found] = await readers().instances.describe([first.id]);

    expect(found).toMatchObject({ state, check: expected });
  });

  it("gives the balancer's own reason for a target that is not healthy", async () => {
    world.cloud.state.targets.set(world.groups[0], [
      {
        instance: world.instances[0],
        port: 8000,
        state: "unhealthy",
        reason: "Target.Timeout",
        description: "Request timed out",
      },
    ]);

    expect(await readers().balancer.targets(world.groups[0])).toEqual([
      {
        instance: world.instances[0],
        port: 8000,
        health: "unhealthy",
        reason: "Target.Timeout: Request timed out",
      },
    ]);
  });

  it("orders deploys newest first, skips instances without tags, and does not guess an unreadable instant", async () => {
    const [first, second] = world.cloud.state.instances;
    if (first === undefined || second === undefined) throw new Error("the small cloud is empty");
    const fresh = { "csrd:version": "2.5.0", "csrd:deployed-at": "2026-11-21T09:00:00+01:00" };
    world.cloud.state.instances = [
      first,
      { ...second, tags: fresh },
      { ...second, id: "i-00000000000000003", tags: {} },
    ];
    const ids = world.cloud.state.instances.map(({ id }) => id);

    const deploys = await readers().deploys.recent(ids);
    world.cloud.state.instances = [{ ...first, tags: { ...fresh, "csrd:deployed-at": "yesterday" } }];
    const error = await failure(readers().deploys.recent([first.id]));

    expect(deploys.map(({ version, at }) => [version, at])).toEqual([
      ["2.5.0", "2026-11-21T08:00:00.000Z"],
      ["2.4.1", "2026-11-20T10:00:00.000Z"],
    ]);
    expect(error.code).toBe("tool-refused");
    expect(error.summary).toContain('"yesterday"');
  });

  it("gets over a short throttle, looking and acting", async () => {
    world.standin.faults.add({ action: "DescribeInstances", kind: "throttled", times: 2 });
    world.standin.faults.add({ action: "RebootInstances", kind: "throttled", times: 2 });

    await readers().instances.describe(world.instances);
    await operators().instanceAdmin.reboot(world.instances[0]);

    expect(world.cloud.reboots).toEqual([world.instances[0]]);
  });

  it("says so when it stays throttled or unavailable", async () => {
    world.standin.faults.add({ action: "DescribeTargetHealth", kind: "throttled", times: 3 });
    world.standin.faults.add({ action: "FilterLogEvents", kind: "unavailable", times: 3 });

    const throttled = await failure(readers().balancer.targets(world.groups[0]));
    const unavailable = await failure(readers().logs.errors(world.logGroup, { since: "1m", limit: 5 }));

    expect(throttled).toMatchObject({
      code: "tool-unreachable",
      summary: expect.stringContaining("throttled"),
    });
    expect(unavailable).toMatchObject({ code: "tool-unreachable", summary: expect.stringContaining("503") });
  });

  it("never repeats a reboot whose answer was lost, and says that it may have happened", async () => {
    world.standin.faults.add({ action: "RebootInstances", kind: "reply-lost", times: 1 });

    const error = await failure(operators().instanceAdmin.reboot(world.instances[0]));

    expect(error.code).toBe("state-unknown");
    expect(error.summary).toContain("may have happened");
    expect(world.cloud.reboots).toEqual([world.instances[0]]);
  });

  it("says that nobody was reached when nobody listens", async () => {
    const { binding } = world;
    await world.standin.stop();

    const looking = await failure(readers().instances.describe(world.instances));
    const acting = await failure(operators().instanceAdmin.reboot(world.instances[0]));

    expect(looking.code).toBe("tool-unreachable");
    expect(looking.summary).toContain(new URL(binding.endpoint ?? "").host);
    expect(looking.summary).toContain("connection refused");
    expect(acting.code).toBe("tool-unreachable");
    world = await openStandinWorld();
  });

  it("is refused under a wrong secret, in words that do not contain it", async () => {
    process.env["OPS_TEST_WRONG_KEY"] = "wrong-secret-value-0000000000000000001";
    const wrong = {
      accessKeyId: { env: "OPS_TEST_READ_ID" },
      secretAccessKey: { env: "OPS_TEST_WRONG_KEY" },
    } as const;
    const unlucky = awsReaders(world.binding, wrong);

    const errors = await Promise.all([
      failure(unlucky.instances.describe(world.instances)),
      failure(unlucky.balancer.targets(world.groups[0])),
      failure(unlucky.logs.errors(world.logGroup, { since: "1m", limit: 5 })),
      failure(unlucky.identity()),
    ]);

    expect(errors.map(({ code }) => code)).toEqual(errors.map(() => "tool-refused"));
    expect(errors.map(({ summary }) => /: (\w+),/.exec(summary)?.[1])).toEqual([
      "AuthFailure",
      "SignatureDoesNotMatch",
      "InvalidSignatureException",
      "SignatureDoesNotMatch",
    ]);
    expect(errors.map(({ message, details }) => `${message} ${details}`).join()).not.toContain(
      "wrong-secret",
    );
  });

  it("names a credential that is not there, before anything is sent", async () => {
    const forgotten = awsReaders(world.binding, {
      accessKeyId: { env: "OPS_TEST_FORGOTTEN" },
      secretAccessKey: { env: "OPS_TEST_READ_KEY" },
    });

    const error = await failure(forgotten.instances.describe(world.instances));

    expect(error.code).toBe("binding-missing");
    expect(error.summary).toContain("OPS_TEST_FORGOTTEN");
    expect(world.standin.calls).toEqual([]);
  });

  it("tells one account from another", async () => {
    const identity = await readers().identity();

    expect(() => requireAccount(identity, world.account)).not.toThrow();
    expect(() => requireAccount(identity, "999999999999")).toThrow(
      expect.objectContaining({
        code: "environment-mismatch",
        exit: 6,
        summary: expect.stringMatching(`${world.account}.*999999999999`) as string,
      }),
    );
  });
});

describe("AWS binding", () => {
  it("takes references, profiles and the default chain", () => {
    const binding = parseAwsBinding({
      region: "eu-central-1",
      read: { profile: "ops" },
      act: "default-chain",
    });

    expect(binding).toEqual({
      region: "eu-central-1",
      timeout: "5s",
      read: { profile: "ops" },
      act: "default-chain",
      machines: {
        unit: "csrd-platform",
        lookDocument: "AWS-RunShellScript",
        restartDocument: "AWS-RunShellScript",
      },
    });
  });

  it("refuses a secret written into the file, without repeating it", () => {
    const { accessKeyId, secretAccessKey } = practiceKeys.read;

    const parse = () =>
      parseAwsBinding({
        region: "eu-central-1",
        read: { accessKeyId, secretAccessKey },
        act: "default-chain",
      });

    expect(parse).toThrow(OpsError);
    expect(parse).toThrow(/aws\.read/);
    expect(parse).not.toThrow(new RegExp(secretAccessKey));
  });

  it("says what is missing", () => {
    expect(() => parseAwsBinding(undefined)).toThrow(/no aws binding/);
    expect(() => parseAwsBinding({ region: "moon-1", read: "default-chain" })).toThrow(
      /aws\.region.*aws\.act/s,
    );
    expect(AwsBinding.safeParse({}).success).toBe(false);
  });
});
