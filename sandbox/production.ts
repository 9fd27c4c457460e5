import { randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { agentNames, routes } from "#platform/contract.ts";
import { type Balancer, startBalancer } from "./balancer/balancer.ts";
import type { CloudKind } from "./cloud-kinds.ts";
import { type DataDisk, dataDisk as makeDataDisk, withVolumes } from "./data-disk.ts";
import { withDatabase } from "./database-cloud.ts";
import { type DataServers, startDataServers } from "./data-servers.ts";
import type { FilesKind } from "./files-kinds.ts";
import { type FilesPlace, startFilesPlace } from "./files-place.ts";
import { createFleet, type Fleet, type FleetParts } from "./fleet.ts";
import { createFirewall, type Firewall, openRules } from "./firewall.ts";
import { startKeeper } from "./keeper.ts";
import type { MachineDisk } from "./machine-host.ts";
import type { Machine } from "./machine.ts";
import { isApi, restore, startMachines, startMore } from "./machines.ts";
import { firewallGroups, newGroupArn, newRuleArn } from "./names.ts";
import { freePort } from "./backends/free-port.ts";
import { freePorts } from "./ports.ts";
import { type ModelVendors, startModelVendors } from "./model-vendors.ts";
import { createPodNode } from "./pod-node.ts";
import { type PracticeCluster, startPracticeCluster } from "./practice-cluster.ts";
import { createCloud } from "./production-cloud.ts";
import { type Progress, timed } from "./progress.ts";
import { type PrometheusServer, startPrometheus } from "./prometheus.ts";
import { grantOperating } from "./operating-rights.ts";
import { untilReady, untilTrusted } from "./readiness.ts";
import { redisMachine } from "./redis-machine.ts";
import { apiKeyFiles, keepSecret, platformBinding } from "./secrets.ts";
import { serviceOf, standsBy, type Surroundings } from "./services.ts";
import { startVendors, type Vendors } from "./vendors.ts";

/** Serial number of the disk on which a practice machine's system is. */
const rootSerial = "vol00000000000000001";

/** A practice production: everything real except the vendors' clouds. */
export type Production = {
  readonly dir: string;
  readonly data: DataServers;
  /** Where the platform runs in pods: what runs them. */
  readonly cluster: PracticeCluster | undefined;
  /** Every machine there is now; groups add and end some. */
  readonly machines: readonly Machine[];
  readonly fleet: Fleet;
  /** The disks that every machine sees; one more may be mounted. */
  readonly disks: MachineDisk[];
  /** That one. */
  readonly dataDisk: DataDisk;
  /** The machine on which Redis runs, as the cloud sees it; the server itself is in `data`. */
  readonly redis: Machine;
  readonly balancer: Balancer;
  /** ARNs of the target groups; the first is the one in use. */
  readonly groups: readonly [string, string];
  /** ARN of the listener rule that splits traffic between the groups. */
  readonly rule: string;
  readonly firewall: Firewall;
  readonly around: Surroundings;
  readonly prometheus: PrometheusServer | undefined;
  readonly vendors: Vendors;
  readonly models: ModelVendors;
  /** Gives every machine its first program and tags again, restarts those that are gone or changed, and waits until all are ready. */
  restoreMachines(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts everything in a folder; when that fails or is called off, whatever had started is stopped again before it throws. */
export async function startProduction(
  dir: string,
  progress: Progress,
  signal: AbortSignal,
  filesKind: FilesKind = "folder",
  cloudKind: CloudKind = "aws",
  withReplica = false,
): Promise<Production> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return await assemble({ dir, progress, signal, filesKind, cloudKind, withReplica, stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is at hand while a production is put together. */
type Assembly = {
  readonly dir: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly filesKind: FilesKind;
  readonly cloudKind: CloudKind;
  readonly withReplica: boolean;
  /** How to end what has been started so far, oldest first. */
  readonly stops: (() => Promise<void>)[];
  readonly stop: () => Promise<void>;
};

async function assemble({
  dir,
  progress,
  signal,
  filesKind,
  cloudKind,
  withReplica,
  stops,
  stop,
}: Assembly): Promise<Production> {
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };
  const keeper = startKeeper();
  stops.push(async () => keeper.close());
  const data = keep(await startDataServers(dir, progress, withReplica));
  signal.throwIfAborted();

  const files = keep(await startFilesPlace(filesKind, dir));
  if (filesKind !== "folder") progress("Reports' files", files.detail);
  const models = keep(await startModelVendors(dir));
  const around = await surroundingsOf(dir, data, files, models);
  writeAgents(around, []);
  const cluster = cloudKind === "kubernetes" ? await startPods(dir, around, keeper) : undefined;
  if (cluster !== undefined) stops.push(() => cluster.stop());
  const machines = cluster?.node.machines() ?? startMachines(dir, around, keeper);
  let fleet: Fleet | undefined = cluster?.fleet;
  const endMachines = async (): Promise<void> =>
    void (await (fleet?.stop() ?? Promise.all(machines.map((machine) => machine.stop()))));
  stops.push(endMachines);
  signal.addEventListener("abort", () => void endMachines(), { once: true });

  const firewall = createFirewall(openRules(around));
  const groups = [newGroupArn("csrd-api-blue"), newGroupArn("csrd-api-green")] as const;
  const rule = newRuleArn();
  const balancer = keep(
    await startBalancer({
      groups: [
        { arn: groups[0], targets: machines.filter(isApi).map(targetOf) },
        { arn: groups[1], targets: machines.filter(({ name }) => standsBy(name)).map(targetOf) },
      ],
      weights: firstWeights(groups),
      health: { path: routes.ready, intervalMs: 500, timeoutMs: 1_000, healthyAfter: 2, unhealthyAfter: 2 },
      idleMs: 10_000,
      reachable: ({ port }) => firewall.allows([firewallGroups.api], port),
    }),
  );
  const [prometheus] = await Promise.all([
    startPrometheus({
      dir: path.join(dir, "prometheus"),
      api: portsOf(machines.filter(isApi)),
      others: portsOf(machines.filter((machine) => !isApi(machine))),
      token: platformBinding(dir).probeToken.file,
    }).then((server) => (server === undefined ? undefined : keep(server))),
    ...machines.map((machine) =>
      timed(untilReady(machine), (_, ms) => progress(machine.name, `127.0.0.1:${machine.port}`, ms)),
    ),
  ]);
  await timed(untilTrusted(balancer, groups[0]), (healthy, ms) =>
    progress("Load balancer", `${balancer.url}, ${healthy} of ${healthy} API instances healthy`, ms),
  );
  if (prometheus === undefined) progress("Prometheus", "not installed, left out");
  else await timed(prometheus.untilCalm(), (_, ms) => progress("Prometheus", prometheus.url, ms));

  const spare = [...around.sparePorts];
  const retarget = (): void => {
    const now = fleet?.serving() ?? machines;
    writeAgents(around, now);
    prometheus?.retarget({
      api: portsOf(now.filter(isApi)),
      others: portsOf(now.filter((machine) => !isApi(machine))),
    });
  };
  const groupOf = (machine: Machine) =>
    isApi(machine) ? groups[0] : standsBy(machine.name) ? groups[1] : undefined;
  const forget = (machine: Machine): void => {
    const group = groupOf(machine);
    if (group !== undefined) balancer.forget(group, machine.id);
  };
  const coming = {
    first: machines,
    start: async (service, name) =>
      startMore(name, service === "api" ? (spare.shift() ?? 0) : await freePort(), dir, around, keeper),
    untilReady,
    join: (machine) => {
      const group = groupOf(machine);
      if (group !== undefined) balancer.register(group, targetOf(machine));
      retarget();
    },
    leave: async (machine) => {
      const group = groupOf(machine);
      if (group !== undefined) balancer.deregister(group, machine.id);
      retarget();
      // Workers look at the list of agents every second.
      if (!isApi(machine)) await sleep(1_200);
    },
    gone: (machine) => {
      if (!isApi(machine)) return;
      forget(machine);
      spare.push(machine.port);
    },
  } satisfies FleetParts;
  const keeps = cluster?.fleet ?? createFleet(coming);
  cluster?.node.attach({ ...coming, changed: retarget, gone: forget });
  cluster?.joinTraffic(balancer, firewall, groups);
  fleet = keeps;

  const disks: MachineDisk[] = [{ folder: dir, mount: "/", device: "/dev/nvme0n1p1", serial: rootSerial }];
  await grantOperating(data.roles);
  const redis = keep(redisMachine(data));
  const dataDisk = makeDataDisk(dir, disks);
  stops.push(async () => dataDisk.unmount());
  const cloud = withVolumes(
    withDatabase(
      createCloud({
        machines: () => [...keeps.machines(), redis],
        fleet: keeps,
        disks,
        balancer,
        groups,
        rule,
        firewall,
      }),
      data.machines,
    ),
    dataDisk,
  );
  const vendors = await timed(startVendors(dir, cloud).then(keep), (_, ms) =>
    progress("Vendors", "stand-ins for AWS, Slack, PagerDuty and language models", ms),
  );
  signal.throwIfAborted();

  const restoreMachines = async (): Promise<void> => {
    // A cluster counts its pods whole again by itself; one on its way out is nobody to wait for.
    if (cluster !== undefined) for (const machine of keeps.machines()) restore(machine);
    await keeps.reset();
    if (cluster === undefined) {
      for (const machine of machines) restore(machine);
      await Promise.all(keeps.machines().map((machine) => untilReady(machine)));
    }
    await untilTrusted(balancer, groups[0]);
  };
  return {
    dir,
    data,
    cluster,
    get machines() {
      return keeps.machines();
    },
    fleet: keeps,
    disks,
    dataDisk,
    redis,
    balancer,
    groups,
    rule,
    firewall,
    around,
    prometheus,
    vendors,
    models,
    restoreMachines,
    stop,
  };
}

/** The platform in pods instead of on machines, each on a port of those that were found free. */
async function startPods(
  dir: string,
  around: Surroundings,
  keeper: ReturnType<typeof startKeeper>,
): Promise<PracticeCluster> {
  const { ports, sparePorts } = around;
  const apiPorts = [ports["api-1"], ports["api-2"], ports["standby-1"], ports["standby-2"], ...sparePorts];
  const others = Object.values(ports).filter((port) => !apiPorts.includes(port));
  const more = await Promise.all(Array.from({ length: 12 }, () => freePort()));
  const otherPorts = [...new Set([...others, ...more])].filter((port) => !apiPorts.includes(port));
  return startPracticeCluster(dir, createPodNode({ dir, around, keeper, apiPorts, otherPorts }), around);
}

/** All traffic to the first group, as after a deploy that went well. */
export function firstWeights([used, spare]: Production["groups"]) {
  return [
    { group: used, weight: 100 },
    { group: spare, weight: 0 },
  ];
}

async function surroundingsOf(
  dir: string,
  data: DataServers,
  { variables }: FilesPlace,
  models: ModelVendors,
): Promise<Surroundings> {
  const newKey = (name: string): string => {
    const key = randomBytes(24).toString("hex");
    keepSecret(dir, name, key);
    return key;
  };
  return {
    files: variables,
    models: models.variables,
    archiveUrl: pathToFileURL(path.join(dir, "archive")).href,
    databaseUrl: data.roles.platform,
    redisUrl: data.redis().url,
    ...(await freePorts()),
    agentsFile: path.join(dir, "agents"),
    version: "0.1.0",
    internalToken: randomBytes(24).toString("hex"),
    probeToken: newKey(apiKeyFiles.probeToken),
    apiKey: newKey(apiKeyFiles.apiKey),
    smokeApiKey: newKey(apiKeyFiles.smokeApiKey),
    otherApiKey: newKey(apiKeyFiles.otherApiKey),
  };
}

/** Where the agents are now, for those who give them work; an agent that is not listed is where it was at first. */
function writeAgents({ agentsFile }: Surroundings, machines: readonly Machine[]): void {
  const lines = machines
    .filter((machine) => agentNames.some((agent) => !isApi(machine) && machine.name.startsWith(agent)))
    .map(({ name, port }) => `${serviceOf(name)}=http://127.0.0.1:${port}\n`);
  writeFileSync(`${agentsFile}.next`, lines.join(""), { mode: 0o600 });
  renameSync(`${agentsFile}.next`, agentsFile);
}

function targetOf({ id, port }: Machine) {
  return { instance: id, address: "127.0.0.1", port };
}

function portsOf(machines: readonly Machine[]): Readonly<Record<string, number>> {
  return Object.fromEntries(machines.map(({ name, port }) => [name, port]));
}
