import type { Cloud, CloudFirewallRule, CloudInstance } from "../../cloud.ts";
import { databaseActions } from "./ec2-database.ts";
import { volumeActions } from "./ec2-volumes.ts";
import { page } from "./pages.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { items, type Xml } from "./xml.ts";

/** Every machine of the practice production is of this type. */
export const instanceType = { name: "t2.small", cpus: 1, memoryMiB: 2_048 } as const;

/** What one EC2 call is handed. */
type Context = { readonly cloud: Cloud; readonly given: Parameters; readonly pageSize: number };

/** The EC2 calls the stand-in knows. Each refuses before it has any effect. */
export const ec2Actions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  ...databaseActions,
  ...volumeActions,
  async DescribeInstances({ cloud, given, pageSize }) {
    const ids = given.list("InstanceId");
    const filtered = filters(given);
    const { size, token } = paging(given, ids, pageSize);
    given.done();
    const wanted = (await chosen(cloud, ids)).filter(filtered);
    const { page: some, next } = page(wanted, token, size, "InvalidNextToken");
    return {
      reservationSet: items(
        some.map((instance, index) => ({
          reservationId: `r-${instance.id.slice(2)}`,
          ownerId: cloud.account,
          groupSet: items([]),
          instancesSet: items([describeInstance(cloud, instance, index)]),
        })),
      ),
      nextToken: next,
    };
  },

  async DescribeInstanceTypes({ given }) {
    const types = given.list("InstanceType");
    given.text("NextToken");
    given.done();
    const unknown = types.find((type) => type !== instanceType.name);
    if (unknown !== undefined || types.length === 0)
      throw new ServiceError(
        "InvalidInstanceType",
        `The following supplied instance types do not exist: [${unknown ?? ""}]`,
      );
    return {
      instanceTypeSet: items([
        {
          instanceType: instanceType.name,
          vCpuInfo: { defaultVCpus: instanceType.cpus },
          memoryInfo: { sizeInMiB: instanceType.memoryMiB },
        },
      ]),
    };
  },

  async DescribeInstanceStatus({ cloud, given, pageSize }) {
    const ids = given.list("InstanceId");
    if (ids.length > 100)
      throw new ServiceError("InvalidParameterValue", "At most 100 instance IDs may be specified.");
    const all = given.flag("IncludeAllInstances");
    const { size, token } = paging(given, ids, pageSize);
    given.done();
    const wanted = (await chosen(cloud, ids)).filter((instance) => all || instance.state === "running");
    const { page: some, next } = page(wanted, token, size, "InvalidNextToken");
    return {
      instanceStatusSet: items(some.map((instance) => describeStatus(cloud, instance))),
      nextToken: next,
    };
  },

  async RebootInstances({ cloud, given }) {
    const ids = given.list("InstanceId");
    given.done();
    if (ids.length === 0)
      throw new ServiceError("MissingParameter", "The request must contain the parameter InstanceId");
    const wanted = await chosen(cloud, ids);
    const still = wanted.find(({ state }) => state !== "running" && state !== "pending");
    if (still !== undefined)
      throw new ServiceError(
        "IncorrectState",
        `The instance '${still.id}' is not in a state from which it can be rebooted.`,
      );
    for (const { id } of wanted) await cloud.reboot(id);
    return { return: true };
  },

  async DescribeSecurityGroups({ cloud, given, pageSize }) {
    const ids = given.list("GroupId");
    const token = given.text("NextToken");
    const size = given.whole("MaxResults", 5, 1000) ?? pageSize;
    given.done();
    const rules = await cloud.firewall();
    const known = new Set([
      ...rules.map(({ group }) => group),
      ...(await cloud.instances()).flatMap(({ firewallGroups }) => firewallGroups),
    ]);
    for (const id of ids) {
      if (!/^sg-[0-9a-f]{8,17}$/.test(id))
        throw new ServiceError("InvalidGroupId.Malformed", `Invalid id: "${id}" (expecting "sg-...")`);
      if (!known.has(id))
        throw new ServiceError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    }
    const wanted = [...known].filter((group) => ids.length === 0 || ids.includes(group)).sort();
    const { page: some, next } = page(wanted, token, size, "InvalidNextToken");
    return {
      securityGroupInfo: items(some.map((group) => describeGroup(cloud, group, rules))),
      nextToken: next,
    };
  },
};

/** The filters understood here; unlike a list of ids, a filter that nothing matches is no mistake. */
function filters(given: Parameters): (instance: CloudInstance) => boolean {
  const all = Array.from({ length: given.count("Filter") }, (_, index) => ({
    name: given.required(`Filter.${index + 1}.Name`),
    values: given.list(`Filter.${index + 1}.Value`),
  }));
  const strange = all.find(({ name }) => name !== "instance-id");
  if (strange !== undefined)
    throw new ServiceError("InvalidParameterValue", `The filter '${strange.name}' is invalid`);
  return ({ id }) => all.every(({ values }) => values.includes(id));
}

/** EC2 does not page a request that names its instances; one that asks for both is refused. */
function paging(given: Parameters, ids: readonly string[], pageSize: number) {
  const asked = given.whole("MaxResults", 5, 1000);
  if (asked !== undefined && ids.length > 0)
    throw new ServiceError(
      "InvalidParameterCombination",
      "The parameter instancesSet cannot be used with the parameter maxResults",
    );
  return { size: asked ?? pageSize, token: given.text("NextToken") };
}

/** The instances named, or all; refuses an id that is no id or that nothing has. */
async function chosen(cloud: Cloud, ids: readonly string[]): Promise<readonly CloudInstance[]> {
  const all = await cloud.instances();
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined)
    throw new ServiceError("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  const missing = ids.filter((id) => !all.some((instance) => instance.id === id));
  if (missing.length === 1)
    throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${missing[0]}' does not exist`);
  if (missing.length > 1)
    throw new ServiceError(
      "InvalidInstanceID.NotFound",
      `The instance IDs '${missing.join(", ")}' do not exist`,
    );
  return ids.length === 0 ? all : all.filter((instance) => ids.includes(instance.id));
}

const stateCodes = { pending: 0, running: 16, stopping: 64, stopped: 80 } as const;

function describeInstance(cloud: Cloud, instance: CloudInstance, index: number): Xml {
  return {
    instanceId: instance.id,
    imageId: "ami-00000000000000001",
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    privateIpAddress: instance.address,
    launchTime: instance.launchedAt.toISOString(),
    amiLaunchIndex: index,
    instanceType: instanceType.name,
    placement: { availabilityZone: `${cloud.region}a`, tenancy: "default" },
    groupSet: items(instance.firewallGroups.map((group) => ({ groupId: group, groupName: group }))),
    tagSet: items(
      Object.entries({ Name: instance.name, ...instance.tags }).map(([key, value]) => ({ key, value })),
    ),
  };
}

function describeStatus(cloud: Cloud, instance: CloudInstance): Xml {
  const running = instance.state === "running";
  const status = running ? instance.check : "not-applicable";
  const reachability = { ok: "passed", impaired: "failed", initializing: "initializing" }[instance.check];
  const details = running ? items([{ name: "reachability", status: reachability }]) : undefined;
  return {
    instanceId: instance.id,
    availabilityZone: `${cloud.region}a`,
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    systemStatus: {
      status: running ? "ok" : "not-applicable",
      details: running ? items([{ name: "reachability", status: "passed" }]) : undefined,
    },
    instanceStatus: { status, details },
  };
}

function describeGroup(cloud: Cloud, group: string, rules: readonly CloudFirewallRule[]): Xml {
  return {
    ownerId: cloud.account,
    groupId: group,
    groupName: group,
    groupDescription: "practice production",
    ipPermissions: items(
      rules
        .filter((rule) => rule.group === group)
        .map(({ protocol, fromPort, toPort, cidrs }) => ({
          ipProtocol: protocol === "all" ? "-1" : protocol,
          ...(protocol === "all" ? {} : { fromPort, toPort }),
          groups: items([]),
          ipRanges: items(cidrs.filter((cidr) => !cidr.includes(":")).map((cidrIp) => ({ cidrIp }))),
          ipv6Ranges: items(cidrs.filter((cidr) => cidr.includes(":")).map((cidrIpv6) => ({ cidrIpv6 }))),
          prefixListIds: items([]),
        })),
    ),
    ipPermissionsEgress: items([]),
  };
}
