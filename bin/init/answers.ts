import { isDuration } from "#kit/duration.ts";
import { EnvironmentFile, type SecretRef } from "#kit/environment.ts";

/** What was answered so far, as text, by question. */
export type Answers = Readonly<Record<string, string | undefined>>;

/** One thing that an environment file needs, asked at a terminal or given by its flag. */
export type Question = {
  /** Also the flag, without its dashes. */
  readonly key: string;
  /** As it stands in the help: "<tier>". */
  readonly value: string;
  readonly ask: string;
  /** What Enter takes. An empty text means that it may be left out; without a fallback there must be an answer. */
  readonly fallback?: (so: Answers) => string | undefined;
  /** Why an answer cannot be taken; undefined when it can. */
  readonly fault: (text: string) => string | undefined;
  /** True for what must never be repeated on a screen or in a record. */
  readonly secret?: boolean;
  readonly when?: (so: Answers) => boolean;
};

const matches = (form: RegExp, why: string) => (text: string) => (form.test(text) ? undefined : why);
const oneOf =
  (...known: readonly string[]) =>
  (text: string) =>
    known.includes(text) ? undefined : `is none of ${known.join(", ")}`;
const leftOut = () => "";
const anything = matches(/\S/, "is empty");
const reference = (text: string) =>
  refOf(text) === undefined
    ? "is not env:NAME or file:/path. The secret itself is never written into the file; if it was one, change it, for it was shown here"
    : undefined;

/** The parts of a file that are not lists, in the order in which people know them. */
export const questions: readonly Question[] = [
  {
    key: "tier",
    value: "<tier>",
    ask: "Tier: development, staging or production",
    fallback: ({ name = "" }) =>
      name.startsWith("dev") ? "development" : name.startsWith("stag") ? "staging" : "production",
    fault: oneOf("development", "staging", "production"),
  },
  {
    key: "zone",
    value: "<zone>",
    ask: "Time zone of its people, for business hours",
    fallback: () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    fault: (text) => partFault("zone", text),
  },
  {
    key: "region",
    value: "<region>",
    ask: "AWS region",
    fallback: () => process.env["AWS_REGION"],
    fault: matches(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not a region like "eu-central-1"'),
  },
  {
    key: "account",
    value: "<account>",
    ask: "AWS account number; acting under any other is refused (Enter: not checked)",
    fallback: leftOut,
    fault: (text) => identityFault("account", text),
  },
  {
    key: "read",
    value: "<role>",
    ask: "Credentials that look: an AWS profile, default-chain, or env:ID,env:SECRET",
    fallback: ({ name }) => `${name}-read`,
    fault: credentialsFault,
    secret: true,
  },
  {
    key: "act",
    value: "<role>",
    ask: "Credentials that act: the same forms, but not the same role",
    fallback: ({ name }) => `${name}-act`,
    fault: credentialsFault,
    secret: true,
  },
  {
    key: "locks",
    value: "<place>",
    ask: "Where locks live: host (one machine operates it), postgres or kubernetes-lease (several do)",
    fallback: () => "host",
    fault: oneOf("host", "postgres", "kubernetes-lease"),
  },
  {
    key: "locks-url",
    value: "<ref>",
    ask: "Address of the lock database, as env:NAME or file:/path, because it carries a password",
    fault: reference,
    secret: true,
    when: ({ locks }) => locks === "postgres",
  },
  {
    key: "database-system-id",
    value: "<digits>",
    ask: "System identifier of that server, from pg_control_system() (Enter: not checked)",
    fallback: leftOut,
    fault: (text) => identityFault("databaseSystemId", text),
    when: (so) => so["locks"] === "postgres" || so["database-system-id"] !== undefined,
  },
  {
    key: "kubeconfig",
    value: "<file>",
    ask: "Kubeconfig of the lock cluster, or in-cluster",
    fault: anything,
    when: ({ locks }) => locks === "kubernetes-lease",
  },
  {
    key: "context",
    value: "<name>",
    ask: "Its context (Enter: the current one)",
    fallback: leftOut,
    fault: anything,
    when: ({ locks, kubeconfig }) => locks === "kubernetes-lease" && kubeconfig !== "in-cluster",
  },
  {
    key: "namespace",
    value: "<name>",
    ask: "Namespace of its own for the locks",
    fallback: () => "csrd-ops",
    fault: matches(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "is not a namespace"),
    when: ({ locks }) => locks === "kubernetes-lease",
  },
  {
    key: "cluster-uid",
    value: "<uid>",
    ask: "Uid of that cluster's namespace kube-system (Enter: not checked)",
    fallback: leftOut,
    fault: (text) => identityFault("clusterUid", text),
    when: (so) => so["locks"] === "kubernetes-lease" || so["cluster-uid"] !== undefined,
  },
  {
    key: "slack-token",
    value: "<ref>",
    ask: "Slack bot token, as env:NAME or file:/path (Enter: no Slack)",
    fallback: leftOut,
    fault: reference,
    secret: true,
  },
  {
    key: "slack-channel",
    value: "<name>",
    ask: "Slack channel that is told",
    fault: matches(/^(#?[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$/, "is not a channel"),
    when: (so) => (so["slack-token"] ?? "") !== "",
  },
  {
    key: "pagerduty-key",
    value: "<ref>",
    ask: "PagerDuty integration key, as env:NAME or file:/path (Enter: no PagerDuty)",
    fallback: leftOut,
    fault: reference,
    secret: true,
  },
  {
    key: "pagerduty-token",
    value: "<ref>",
    ask: "PagerDuty REST token for notes on incidents, as env:NAME or file:/path (Enter: no notes)",
    fallback: leftOut,
    fault: reference,
    secret: true,
    when: (so) => (so["pagerduty-key"] ?? "") !== "",
  },
  {
    key: "pagerduty-from",
    value: "<mail>",
    ask: "Mail address of the PagerDuty user who writes them",
    fault: matches(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "is not a mail address"),
    when: (so) => (so["pagerduty-token"] ?? "") !== "",
  },
  {
    key: "approvers",
    value: "<names>",
    ask: "Who may approve, logins with commas between (Enter: nobody yet)",
    fallback: leftOut,
    fault: matches(/^[^\s,]+(\s*,\s*[^\s,]+)*$/, "is not a list of names with commas between"),
  },
];

/** What is asked about one service, beside its name and address. */
export const serviceQuestions: readonly Question[] = [
  {
    key: "instances",
    value: "<name=ids>",
    ask: "its instances, with commas between (Enter: none)",
    fallback: leftOut,
    fault: anything,
  },
  {
    key: "group",
    value: "<name=arn>",
    ask: "ARN of its target group (Enter: none)",
    fallback: leftOut,
    fault: matches(/^arn:/, "is not an ARN"),
  },
  {
    key: "rule",
    value: "<name=arn>",
    ask: "ARN of the listener rule that two versions share (Enter: none)",
    fallback: leftOut,
    fault: matches(/^arn:/, "is not an ARN"),
  },
  {
    key: "firewall",
    value: "<name=ids>",
    ask: "security groups between balancer and instances, with commas between (Enter: none)",
    fallback: leftOut,
    fault: matches(/^sg-[0-9a-z-]+(\s*,\s*sg-[0-9a-z-]+)*$/, "is not a list of sg-…"),
  },
  {
    key: "log-group",
    value: "<name=group>",
    ask: "its log group (Enter: none)",
    fallback: leftOut,
    fault: anything,
  },
  {
    key: "port",
    value: "<name=port>",
    ask: "port of its instances (Enter: not known)",
    fallback: leftOut,
    fault: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? undefined : "is not a port",
  },
  {
    key: "floor",
    value: "<name=count>",
    ask: "fewest healthy instances that any step may leave",
    fallback: () => "1",
    fault: matches(/^\d{1,4}$/, "is not a count"),
  },
];

/** A service as `name=url`. */
export function serviceFault(text: string): string | undefined {
  const [, name, url = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || !/^[a-z][a-z0-9-]{0,30}$/.test(name))
    return "is not name=url, the name in lower case";
  return /^https?:\/\//.test(url) && URL.canParse(url)
    ? undefined
    : "has no address that begins with https://";
}

/** A time constant as `name=duration`. */
export function timeFault(text: string): string | undefined {
  const [, name = "", value] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!Object.keys(EnvironmentFile.shape.times.shape).includes(name))
    return `is none of ${Object.keys(EnvironmentFile.shape.times.shape).join(", ")}`;
  return isDuration(value) ? undefined : 'has no duration like "5m"';
}

/** A reference to a secret as it is typed: env:NAME or file:/path. */
export function refOf(text: string): SecretRef | undefined {
  const [, kind, where = ""] = /^(env|file):(.+)$/.exec(text) ?? [];
  if (kind === "env") return /^[A-Z][A-Z0-9_]*$/.test(where) ? { env: where } : undefined;
  return kind === "file" && where.startsWith("/") ? { file: where } : undefined;
}

/** Credentials as they are typed: "default-chain", a profile's name, or two references to a key pair. */
export function credentialsOf(text: string): unknown {
  if (text === "default-chain") return text;
  const [id, secret, ...more] = text.split(",").map((part) => refOf(part.trim()));
  if (id !== undefined && secret !== undefined && more.length === 0)
    return { accessKeyId: id, secretAccessKey: secret };
  return /^[\w.@+-]{1,128}$/.test(text) ? { profile: text } : undefined;
}

function credentialsFault(text: string): string | undefined {
  if (/^A(KIA|SIA)[A-Z0-9]{12,}/.test(text))
    return "is an access key itself; name a profile, or write env:ID,env:SECRET. Change the key if it was real, for it was shown here";
  return credentialsOf(text) === undefined
    ? "is no profile, not default-chain, and no pair env:ID,env:SECRET"
    : undefined;
}

function partFault(part: "zone", text: string): string | undefined {
  return EnvironmentFile.shape[part].safeParse(text).error?.issues[0]?.message;
}

function identityFault(fact: string, text: string): string | undefined {
  return EnvironmentFile.shape.identity.safeParse({ [fact]: text }).error?.issues[0]?.message;
}
