import { Command, Option } from "commander";
import { stringify } from "yaml";
import { parseAwsBinding } from "#adapters/aws/binding.ts";
import { accountOf, awsPolicies, mostPolicyCharacters, type Policy } from "#adapters/aws/permissions.ts";
import { parseDatabaseBinding } from "#adapters/database/binding.ts";
import { machineDocuments } from "#adapters/aws/machine-documents.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { document } from "#kit/render/ndjson.ts";
import { permissionsData, renderPermissions, type PermissionPart } from "#kit/render/permissions.ts";
import { clean } from "#kit/render/width.ts";
import { portsOfAll, type PortsUsed } from "#kit/uses.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";
import { runbookNamed } from "./params.ts";

type Options = {
  readonly runbook?: string;
  readonly part?: string;
  readonly format: "text" | "json" | "yaml";
  readonly actRole?: string;
};

/** `ops permissions`: the least rights that an environment's credentials need, ready to be handed to whoever grants them. */
export const permissionsCommand: MakeCommand = async (door, end) =>
  new Command("permissions")
    .description(
      "Prints the least rights that this environment's credentials need: IAM policies, Kubernetes RBAC, SQL grants, Slack manifest, PagerDuty keys. Asks nobody and changes nothing.",
    )
    .option("--runbook <id>", "only what this runbook uses")
    .option("--part <id>", "one part alone, as it is handed over: aws-read, aws-act, …")
    .addOption(
      new Option("--format <format>", "all parts to read, or as data")
        .choices(["text", "json", "yaml"])
        .default("text"),
    )
    .option("--act-role <arn>", "ARN of the role that acts, where it is not role/csrd-ops-act")
    .action(async (options: Options) => {
      await permissions(door, options);
      end(0);
    });

async function permissions(door: Door, { runbook: id, part, format, actRole }: Options): Promise<void> {
  const wired = await door.wired();
  const file = wired.environment;
  const runbooks = id === undefined ? await wired.runbooks() : [await runbookNamed(door, id)];
  const parts = await partsOf(file, portsOfAll(runbooks), actRole);
  if (part !== undefined) return door.print(named(parts, part).body.trimEnd());
  const shown = door.globals.json ? "json" : format;
  const data = {
    environment: file.name,
    runbooks: runbooks.map((one) => one.id),
    parts: permissionsData(parts),
  };
  if (shown === "json") return door.print(document(data));
  if (shown === "yaml") return door.print(yaml(data).trimEnd());
  const whom = id === undefined ? `all ${runbooks.length} runbooks` : `runbook ${id}`;
  door.print(
    renderPermissions(
      door.screen(),
      `The least rights for ${whom} in ${file.name}. One part alone: --part, with its name.`,
      parts,
    ),
  );
}

/** Readable by old readers too, to whom `2012-10-17` without quotes is a date. */
function yaml(value: unknown): string {
  return stringify(value, { version: "1.1" });
}

function named(parts: readonly PermissionPart[], wanted: string): PermissionPart {
  const found = parts.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const known = parts.map(({ id }) => id);
  throw new OpsError("usage", {
    summary: `There is no part "${clean(wanted, 40)}" for what this environment uses.`,
    hint: `${didYouMean(wanted, known)} Here: ${known.join(", ")}.`.trim(),
  });
}

async function partsOf(
  file: EnvironmentFile,
  uses: PortsUsed,
  actRole: string | undefined,
): Promise<readonly PermissionPart[]> {
  const { slack, pagerduty } = file.bindings;
  return [
    ...awsParts(file, uses, actRole),
    ...(await kubernetesParts(file, uses)),
    ...(await databaseParts(file, uses)),
    ...(await platformParts(file, uses)),
    ...(await lockParts(file)),
    ...(await elasticsearchParts(file)),
    ...(slack === undefined ? [] : [await slackPart(slack)]),
    ...(pagerduty === undefined ? [] : [await pagerDutyPart(pagerduty)]),
  ];
}

/** Where the database's machines are, as far as the environment's file says it. */
function databasePlace({ bindings }: EnvironmentFile) {
  if (bindings["database"] === undefined) return {};
  const { servers, address } = parseDatabaseBinding(bindings["database"]);
  return {
    database: {
      instances: servers.flatMap(({ instance }) => (instance === undefined ? [] : [instance])),
      routeTables: address?.routeTables ?? [],
    },
  };
}

async function databaseParts(file: EnvironmentFile, uses: PortsUsed): Promise<readonly PermissionPart[]> {
  const used =
    ["database", "replication"].some((port) => uses.readers.has(port)) ||
    ["databaseAdmin", "failover"].some((port) => uses.operators.has(port));
  if (file.bindings["database"] === undefined || !used) return [];
  const { databaseGrants } = await import("#adapters/database/permissions.ts");
  return [
    {
      id: "database",
      about:
        "SQL for an administrator of the platform's database: the roles that look and that end sessions.",
      format: "sql",
      value: undefined,
      body: await databaseGrants(parseDatabaseBinding(file.bindings["database"])),
    },
  ];
}

/** The rights to look at the platform's queue and switches, and to act on them. */
async function platformParts(file: EnvironmentFile, uses: PortsUsed): Promise<readonly PermissionPart[]> {
  const { parsePlatformBinding } = await import("#adapters/platform/binding.ts");
  const binding = parsePlatformBinding(file.bindings["platform"]);
  const reads = ["queue", "switches", "cache"].some((port) => uses.readers.has(port));
  const acts = uses.operators.has("queueAdmin") || uses.operators.has("switchAdmin");
  if ((!reads && !acts) || (binding.database === undefined && binding.redis === undefined)) return [];
  const { platformGrants, platformRedisLines } = await import("#adapters/platform/permissions.ts");
  return [
    {
      id: "platform-database",
      about:
        "SQL for the owner of the platform's tables: the roles that look at its queue and switches, and that act on them.",
      format: "sql",
      value: undefined,
      body: await platformGrants(binding),
    },
    {
      id: "platform-redis",
      about: "Users of the Redis that holds the platform's queue: one that looks, one that acts.",
      format: "text",
      value: undefined,
      body: await platformRedisLines(binding),
    },
  ];
}

async function elasticsearchParts(file: EnvironmentFile): Promise<readonly PermissionPart[]> {
  const binding = file.bindings["elasticsearch"];
  if (binding === undefined) return [];
  const { elasticsearchKey } = await import("#adapters/elasticsearch/permissions.ts");
  const { parseElasticsearchBinding } = await import("#adapters/elasticsearch/binding.ts");
  const value = elasticsearchKey(parseElasticsearchBinding(binding), file.name);
  return [
    {
      id: "elasticsearch",
      about: "Body of POST /_security/api_key: a key that may read the platform's lines and nothing else.",
      format: "json",
      value,
      body: JSON.stringify(value, undefined, 2),
    },
  ];
}

function awsParts(
  file: EnvironmentFile,
  uses: PortsUsed,
  actRole: string | undefined,
): readonly PermissionPart[] {
  if (file.bindings["aws"] === undefined) return [];
  if (actRole !== undefined && !/^arn:[\w-]+:iam::\d{12}:(role|user)\/.+/.test(actRole))
    throw new OpsError("usage", {
      summary: `"${clean(actRole, 80)}" is no ARN of a role or user.`,
      hint: "It looks like arn:aws:iam::123456789012:role/csrd-ops-act.",
    });
  const { region, machines } = parseAwsBinding(file.bindings["aws"]);
  const { services, identity } = file;
  const { read, act, doctor, queries } = awsPolicies(
    { account: accountOf(identity, services), region, services, machines, actRole, ...databasePlace(file) },
    uses,
  );
  const part = (id: string, about: string, policy: Policy): PermissionPart => {
    const size = JSON.stringify(policy).length;
    const tooLong =
      size > mostPolicyCharacters
        ? ` It has ${size} characters and a managed policy takes ${mostPolicyCharacters}: split its list of resources over several.`
        : "";
    return {
      id,
      about: `${about}${tooLong}`,
      format: "json",
      body: JSON.stringify(policy, undefined, 2),
      value: policy,
    };
  };
  return [
    part("aws-read", "IAM policy of the role that looks, bindings.aws.read.", read),
    ...(act.Statement.length === 0
      ? []
      : [part("aws-act", "IAM policy of the role that acts, bindings.aws.act.", act)]),
    ...(doctor === undefined
      ? []
      : [
          part(
            "aws-doctor",
            "IAM policy that the looking role may have besides, so that ops doctor can ask what the acting role may do. No run needs it; without it ops doctor says unknown.",
            doctor,
          ),
        ]),
    ...(queries === undefined
      ? []
      : [
          part(
            "aws-logs",
            "IAM policy that the looking role may have besides, so that ops logs can ask saved queries. No run needs it.",
            queries,
          ),
        ]),
    ...machineDocuments(machines, uses).map(({ id, about, document }) => ({
      id,
      about,
      format: "json" as const,
      body: JSON.stringify(document, undefined, 2),
      value: document,
    })),
  ];
}

async function kubernetesParts(file: EnvironmentFile, uses: PortsUsed): Promise<readonly PermissionPart[]> {
  if (file.bindings["kubernetes"] === undefined) return [];
  const { kubernetesRbac } = await import("#adapters/kubernetes/permissions.ts");
  const { kubernetesRights } = await import("#adapters/kubernetes/rights.ts");
  const { expectedCluster } = await import("#adapters/kubernetes/identity.ts");
  const { parseKubernetesBinding } = await import("#adapters/kubernetes/binding.ts");
  const rights = kubernetesRights(file.services, uses, expectedCluster(file.identity) !== undefined);
  const printed = kubernetesRbac(parseKubernetesBinding(file.bindings["kubernetes"]), rights);
  const part = (role: keyof typeof printed, about: string): readonly PermissionPart[] =>
    printed[role].length === 0
      ? []
      : [
          {
            id: `kubernetes-${role}`,
            about,
            format: "yaml",
            body: printed[role].map((object) => yaml(object)).join("---\n"),
            value: printed[role],
          },
        ];
  return [
    ...part(
      "read",
      "Role and RoleBinding of the account that looks, kubectl apply -f -; put the account of bindings.kubernetes.read where csrd-ops-read stands.",
    ),
    ...part(
      "act",
      "Role and RoleBinding of the account that acts; put the account of bindings.kubernetes.act where csrd-ops-act stands.",
    ),
    ...part(
      "disks",
      "ClusterRole that the looking account may have besides, to see how full the pods' disks are. It is strong: whoever may ask a node through the API server may ask it anything, and so reach into every pod on it. No run needs it.",
    ),
  ];
}

async function lockParts(file: EnvironmentFile): Promise<readonly PermissionPart[]> {
  if (file.locks === "postgres") {
    const { postgresGrants } = await import("#adapters/locks-postgres/permissions.ts");
    const { parsePostgresLocksBinding } = await import("#adapters/locks-postgres/binding.ts");
    const body = await postgresGrants(parsePostgresLocksBinding(file.bindings["postgres"]));
    const about = "SQL for the lock store, to be run by an administrator; may be run again.";
    return [{ id: "postgres", about, format: "sql", body, value: undefined }];
  }
  if (file.locks === "kubernetes-lease") {
    const { leaseRbac } = await import("#adapters/locks-kubernetes/permissions.ts");
    const { parseLeaseLocksBinding } = await import("#adapters/locks-kubernetes/binding.ts");
    const objects = leaseRbac(
      parseLeaseLocksBinding(file.bindings["kubernetes-lease"]),
      file.identity["clusterUid"] !== undefined,
    );
    const about =
      "Role and RoleBinding for the lock store, kubectl apply -f -; put the account of bindings.kubernetes-lease where csrd-ops stands.";
    const body = objects.map((object) => yaml(object)).join("---\n");
    return [{ id: "kubernetes", about, format: "yaml", body, value: objects }];
  }
  return [];
}

async function slackPart(binding: unknown): Promise<PermissionPart> {
  const { slackManifest } = await import("#adapters/slack/permissions.ts");
  const { parseSlackBinding } = await import("#adapters/slack/binding.ts");
  const parsed = parseSlackBinding(binding);
  const manifest = slackManifest(parsed);
  return {
    id: "slack",
    about: `App manifest, api.slack.com/apps, Create New App, From a manifest; then invite the app to ${[...new Set([parsed.channel, ...Object.values(parsed.audiences)])].join(", ")}. For a private channel groups:history stands where channels:history does.`,
    format: "yaml",
    body: yaml(manifest),
    value: manifest,
  };
}

async function pagerDutyPart(binding: unknown): Promise<PermissionPart> {
  const { pagerDutyKeys } = await import("#adapters/pagerduty/permissions.ts");
  const { parsePagerDutyBinding } = await import("#adapters/pagerduty/binding.ts");
  const keys = pagerDutyKeys(parsePagerDutyBinding(binding));
  return {
    id: "pagerduty",
    about: "The keys that paging needs; PagerDuty knows no finer rights than these.",
    format: "text",
    body: keys
      .map(
        ({ binding: where, kind, made, allows }) =>
          `${where}\n  what    ${kind}\n  where   ${made}\n  allows  ${allows}`,
      )
      .join("\n"),
    value: keys,
  };
}
