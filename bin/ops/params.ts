import { Option, type Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { paramFacts, type ParamFact } from "#kit/render/params.ts";
import { clean } from "#kit/render/width.ts";
import type { Runbook } from "#kit/runbook.ts";
import { usableRunbook } from "../definitions.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";

/** What a command about a runbook was given: the runbook's parameters by name, still as text, and its own options. */
export type ParamOptions = { readonly param?: readonly string[] } & Readonly<Record<string, unknown>>;

/** The values of an option that may be given several times. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Adds `--param k=v` and each parameter of the runbook named in the words as a flag of its own. */
export async function withParams(command: Command, door: Door, argv: readonly string[]): Promise<Command> {
  command.option("--param <name=value>", "a parameter; may be repeated", collected);
  const runbooks = await (await door.wired()).runbooks();
  const runbook = runbooks.find(({ id }) => argv.includes(id));
  // An unknown runbook is the one thing to say about `ops plan platfrom-down --service api`.
  if (runbook === undefined) return command.allowUnknownOption().allowExcessArguments();
  for (const { name, about, kind, fallback } of paramFacts(runbook)) {
    if (command.options.some((own) => own.long === `--${name}`)) continue;
    command.addOption(
      new Option(
        `--${name} <value>`,
        `${about} (${kind}${fallback === undefined ? "" : `; else ${fallback}`})`,
      ),
    );
  }
  return command;
}

/** The runbook of that id; throws `runbook-unknown` with the nearest one. */
export async function runbookNamed(door: Door, id: string): Promise<Runbook> {
  const wired = await door.wired();
  const runbooks = await wired.runbooks();
  const broken = await wired.broken();
  const runbook = usableRunbook({ runbooks, broken }, id);
  if (runbook !== undefined) {
    const aside = broken.find((one) => one.kind === "runbook" && one.id === id);
    if (aside !== undefined) door.tell(clean(aside.error.message, 500));
    return runbook;
  }
  const near = didYouMean(
    id,
    runbooks.map((known) => known.id),
  );
  throw new OpsError("runbook-unknown", {
    summary: `There is no runbook "${clean(id, 60)}".`,
    hint: `${near === "" ? `Known are: ${runbooks.map((known) => known.id).join(", ")}.` : near} See: ops list`,
  });
}

/** Parameters as the engine takes them: text turned into the schema's own type where it is one, everything else left to the schema. */
export function givenParams(runbook: Runbook, options: ParamOptions): Readonly<Record<string, unknown>> {
  const facts = paramFacts(runbook);
  const given: Record<string, unknown> = {};
  for (const pair of options.param ?? []) {
    const at = pair.indexOf("=");
    if (at < 1)
      throw new OpsError("params-invalid", {
        summary: `"${clean(pair, 60)}" is not a parameter.`,
        hint: "Write --param name=value.",
      });
    const name = pair.slice(0, at);
    given[name] = typed(
      facts.find((fact) => fact.name === name),
      pair.slice(at + 1),
    );
  }
  for (const fact of facts) {
    const value = options[new Option(`--${fact.name} <value>`).attributeName()];
    if (typeof value === "string") given[fact.name] = typed(fact, value);
  }
  return given;
}

function typed(fact: ParamFact | undefined, text: string): unknown {
  if (fact === undefined) return text;
  if (/^(whole )?number/.test(fact.kind) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (fact.kind === "true or false" && (text === "true" || text === "false")) return text === "true";
  return text;
}
