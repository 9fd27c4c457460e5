import { createHash } from "node:crypto";
import path from "node:path";
import { agentNames } from "#platform/contract.ts";
import type { Program } from "./machine.ts";

/** Every machine of the practice production, in the order in which status lists them. */
export const machineNames = ["api-1", "api-2", "standby-1", "standby-2", "worker", ...agentNames] as const;
export type MachineName = (typeof machineNames)[number];

/** The services that machines belong to. */
export const serviceNames = ["api", "worker", ...agentNames] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What the platform's processes are told about their surroundings. */
export type Surroundings = {
  /** The variables that say where the reports' files are. */
  readonly files: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The variables that say which language models the materiality agent may ask. */
  readonly models: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<MachineName, number>>;
  /** For API machines that are added later, behind the same firewall rule. */
  readonly sparePorts: readonly number[];
  /** File in which the agents' addresses stand, for whoever gives them work. */
  readonly agentsFile: string;
  readonly version: string;
  /** Folder to which what is kept for years is copied. */
  readonly archiveUrl: string;
  /** Shared by the worker and the agents. */
  readonly internalToken: string;
  /** What every process asks whoever watches it for. */
  readonly probeToken: string;
  /** Keys that may use the API: of the practising customer, of the tenant that is there for trials, and of one that must see neither. */
  readonly apiKey: string;
  readonly smokeApiKey: string;
  readonly otherApiKey: string;
};

/** The repository, from which every process is started. */
export const home = path.resolve(import.meta.dirname, "..");

/** What runs on a machine, and with which settings; secrets travel in the environment, never in the arguments. */
export function programOf(name: string, port: number, around: Surroundings): Program {
  return {
    args: [path.join(home, "bin", "csrd.js"), ...commandOf(name)],
    env: settingsOf(name, port, around),
  };
}

/** Version of the API that ran before, and stands by without traffic. */
export const versionBefore = "0.0.9";

/** True for the machines that keep the version before running, so that traffic can go back to it. */
export function standsBy(name: string): boolean {
  return name === "standby" || name.startsWith("standby-");
}

/** Name of the service a machine or pod belongs to: `worker`, `worker-2` and `worker-6f9c-x2k4p` all belong to the worker's. */
export function serviceOf(name: string): ServiceName {
  const known = standsBy(name)
    ? "api"
    : serviceNames.find((one) => name === one || name.startsWith(`${one}-`));
  if (known === undefined) throw new TypeError(`no service has a machine ${name}`);
  return known;
}

function commandOf(name: string): readonly string[] {
  const service = serviceOf(name);
  if (service === "api") return ["serve"];
  return service === "worker" ? ["work"] : ["agent", service];
}

function settingsOf(name: string, port: number, around: Surroundings): Readonly<Record<string, string>> {
  const service = serviceOf(name);
  const common = {
    PATH: process.env["PATH"] ?? "",
    TZ: "UTC",
    CSRD_HOST: "127.0.0.1",
    CSRD_PORT: String(port),
    CSRD_INSTANCE: name,
    CSRD_VERSION: standsBy(name) ? versionBefore : around.version,
    CSRD_PROBE_TOKEN: around.probeToken,
    ...around.files,
  };
  if (service !== "api" && service !== "worker")
    return {
      ...common,
      CSRD_INTERNAL_TOKEN: around.internalToken,
      // The switches, so that each sees by itself that it is switched off.
      CSRD_REDIS_URL: around.redisUrl,
      CSRD_NICE: "19",
      ...(service === "materiality" ? around.models : {}),
    };
  const backends = {
    CSRD_DATABASE_URL: around.databaseUrl,
    CSRD_REDIS_URL: around.redisUrl,
    CSRD_AGENT_URLS: agentNames.map((agent) => `${agent}=http://127.0.0.1:${around.ports[agent]}`).join(),
    CSRD_AGENT_URLS_FILE: around.agentsFile,
  };
  return service === "api"
    ? {
        ...common,
        ...backends,
        CSRD_API_KEYS: apiKeys(around),
        CSRD_TRUSTED_PROXIES: "127.0.0.1",
        // Shorter than production's, like all times here; the balancer looks twice a second.
        CSRD_DRAIN_MS: "1000",
      }
    : {
        ...common,
        ...backends,
        CSRD_INTERNAL_TOKEN: around.internalToken,
        CSRD_ARCHIVE_URL: around.archiveUrl,
        CSRD_NICE: "10",
      };
}

function apiKeys({ apiKey, smokeApiKey, otherApiKey }: Surroundings): string {
  const keys = [
    ["sandbox", "read+write", apiKey],
    ["smoke", "read+write", smokeApiKey],
    ["neighbour", "read", otherApiKey],
  ] as const;
  return keys.map(([tenant, rights, key]) => `${tenant}:${rights}:${sha256(key)}`).join();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
