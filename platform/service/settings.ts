import { z } from "zod";
import { type AgentName, defaultPorts, type ServiceName } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { authSettings } from "./settings/auth.ts";
import { externalSettings } from "./settings/llm.ts";
import { processSettings } from "./settings/process.ts";
import { internalSettings, queueSettings, workerSettings } from "./settings/queue.ts";
import { count, port } from "./settings/shapes.ts";
import { databaseSettings, filesSettings } from "./settings/storage.ts";

const serve = z.object({
  ...processSettings,
  ...filesSettings,
  ...databaseSettings,
  ...queueSettings,
  ...authSettings,
  ...externalSettings,
  CSRD_PORT: port.default(defaultPorts.api),
  CSRD_UPLOAD_LIMIT_MB: count(10_240).default(512),
});

const work = z.object({
  ...processSettings,
  ...filesSettings,
  ...databaseSettings,
  ...queueSettings,
  ...workerSettings,
  ...internalSettings,
  CSRD_PORT: port.default(defaultPorts.worker),
});

const agent = z.object({
  ...processSettings,
  ...filesSettings,
  ...internalSettings,
  CSRD_PORT: port.optional(),
});

/** Settings of `csrd serve`, by the names of their environment variables. */
export type ServeSettings = z.infer<typeof serve>;
/** Settings of `csrd work`. */
export type WorkSettings = z.infer<typeof work>;
/** Settings of `csrd agent`. */
export type AgentSettings = Omit<z.infer<typeof agent>, "CSRD_PORT"> & { readonly CSRD_PORT: number };

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
