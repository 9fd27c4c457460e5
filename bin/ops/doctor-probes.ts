import { parseAwsBinding } from "#adapters/aws/binding.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { outcomeOf, type Need, type ReadinessProbe } from "#kit/readiness.ts";
import type { Runbook } from "#kit/runbook.ts";
import { portsOfAll } from "#kit/uses.ts";
import { apiJob } from "#platform/contract.ts";
import { lockPlaceOf } from "../expected-place.ts";
import { loadPolicy } from "../policy.ts";
import type { Wired } from "../wire.ts";
import { calendarProbes } from "./doctor-calendar.ts";
import { hostProbes } from "./doctor-host.ts";
import { approvalProbes } from "./doctor-people.ts";

/** Ports that AWS serves. */
const awsPorts = [
  "instances",
  "balancer",
  "firewall",
  "logs",
  "deploys",
  "workloads",
  "hosts",
  "instanceAdmin",
  "balancerAdmin",
  "workloadAdmin",
  "volumes",
  "volumeAdmin",
];

/** Ports that the platform's own operating functions serve. */
const platformPorts = ["queue", "switches", "cache", "queueAdmin", "switchAdmin"];

/** Ports that Kubernetes serves. */
const kubernetesPorts = [
  "workloads",
  "hosts",
  "instances",
  "balancer",
  "firewall",
  "logs",
  "deploys",
  "workloadAdmin",
  "balancerAdmin",
];

/** Everything to be looked at for these runbooks in this environment. A binding that cannot be read is a finding like any other. */
export async function probesFor(
  wired: Wired,
  file: EnvironmentFile,
  runbooks: readonly Runbook[],
): Promise<readonly ReadinessProbe[]> {
  const { bindings } = file;
  const uses = portsOfAll(runbooks);
  const parts: readonly Promise<readonly ReadinessProbe[]>[] = [
    part("kubernetes", "Kubernetes", { ports: kubernetesPorts }, async () => {
      if (bindings["kubernetes"] === undefined) return [];
      const { parseKubernetesBinding } = await import("#adapters/kubernetes/binding.ts");
      const { expectedCluster } = await import("#adapters/kubernetes/identity.ts");
      const binding = parseKubernetesBinding(bindings["kubernetes"]);
      const { kubernetesProbes } = await import("#adapters/kubernetes/doctor.ts");
      return kubernetesProbes(binding, {
        cluster: expectedCluster(file.identity),
        services: file.services,
        uses,
        environment: file.name,
      });
    }),
    part("aws", "AWS", { ports: awsPorts }, async () => {
      if (bindings["aws"] === undefined && bindings["kubernetes"] !== undefined) return [];
      const binding = parseAwsBinding(bindings["aws"]);
      const { awsProbes, prepareAws } = await import("#adapters/aws/doctor.ts");
      await prepareAws();
      return awsProbes(binding, {
        account: file.identity["account"],
        services: file.services,
        uses,
        environment: file.name,
      });
    }),
    part(
      "database",
      "Platform's database",
      { ports: ["database", "databaseAdmin", "replication", "failover"] },
      async () => {
        if (bindings["database"] === undefined && !uses.readers.has("database")) return [];
        const { databaseProbes } = await import("#adapters/database/doctor.ts");
        const { parseDatabaseBinding } = await import("#adapters/database/binding.ts");
        parseDatabaseBinding(bindings["database"]);
        return databaseProbes(bindings["database"], uses, file.name);
      },
    ),
    part("platform", "Platform's queue and switches", { ports: platformPorts }, async () => {
      const used = platformPorts.some((port) => uses.readers.has(port) || uses.operators.has(port));
      if (!used) return [];
      const { platformProbes } = await import("#adapters/platform/doctor.ts");
      const { parsePlatformBinding } = await import("#adapters/platform/binding.ts");
      return platformProbes(parsePlatformBinding(bindings["platform"]), uses, {
        environment: file.name,
        services: file.services,
      });
    }),
    part("people", "Approvals", "every-run", async () =>
      approvalProbes(runbooks, { file, policy: loadPolicy(), you: wired.identity.name, now: new Date() }),
    ),
    part("locks", "Lock store", "every-run", () => lockStoreProbes(file)),
    part("slack", "Slack", "telling", async () => {
      if (bindings["slack"] === undefined) return [];
      const { slackProbes } = await import("#adapters/slack/doctor.ts");
      const { parseSlackBinding } = await import("#adapters/slack/binding.ts");
      return slackProbes(parseSlackBinding(bindings["slack"]), file.name);
    }),
    part("prometheus", "Prometheus", { ports: ["metrics"] }, async () => {
      if (bindings["prometheus"] === undefined && !uses.readers.has("metrics")) return [];
      const { prometheusProbes } = await import("#adapters/prometheus/doctor.ts");
      return prometheusProbes(bindings["prometheus"], apiJob);
    }),
    part("elasticsearch", "Elasticsearch", { ports: ["logs"] }, async () => {
      if (bindings["elasticsearch"] === undefined) return [];
      const { elasticsearchProbes } = await import("#adapters/elasticsearch/doctor.ts");
      return elasticsearchProbes(bindings["elasticsearch"]);
    }),
    part("pagerduty", "PagerDuty", "telling", async () => {
      if (bindings["pagerduty"] === undefined) return [];
      const { pagerDutyProbes } = await import("#adapters/pagerduty/doctor.ts");
      const { parsePagerDutyBinding } = await import("#adapters/pagerduty/binding.ts");
      return pagerDutyProbes(parsePagerDutyBinding(bindings["pagerduty"]));
    }),
  ];
  return [
    ...hostProbes(wired, file),
    ...calendarProbes(wired, file, runbooks),
    ...(await Promise.all(parts)).flat(),
  ];
}

async function lockStoreProbes(file: EnvironmentFile): Promise<readonly ReadinessProbe[]> {
  const { clusterUid, databaseSystemId } = file.identity;
  const stated = file.locks === "postgres" ? databaseSystemId : clusterUid;
  if (file.locks === "host" || stated === undefined) return lockStoreLooks(file);
  const place: ReadinessProbe = {
    id: "locks.place",
    what: "Lock store's identity",
    needs: "every-run",
    async look() {
      await lockPlaceOf(file)();
      return { state: "ready", says: `it is ${stated}, as the environment's file says` };
    },
  };
  return [place, ...(await lockStoreLooks(file))];
}

async function lockStoreLooks(file: EnvironmentFile): Promise<readonly ReadinessProbe[]> {
  if (file.locks === "postgres") {
    const { postgresLocksProbes } = await import("#adapters/locks-postgres/doctor.ts");
    return postgresLocksProbes(file.bindings["postgres"], file.name);
  }
  if (file.locks === "kubernetes-lease") {
    const { leaseLocksProbes } = await import("#adapters/locks-kubernetes/doctor.ts");
    return leaseLocksProbes(file.bindings["kubernetes-lease"], file.name);
  }
  return [];
}

/** The looks of one tool; what keeps them from being made at all becomes the tool's one finding. */
async function part(
  id: string,
  what: string,
  needs: Need,
  make: () => Promise<readonly ReadinessProbe[]>,
): Promise<readonly ReadinessProbe[]> {
  try {
    return await make();
  } catch (error) {
    return [{ id: `${id}.binding`, what, needs, look: async () => outcomeOf(error) }];
  }
}
