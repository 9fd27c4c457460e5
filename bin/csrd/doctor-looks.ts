import { access, constants, stat, statfs } from "node:fs/promises";
import { connect } from "node:net";
import { freemem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { loadCatalogue, loadFactors } from "#platform/catalogue/load.ts";
import { lookupOf } from "#platform/catalogue/lookup.ts";
import { agentNames } from "#platform/contract.ts";
import { loadAgent } from "#platform/pipeline/run.ts";
import { type Options, settle } from "./options.ts";

/** One thing looked at. `warn`: reports can be made all the same. */
export type Finding = {
  readonly what: string;
  readonly state: "ok" | "warn" | "fail";
  readonly says: string;
  readonly remedy?: string;
};

/** A question and how it is answered; whatever `look` throws is a failure with its own sentence. */
export type Look = { readonly what: string; readonly look: () => Promise<Omit<Finding, "what">> };

const mib = 2 ** 20;
const leastDisk = 100 * mib;
const wellDisk = 1024 * mib;
const leastMemory = 300 * mib;

/** Everything that a report depends on here, the cheap questions first. */
export function looksFor(options: Options): readonly Look[] {
  return [
    { what: "Node", look: node },
    { what: "Settings", look: () => settingsHold(options) },
    { what: "Output folder", look: async () => writable((await settle(options)).config.outputDir) },
    { what: "Disk", look: async () => room((await settle(options)).config.outputDir) },
    { what: "Memory", look: memory },
    { what: "Catalogue", look: catalogue },
    { what: "Emission factors", look: factors },
    ...agentNames.map((name) => ({ what: `Agent ${name}`, look: () => health(name) })),
    ...models(options),
    ...services(process.env),
    ...rights(process.env),
  ];
}

async function node(): Promise<Omit<Finding, "what">> {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return { state: "ok", says: `version ${process.versions.node}` };
  return {
    state: "fail",
    says: `version ${process.versions.node} is too old`,
    remedy: "Install Node 24 or newer.",
  };
}

async function settingsHold(options: Options): Promise<Omit<Finding, "what">> {
  const { path, origins } = await settle(options);
  const set = Object.values(origins).filter((from) => from !== "default").length;
  return {
    state: "ok",
    says: `${path === undefined ? "no .csrd.yaml" : path}; ${set} of ${Object.keys(origins).length} differ from the defaults`,
  };
}

async function writable(folder: string): Promise<Omit<Finding, "what">> {
  const place = await nearest(folder);
  const there = place === resolve(folder);
  const found = await stat(place);
  const may = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!found.isDirectory())
    return { state: "fail", says: `${place} is a file`, remedy: "Name a folder with -o." };
  if (!may)
    return {
      state: "fail",
      says: `${place} may not be written to`,
      remedy: "Name another folder with -o, or give yourself the right to write there.",
    };
  return { state: "ok", says: `${folder} ${there ? "can be written to" : "can be made"}` };
}

async function room(folder: string): Promise<Omit<Finding, "what">> {
  const { bavail, bsize } = await statfs(await nearest(folder));
  const free = bavail * bsize;
  const says = `${Math.floor(free / mib).toLocaleString("en")} MiB free`;
  const remedy = "Make room, or name a folder on another disk with -o.";
  if (free < leastDisk) return { state: "fail", says, remedy };
  return free < wellDisk ? { state: "warn", says, remedy } : { state: "ok", says };
}

async function memory(): Promise<Omit<Finding, "what">> {
  const free = process.availableMemory?.() ?? freemem();
  const says = `${Math.floor(free / mib).toLocaleString("en")} MiB available`;
  if (free >= leastMemory) return { state: "ok", says };
  return { state: "warn", says, remedy: "A large report needs up to 300 MB; end what is not needed." };
}

/** Present and whole: what refers to something refers to something that is there. */
async function catalogue(): Promise<Omit<Finding, "what">> {
  const found = await loadCatalogue();
  const lookup = lookupOf(found);
  const { concepts, datapoints, tables, totals, taxonomy } = found;
  const loose = [
    ...datapoints.flatMap((datapoint) => datapoint.concepts),
    ...tables.flatMap((table) => table.concepts),
    ...totals.flatMap(({ total, items }) => [total, ...items.map(({ concept }) => concept)]),
  ].filter((name) => lookup.concept(name) === undefined);
  const bare = concepts.filter(
    ({ enumeration }) => enumeration !== "" && found.enumerations[enumeration] === undefined,
  );
  if (loose.length + bare.length > 0)
    return {
      state: "fail",
      says: `data/esrs_data_points.json refers to ${loose[0] ?? bare[0]?.enumeration}, which it does not hold`,
      remedy: "Restore the file from the release.",
    };
  return {
    state: "ok",
    says: `${concepts.length.toLocaleString("en")} concepts, ${datapoints.length.toLocaleString("en")} datapoints, ${tables.length} tables; taxonomy ${taxonomy.version}`,
  };
}

async function factors(): Promise<Omit<Finding, "what">> {
  const { factors: all, sources } = await loadFactors();
  const known = new Set(sources.map(({ id }) => id));
  const stray = all.find(({ source }) => !known.has(source));
  const twice = all.length - new Set(all.map(({ id }) => id)).size;
  if (stray !== undefined || twice > 0)
    return {
      state: "fail",
      says:
        stray === undefined
          ? `${twice} ids stand there twice`
          : `${stray.id} names the source ${stray.source}, which is not there`,
      remedy: "Restore data/emission_factors.json from the release.",
    };
  const last = Math.max(...sources.map(({ year }) => year));
  return { state: "ok", says: `${all.length.toLocaleString("en")} factors, the newest source of ${last}` };
}

async function health(name: (typeof agentNames)[number]): Promise<Omit<Finding, "what">> {
  // Read only now: what is broken in one stage is one line, not the end of the command.
  const agent = await loadAgent[name]();
  const found = Object.entries(await agent.health());
  const nothing = found.find(([key, value]) => key.endsWith("_loaded") && value === 0);
  const says = found
    .map(([key, value]) =>
      typeof value === "number"
        ? `${value.toLocaleString("en")} ${key.replace(/_loaded$/, "").replaceAll("_", " ")}`
        : `${key.replaceAll("_", " ")} ${value}`,
    )
    .join(", ");
  if (nothing === undefined) return { state: "ok", says };
  return { state: "fail", says, remedy: "Restore data/ and rules/ from the release." };
}

/** The language models that the settings name, asked for their lists of models: a look that costs nothing. */
function models(options: Options): readonly Look[] {
  return [
    {
      what: "Language models",
      look: async () => {
        const { config } = await settle(options);
        const chain = process.env["CSRD_LLM_CHAIN"] ?? "";
        const named = config.llmProvider === "offline" && chain !== "" ? "chain" : config.llmProvider;
        if (named === "offline") return { state: "ok", says: "none asked; offline rules assess materiality" };
        const { modelsForRun } = await import("#platform/llm/models-for-run.ts");
        const found = modelsForRun(named, config.llmModel === "" ? undefined : config.llmModel);
        if (found === undefined) return { state: "ok", says: "none asked; offline rules assess materiality" };
        const list = found.models
          .map(({ name, provider, model }) => `${name} (${provider} ${model})`)
          .join(", ");
        let seen = await found.health();
        // A health page does not wait for long; a person who asks for it does.
        for (let more = 0; more < 8 && !seen.reachable; more += 1) seen = await found.health();
        const { reachable, reason, ms } = seen;
        if (reachable && reason === undefined)
          return { state: "ok", says: `${list}; answered within ${ms} ms` };
        return {
          state: "warn",
          says: `${list}: ${reason ?? "no answer"}`,
          remedy: found.chain.includes("offline")
            ? "The offline rules take over, and the report says so; see docs/platform.md, Language models."
            : "Reports wait until one answers; name offline last in the chain to let the rules take over.",
        };
      },
    },
  ];
}

/** Services that only matter where somebody has set them up; `csrd run` needs none. */
function services(environment: NodeJS.ProcessEnv): readonly Look[] {
  const named = [
    ["Database", "CSRD_DATABASE_URL", 5432],
    ["Queue", "CSRD_REDIS_URL", 6379],
    ["Language model", "CSRD_LLM_URL", 443],
    ["XBRL validator", "CSRD_XBRL_VALIDATOR_URL", 443],
  ] as const;
  const set = named.filter(([, variable]) => (environment[variable] ?? "") !== "");
  if (set.length === 0)
    return [
      {
        what: "Services",
        look: async () => ({ state: "ok", says: "none set up; csrd run needs none" }),
      },
    ];
  return set.map(([what, variable, port]) => ({
    what,
    look: async () => {
      const remedy = `Start it, or correct ${variable}; csrd run works without it.`;
      const url = URL.parse(environment[variable] ?? "");
      if (url === null) return { state: "warn", says: `${variable} holds no address`, remedy };
      // The address alone: user names and passwords in it are nobody's business here.
      const where = `${url.hostname}:${url.port === "" ? port : url.port}`;
      const answers = await reachable(url.hostname, Number(url.port === "" ? port : url.port));
      return answers
        ? { state: "ok", says: `${where} answers` }
        : { state: "warn", says: `${where} does not answer within 2 s`, remedy };
    },
  }));
}

/** What may be done to the queue's Redis with the address that the platform has. */
function rights(environment: NodeJS.ProcessEnv): readonly Look[] {
  const url = environment["CSRD_REDIS_URL"] ?? "";
  if (!/^rediss?:/.test(url) || !URL.canParse(url)) return [];
  return [{ what: "Queue's rights", look: async () => (await import("./redis-rights.ts")).redisRights(url) }];
}

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout: 2_000 });
    const end = (answers: boolean) => (): void => {
      socket.destroy();
      done(answers);
    };
    socket.once("connect", end(true)).once("timeout", end(false)).once("error", end(false));
  });
}

/** The folder itself, or the nearest above it that is there. */
async function nearest(folder: string): Promise<string> {
  let at = resolve(folder);
  while ((await stat(at).catch(() => undefined)) === undefined && at !== dirname(at)) at = dirname(join(at));
  return at;
}
