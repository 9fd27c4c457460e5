import { open } from "node:fs/promises";
import type { Command } from "commander";
import { defaults, settings } from "#platform/config.ts";
import { configTemplate } from "#platform/config/file.ts";
import { CsrdError } from "#platform/errors.ts";
import { configPath, type Options, settle, standardPath, withOptions } from "./options.ts";
import { print } from "./terminal.ts";

type Asked = Options & { readonly init?: true; readonly show?: true; readonly path?: true };

/** `csrd config`: every setting with where it comes from; or a new `.csrd.yaml`. */
export function register(program: Command): void {
  withOptions(program.command("config"), ["config", "json"])
    .description("show the settings and where each comes from, or begin a .csrd.yaml")
    .option("--show", "show them (what happens without an option, too)")
    .option("--init", "write a .csrd.yaml with every setting explained; never over one that is there")
    .option("--path", "print the path of the file that is read")
    .addHelpText(
      "after",
      "\nAn option goes before a CSRD_* variable, that before the file, that before the default.",
    )
    .action(config);
}

async function config(asked: Asked): Promise<void> {
  if (asked.init === true) await begin(asked.config ?? standardPath);
  else if (asked.path === true) await tellPath(asked.config);
  else await show(asked);
}

async function begin(path: string): Promise<void> {
  // "wx" also refuses where a link stands in its place.
  const file = await open(path, "wx").catch((cause: unknown) => {
    const there = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CsrdError("csrd-usage", {
      summary: there ? `${path} is already there.` : `${path} cannot be written.`,
      hint: there ? "Edit it, or name another file with --config." : "Name a file that may be written.",
      cause,
    });
  });
  await file.writeFile(configTemplate(defaults));
  await file.close();
  print([`Wrote ${path}; every setting in it is explained and commented out.`]);
}

async function tellPath(asked: string | undefined): Promise<void> {
  const path = await configPath(asked);
  if (path === undefined) {
    process.exitCode = 2;
    print([`${standardPath} (not there; csrd config --init writes one)`]);
  } else print([path]);
}

async function show(asked: Asked): Promise<void> {
  const { config, origins, path } = await settle(asked);
  const secrets = secretVariables();
  if (asked.json === true) {
    const shown = Object.fromEntries(
      settings.map(({ key, name }) => [key, { value: config[name], from: origins[name] }]),
    );
    process.stdout.write(`${JSON.stringify({ file: path, settings: shown, secrets })}\n`);
    return;
  }
  const width = Math.max(...settings.map(({ key }) => key.length)) + 2;
  print([
    path === undefined ? `No ${standardPath} here; csrd config --init writes one.` : `File: ${path}`,
    "",
    ...settings.map(({ key, name }) => {
      const value = config[name];
      const text = Array.isArray(value) ? value.join(", ") : String(value);
      return `${key.padEnd(width)}${(text === "" ? "-" : text).padEnd(14)}  ${origins[name]}`;
    }),
    ...(secrets.length === 0 ? [] : ["", `Secrets that are set, and never shown: ${secrets.join(", ")}`]),
  ]);
}

const secretNames = [
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "CSRD_API_KEYS",
  "CSRD_INTERNAL_TOKEN",
  "CSRD_PROBE_TOKEN",
  "CSRD_DATABASE_URL",
  "CSRD_REDIS_URL",
  "CSRD_REDIS_CACHE_URL",
];

function secretVariables(): readonly string[] {
  return secretNames.filter((name) => (process.env[name] ?? "") !== "");
}
