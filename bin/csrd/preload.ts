import module from "node:module";
import type { Command } from "commander";
import { duration } from "./progress.ts";
import { print } from "./terminal.ts";

type Wanted = {
  readonly esrsCatalog?: true;
  readonly emissionFactors?: true;
  readonly formulas?: true;
  readonly rules?: true;
  readonly code?: true;
};

type Part = {
  readonly name: keyof Wanted;
  readonly option: string;
  readonly about: string;
  /** Loads it, and says what there is. */
  readonly load: () => Promise<string>;
};

const many = (count: number, what: string): string => `${count.toLocaleString("en")} ${what}`;

const parts: readonly Part[] = [
  {
    name: "esrsCatalog",
    option: "--esrs-catalog",
    about: "the standard: concepts, datapoints and tables",
    load: async () => {
      const { loadCatalogue } = await import("#platform/catalogue/load.ts");
      const { concepts, datapoints, tables } = await loadCatalogue();
      return `${many(concepts.length, "concepts")}, ${many(datapoints.length, "datapoints")}, ${many(tables.length, "tables")}`;
    },
  },
  {
    name: "emissionFactors",
    option: "--emission-factors",
    about: "the emission factors",
    load: async () => {
      const { loadFactors } = await import("#platform/catalogue/load.ts");
      const { factors, sources } = await loadFactors();
      return `${many(factors.length, "factors")} from ${many(sources.length, "sources")}`;
    },
  },
  {
    name: "formulas",
    option: "--formulas",
    about: "the formulas",
    load: async () => counted(await (await import("#platform/agents/calculator.ts")).calculator.health()),
  },
  {
    name: "rules",
    option: "--rules",
    about: "the audit's rules",
    load: async () => counted(await (await import("#platform/agents/audit.ts")).audit.health()),
  },
  {
    name: "code",
    option: "--code",
    about: "the program itself, compiled",
    load: async () => {
      const { agents } = await import("#platform/agents/index.ts");
      await Promise.all([
        import("./run.ts"),
        import("./stage.ts"),
        import("./validate.ts"),
        import("#platform/sdk.ts"),
      ]);
      module.flushCompileCache();
      const where = module.getCompileCacheDir();
      return `${Object.keys(agents).length} agents${where === undefined ? "; this Node keeps no compiled code" : `, compiled code in ${where}`}`;
    },
  },
];

/** `csrd preload`: reads everything that a run reads, so that what can be kept ready on disk is. */
export function register(program: Command): void {
  const command = program
    .command("preload")
    .description("warm the caches, so that the next run starts fast; without an option, all of them")
    .option("--json", "one JSON object per line");
  for (const { option, about } of parts) command.option(option, about);
  command.action(preload);
}

async function preload(wanted: Wanted & { readonly json?: true }): Promise<void> {
  const asked = parts.filter(({ name }) => wanted[name] === true);
  const from = performance.now();
  for (const { option, about, load } of asked.length === 0 ? parts : asked) {
    const began = performance.now();
    const found = await load();
    const ms = performance.now() - began;
    if (wanted.json === true)
      process.stdout.write(`${JSON.stringify({ loaded: option.slice(2), found, ms: Math.round(ms) })}\n`);
    else print([`${option.slice(2).padEnd(18)}${duration(ms).padStart(8)}  ${about}: ${found}`]);
  }
  if (wanted.json !== true)
    print([`All of it in ${duration(performance.now() - from)}; ${await whereKept()}.`]);
}

async function whereKept(): Promise<string> {
  const { cacheFolder } = await import("#platform/catalogue/rule-file.ts");
  const folder = cacheFolder();
  return folder === undefined
    ? "no cache is kept (CSRD_CACHE_ENABLED)"
    : `rule files are kept ready in ${folder}`;
}

/** `{ formulas_loaded: 12 }` as "12 formulas". */
function counted(health: Readonly<Record<string, number | string | boolean>>): string {
  return Object.entries(health)
    .map(([name, value]) =>
      typeof value === "number"
        ? many(value, name.replace(/_loaded$/, "").replaceAll("_", " "))
        : `${name.replaceAll("_", " ")} ${value}`,
    )
    .join(", ");
}
