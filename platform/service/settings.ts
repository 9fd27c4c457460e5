import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";
import { type AgentName, agentNames, defaultPorts, type ServiceName } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { version } from "./version.ts";

const port = z.coerce
  .number({ error: "must be a TCP port" })
  .int("must be a TCP port")
  .min(0, "must be a TCP port, 0 to 65535")
  .max(65_535, "must be a TCP port, 0 to 65535");
const milliseconds = (least: number, most: number) =>
  z.coerce
    .number({ error: "must be a number of milliseconds" })
    .int("must be a whole number of milliseconds")
    .min(least, `must be at least ${least} ms`)
    .max(most, `must be at most ${most} ms`);
const count = (most: number) =>
  z.coerce
    .number({ error: "must be a number" })
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(most, `must be at most ${most}`);
const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });
const needed = { error: "must be set" };

const common = {
  CSRD_HOST: z.string().min(1, "must not be empty").default("127.0.0.1"),
  CSRD_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,63}$/, "must be 1 to 63 letters, digits, dots, dashes or underscores")
    .default(() =>
      hostname()
        .replaceAll(/[^A-Za-z0-9._-]/g, "-")
        .slice(0, 63),
    ),
  CSRD_VERSION: z
    .string()
    .min(1, "must not be empty")
    .max(64, "must be at most 64 characters")
    .default(version),
  CSRD_LOG_LEVEL: z
    .enum(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], {
      error: "must be DEBUG, INFO, WARNING, ERROR or CRITICAL",
    })
    .default("INFO"),
  CSRD_LOG_FILE: z.string().min(1, "must not be empty").optional(),
  CSRD_ARTIFACTS_DIR: z
    .string(needed)
    .min(1, "must not be empty")
    .transform((dir) => path.resolve(dir)),
};

const backends = {
  CSRD_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }),
  CSRD_DATABASE_POOL: count(100).default(10),
  CSRD_REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }),
  CSRD_AGENT_URLS: z.string().default("").transform(agentUrls),
};

const serve = z.object({
  ...common,
  ...backends,
  CSRD_PORT: port.default(defaultPorts.api),
  CSRD_API_KEYS: z.string().default("").transform(apiKeys),
  CSRD_RATE_LIMIT: count(1_000_000).default(600),
  CSRD_UPLOAD_LIMIT_MB: count(10_240).default(512),
  CSRD_LLM_URL: httpUrl.optional(),
  CSRD_XBRL_VALIDATOR_URL: httpUrl.optional(),
});

const work = z.object({
  ...common,
  ...backends,
  CSRD_PORT: port.default(defaultPorts.worker),
  CSRD_CONCURRENCY: count(100).default(10),
  CSRD_GLOBAL_CONCURRENCY: count(1_000).default(10),
  CSRD_LOCK_MS: milliseconds(1_000, 600_000).default(10_000),
  CSRD_STALLED_MS: milliseconds(500, 600_000).default(5_000),
  CSRD_SWEEP_MS: milliseconds(500, 600_000).default(10_000),
  CSRD_STAGE_TIMEOUT_MS: milliseconds(1_000, 86_400_000).default(1_800_000),
  CSRD_RELEASE_MS: milliseconds(0, 600_000).default(15_000),
  CSRD_INTERNAL_TOKEN: z.string().min(20, "must be at least 20 characters").optional(),
});

const agent = z.object({
  ...common,
  CSRD_PORT: port.optional(),
  CSRD_INTERNAL_TOKEN: z.string().min(20, "must be at least 20 characters").optional(),
});

/** Settings of `csrd serve`, by the names of their environment variables. */
export type ServeSettings = z.infer<typeof serve>;
/** Settings of `csrd work`. */
export type WorkSettings = z.infer<typeof work>;
/** Settings of `csrd agent`. */
export type AgentSettings = Omit<z.infer<typeof agent>, "CSRD_PORT"> & { readonly CSRD_PORT: number };
/** Base URLs of each agent's instances; at least one each. */
export type AgentUrls = Readonly<Record<AgentName, readonly string[]>>;
/** A key that may use the API: whose it is, what it may do, and the SHA-256 of the key itself. */
export type ApiKey = {
  readonly owner: string;
  readonly scopes: readonly ("read" | "write")[];
  readonly sha256: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of `csrd serve` from the environment; throws `settings-invalid` with one sentence per wrong variable. */
export function serveSettings(environment: Environment): ServeSettings {
  return parsed(serve, "api", environment);
}

/** Settings of `csrd work` from the environment; throws `settings-invalid`. */
export function workSettings(environment: Environment): WorkSettings {
  const settings = parsed(work, "worker", environment);
  return settings;
}

/** Settings of `csrd agent <name>` from the environment; throws `settings-invalid`. */
export function agentSettings(name: AgentName, environment: Environment): AgentSettings {
  const settings = parsed(agent, name, environment);
  return { ...settings, CSRD_PORT: settings.CSRD_PORT ?? defaultPorts[name] };
}

function parsed<T>(schema: z.ZodType<T>, service: ServiceName, environment: Environment): T {
  // An empty variable is what a shell leaves behind when it meant "unset".
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`);
  throw new CsrdError("settings-invalid", {
    summary: [...new Set(sentences)].join(" "),
    hint: `Correct the environment of csrd ${service === "api" ? "serve" : service === "worker" ? "work" : `agent ${service}`} and start it again.`,
  });
}

/** `intake=http://a:8001,intake=http://b:8001,audit=…`: an agent that is not named is expected on its default port on this machine. */
function agentUrls(text: string, context: z.RefinementCtx<string>): AgentUrls {
  const urls = new Map<AgentName, string[]>();
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const [name, ...rest] = entry.split("=");
    const url = rest.join("=");
    const known = agentNames.find((agentName) => agentName === name);
    if (known === undefined || !httpUrl.safeParse(url).success)
      context.addIssue({
        code: "custom",
        message: "must be entries like intake=http://host:8001, separated by commas",
      });
    else urls.set(known, [...(urls.get(known) ?? []), url.replace(/\/+$/, "")]);
  }
  const of = (name: AgentName): readonly string[] =>
    urls.get(name) ?? [`http://127.0.0.1:${defaultPorts[name]}`];
  return {
    intake: of("intake"),
    materiality: of("materiality"),
    calculator: of("calculator"),
    aggregator: of("aggregator"),
    reporting: of("reporting"),
    audit: of("audit"),
  };
}

/** `acme:read+write:<sha256 of the key, hex>`, separated by commas. */
function apiKeys(text: string, context: z.RefinementCtx<string>): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const match = /^([A-Za-z0-9._-]{1,63}):(read|write|read\+write):([0-9a-f]{64})$/.exec(entry);
    if (match === null) {
      context.addIssue({
        code: "custom",
        message: "must be entries like acme:read+write:<SHA-256 of the key in hex>, separated by commas",
      });
      continue;
    }
    const [, owner = "", scopes = "", sha256 = ""] = match;
    keys.push({
      owner,
      scopes: (["read", "write"] as const).filter((scope) => scopes.includes(scope)),
      sha256,
    });
  }
  return keys;
}
