import { stringify } from "yaml";
import type { z } from "zod";
import { parseAwsBinding } from "#adapters/aws/binding.ts";
import { parseLeaseLocksBinding } from "#adapters/locks-kubernetes/binding.ts";
import { parsePostgresLocksBinding } from "#adapters/locks-postgres/binding.ts";
import { parsePagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { EnvironmentFile } from "#kit/environment.ts";
import { credentialsOf, refOf, type Answers } from "./answers.ts";

/** A service as it was answered. */
export type ServiceAnswers = { readonly name: string; readonly url: string; readonly more: Answers };

/** Everything that was answered. */
export type Answered = {
  readonly answers: Answers;
  readonly services: readonly ServiceAnswers[];
  /** Time constants that differ from the tier's own, as name=duration. */
  readonly times: readonly string[];
};

type Times = z.input<typeof EnvironmentFile>["times"];

/** Lengths of time that fit a tier until somebody knows better; those of production are in production.example.yaml, with reasons. */
const slow: Times = {
  restart: "5m",
  poll: "10s",
  steady: "5m",
  verify: "15m",
  planExpiry: "15m",
  lease: "2m",
  outage: "2m",
  freshDeploy: "1h",
};
const quick: Times = { ...slow, restart: "3m", poll: "5s", steady: "1m", verify: "5m", lease: "1m" };

/** The text of an environment file, checked as a whole; throws what its parts throw. */
export function environmentText(name: string, answered: Answered): string {
  const file = withoutNothing({
    name,
    tier: answered.answers["tier"],
    zone: answered.answers["zone"],
    identity: {
      account: answered.answers["account"],
      region: answered.answers["region"],
      clusterUid: answered.answers["cluster-uid"],
      databaseSystemId: answered.answers["database-system-id"],
    },
    bindings: bindingsOf(answered.answers),
    services: answered.services.map(serviceOf),
    times: timesOf(answered),
    locks: answered.answers["locks"],
    approvers: listOf(answered.answers["approvers"]),
  });
  checkBindings(EnvironmentFile.parse(file).bindings);
  return `${header(name)}\n${stringify(file, { lineWidth: 0 })}`;
}

function header(name: string): string {
  return [
    `# The environment ${name}. Made by ops init; change it by hand as you like, and look: ops doctor --env ${name}`,
    "# Every field is explained in data/environments/production.example.yaml. Secrets are named here, never written.",
  ].join("\n");
}

function bindingsOf(answers: Answers): Readonly<Record<string, unknown>> {
  const text = (key: string) => answers[key] ?? "";
  return {
    aws: { region: answers["region"], read: credentialsOf(text("read")), act: credentialsOf(text("act")) },
    postgres: answers["locks"] === "postgres" ? { url: refOf(text("locks-url")), tls: "system" } : undefined,
    "kubernetes-lease":
      answers["locks"] === "kubernetes-lease"
        ? {
            cluster:
              text("kubeconfig") === "in-cluster"
                ? "in-cluster"
                : { kubeconfig: text("kubeconfig"), context: answers["context"] },
            namespace: answers["namespace"],
          }
        : undefined,
    slack:
      text("slack-token") === ""
        ? undefined
        : { token: refOf(text("slack-token")), channel: answers["slack-channel"] },
    pagerduty:
      text("pagerduty-key") === ""
        ? undefined
        : {
            routingKey: refOf(text("pagerduty-key")),
            notes:
              text("pagerduty-token") === ""
                ? undefined
                : { token: refOf(text("pagerduty-token")), from: answers["pagerduty-from"] },
          },
  };
}

function serviceOf({ name, url, more }: ServiceAnswers) {
  return {
    name,
    url,
    group: more["group"],
    rule: more["rule"],
    instances: listOf(more["instances"]),
    firewallGroups: listOf(more["firewall"]),
    logGroup: more["log-group"],
    port: (more["port"] ?? "") === "" ? undefined : Number(more["port"]),
    floor: Number(more["floor"] ?? "1"),
  };
}

/** The tier's time constants with those that were given. */
export function timesOf({ answers, times }: Answered): Readonly<Record<string, string>> {
  const own = times.map((pair) => pair.split("=", 2));
  return { ...(answers["tier"] === "development" ? quick : slow), ...Object.fromEntries(own) };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Each adapter looks at its own part, so that a file is not found wanting at three in the morning. */
function checkBindings(bindings: Readonly<Record<string, unknown>>): void {
  parseAwsBinding(bindings["aws"]);
  if (bindings["postgres"] !== undefined) parsePostgresLocksBinding(bindings["postgres"]);
  if (bindings["kubernetes-lease"] !== undefined) parseLeaseLocksBinding(bindings["kubernetes-lease"]);
  if (bindings["slack"] !== undefined) parseSlackBinding(bindings["slack"]);
  if (bindings["pagerduty"] !== undefined) parsePagerDutyBinding(bindings["pagerduty"]);
}

/** Without members that are undefined or an empty text, at any depth. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && member !== "")
      .map(([key, member]) => [key, withoutNothing(member)]),
  );
}

/** Secrets that the file names and that this process cannot see, for the person to provide: "OPS_SLACK_TOKEN". */
export function missingSecrets(
  bindings: unknown,
  has: (ref: { env?: string; file?: string }) => boolean,
): readonly string[] {
  if (typeof bindings !== "object" || bindings === null) return [];
  return Object.values(bindings).flatMap((member: unknown): readonly string[] => {
    if (typeof member !== "object" || member === null) return [];
    if ("env" in member && typeof member.env === "string")
      return has({ env: member.env }) ? [] : [member.env];
    if ("file" in member && typeof member.file === "string")
      return has({ file: member.file }) ? [] : [member.file];
    return missingSecrets(member, has);
  });
}
