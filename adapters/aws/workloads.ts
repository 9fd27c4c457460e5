import type { AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { UnitSize, Workload, WorkloadReader } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import { balancerReader } from "./balancer.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { describeStatuses, presentInstances } from "./instances.ts";
import { boundsOf, requireInstances, scaledBy, scalingGroup } from "./scaling-group.ts";
import { ec2Sdk } from "./sdk.ts";
import { inOrder, toUnit, type Sighting } from "./units.ts";
import { workloadEvents } from "./workload-events.ts";

/** What runs a service's units: its Auto Scaling group, joined with what EC2 and the load balancer say of each instance. */
export function workloadReader(clients: AwsClients): WorkloadReader {
  const sizes = new Map<string, UnitSize>();

  /** An instance type is the same for ever, so it is asked for once. */
  async function sizeOf(types: readonly string[]): Promise<UnitSize | undefined> {
    const [type, ...others] = [...new Set(types)];
    if (type === undefined || others.length > 0) return undefined;
    const known = sizes.get(type) ?? (await askSize(clients, type));
    if (known !== undefined) sizes.set(type, known);
    return known;
  }

  return {
    async describe(service) {
      if (service.workload === undefined) return listed(clients, service, sizeOf);
      const group = await scalingGroup(clients, service.workload);
      const members = (group.Instances ?? []).filter(
        ({ LifecycleState: cycle = "" }) => !cycle.startsWith("Warmed:") && cycle !== "Terminated",
      );
      const ids = members.flatMap(({ InstanceId: id }) => (id === undefined ? [] : [id]));
      const [{ sightings, types }, mover] = await Promise.all([
        sight(clients, service, ids),
        scaledBy(clients, group),
      ]);
      return {
        units: inOrder(
          sightings.map((one) =>
            toUnit({ ...one, member: members.find(({ InstanceId }) => InstanceId === one.id) }),
          ),
        ),
        desired: group.DesiredCapacity ?? 0,
        ...boundsOf(group, service),
        scaledBy: mover,
        size: await sizeOf(types),
        revision: revisionOf(group),
      };
    },
    events: (service, since) => workloadEvents(clients, service, since),
  };
}

/** A service without a group: the instances that its file lists, no more and no fewer. */
async function listed(
  clients: AwsClients,
  service: Service,
  sizeOf: (types: readonly string[]) => Promise<UnitSize | undefined>,
): Promise<Workload> {
  const ids = requireInstances(service);
  const { sightings, types } = await sight(clients, service, ids);
  return {
    units: inOrder(sightings.map(toUnit)),
    desired: ids.length,
    least: service.floor,
    most: Math.min(ids.length, service.most ?? ids.length),
    scaledBy: undefined,
    size: await sizeOf(types),
    revision: undefined,
  };
}

async function sight(
  clients: AwsClients,
  { group }: Service,
  ids: readonly string[],
): Promise<{ readonly sightings: readonly Sighting[]; readonly types: readonly string[] }> {
  const [{ instances, statuses }, targets] = await Promise.all([
    seenByEc2(clients, ids),
    group === undefined ? undefined : balancerReader(clients).targets(group),
  ]);
  return {
    sightings: ids.map((id) => ({
      id,
      member: undefined,
      instance: instances.get(id),
      status: statuses.get(id),
      targets: targets?.filter(({ instance }) => instance === id),
    })),
    types: [...instances.values()].flatMap(({ InstanceType: type }) => (type === undefined ? [] : [type])),
  };
}

/** EC2 refuses to tell the state of an instance that has gone since it was listed; then whoever is left is looked at anew. */
async function seenByEc2(clients: AwsClients, ids: readonly string[]) {
  for (let attempt = 1; ; attempt += 1) {
    const instances = await presentInstances(clients, ids);
    try {
      return { instances, statuses: await describeStatuses(clients, [...instances.keys()]) };
    } catch (error) {
      const gone = OpsError.is(error) && error.details?.startsWith("InvalidInstanceID.NotFound") === true;
      if (!gone || attempt === 3) throw error;
    }
  }
}

async function askSize(clients: AwsClients, type: string): Promise<UnitSize | undefined> {
  const { DescribeInstanceTypesCommand } = await ec2Sdk();
  const client = await clients.ec2();
  const answer = await look(clients, { service: "ec2", action: "DescribeInstanceTypes" }, () =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK lists the types of its own day; AWS has newer ones
    client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [type as "t3.micro"] })),
  );
  const found = answer.InstanceTypes?.find(({ InstanceType }) => InstanceType === type);
  const cpus = found?.VCpuInfo?.DefaultVCpus;
  const mebibytes = found?.MemoryInfo?.SizeInMiB;
  return cpus === undefined || mebibytes === undefined
    ? undefined
    : { cpus, memoryBytes: mebibytes * 1024 ** 2 };
}

function revisionOf(group: AutoScalingGroup): string | undefined {
  const template =
    group.LaunchTemplate ?? group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  const name = template?.LaunchTemplateName ?? template?.LaunchTemplateId;
  if (name !== undefined) return plainText(`${name}:${template?.Version ?? "$Default"}`, 160);
  return group.LaunchConfigurationName === undefined
    ? undefined
    : plainText(group.LaunchConfigurationName, 160);
}
