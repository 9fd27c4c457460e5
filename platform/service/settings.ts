import { z } from "zod";
import { type AgentName, defaultPorts } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { apiSettings } from "./settings/api.ts";
import { authSettings, tokenWhenReachable, wholeOidc } from "./settings/auth.ts";
import { cacheSettings, externalSettings } from "./settings/llm.ts";
import { processSettings } from "./settings/process.ts";
import {
  agentLimits,
  internalSettings,
  queueSettings,
  reportLimits,
  workerSettings,
} from "./settings/queue.ts";
import { retentionSettings } from "./settings/retention.ts";
import { port } from "./settings/shapes.ts";
import { databaseSettings, filesSettings, oneStore } from "./settings/storage.ts";
import { switchSettings } from "./settings/switches.ts";

const serve = z
  .object({
    ...processSettings,
    ...filesSettings,
    ...databaseSettings,
    ...queueSettings,
    ...authSettings,
    ...externalSettings,
    ...switchSettings,
    CSRD_PORT: port.default(defaultPorts.api),
    ...apiSettings,
  })
  .superRefine(oneStore)
  .superRefine(wholeOidc);

const work = z
  .object({
    ...processSettings,
    ...filesSettings,
    ...databaseSettings,
    ...queueSettings,
    ...workerSettings,
    ...reportLimits,
    ...internalSettings,
    ...switchSettings,
    CSRD_PORT: port.default(defaultPorts.worker),
  })
  .superRefine(oneStore);

const agent = z
  .object({
    ...processSettings,
    ...filesSettings,
    ...internalSettings,
    ...agentLimits,
    ...switchSettings,
    ...cacheSettings,
    /** To read the kill switches, which the worker tells the agent otherwise, and to cache language models' answers. */
    CSRD_REDIS_URL: queueSettings.CSRD_REDIS_URL.optional(),
    CSRD_PORT: port.optional(),
  })
  .superRefine(oneStore)
  .superRefine(tokenWhenReachable);

const operator = z.object({
  CSRD_DATABASE_URL: databaseSettings.CSRD_DATABASE_URL,
  CSRD_REDIS_URL: queueSettings.CSRD_REDIS_URL,
  ...switchSettings,
});

const tool = z.object({ CSRD_DATABASE_URL: databaseSettings.CSRD_DATABASE_URL });

const keeper = z
  .object({ ...filesSettings, ...retentionSettings, CSRD_DATABASE_URL: databaseSettings.CSRD_DATABASE_URL })
  .superRefine(oneStore);

/** Settings of `csrd serve`, by the names of their environment variables. */
export type ServeSettings = z.infer<typeof serve>;
/** Settings of `csrd work`. */
export type WorkSettings = z.infer<typeof work>;
/** Settings of `csrd agent`. */
export type AgentSettings = Omit<z.infer<typeof agent>, "CSRD_PORT"> & { readonly CSRD_PORT: number };

/** Settings of the commands with which an operator acts on queue and switches. */
export type OperatorSettings = z.infer<typeof operator>;

/** Settings of the commands that need the database only. */
export type ToolSettings = z.infer<typeof tool>;
/** Settings of the commands that look after what is kept: database, files, archive and logs. */
export type KeeperSettings = z.infer<typeof keeper>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of `csrd serve` from the environment; throws `settings-invalid` with one sentence per wrong variable. */
export function serveSettings(environment: Environment): ServeSettings {
  return parsed(serve, "serve", environment);
}

/** Settings of `csrd work` from the environment; throws `settings-invalid`. */
export function workSettings(environment: Environment): WorkSettings {
  const settings = parsed(work, "work", environment);
  return settings;
}

/** Settings of `csrd agent <name>` from the environment; throws `settings-invalid`. */
export function agentSettings(name: AgentName, environment: Environment): AgentSettings {
  const settings = parsed(agent, `agent ${name}`, environment);
  return { ...settings, CSRD_PORT: settings.CSRD_PORT ?? defaultPorts[name] };
}

/** Settings of `csrd queue` and `csrd switch` from the environment; throws `settings-invalid`. */
export function operatorSettings(command: string, environment: Environment): OperatorSettings {
  return parsed(operator, command, environment);
}

/** The database from the environment, for `csrd migrate` and its like; throws `settings-invalid`. */
export function toolSettings(command: string, environment: Environment): ToolSettings {
  return parsed(tool, command, environment);
}

/** Database, files, archive and logs from the environment, for `csrd retention` and its like; throws `settings-invalid`. */
export function keeperSettings(command: string, environment: Environment): KeeperSettings {
  return parsed(keeper, command, environment);
}

function parsed<T>(schema: z.ZodType<T>, command: string, environment: Environment): T {
  // An empty variable is what a shell leaves behind when it meant "unset".
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`);
  throw new CsrdError("settings-invalid", {
    summary: [...new Set(sentences)].join(" "),
    hint: `Correct the environment of csrd ${command} and start it again.`,
  });
}
