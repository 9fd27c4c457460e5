import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { clean } from "#kit/render/width.ts";
import { knownEnvironments } from "../environment-names.ts";
import type { Door } from "./door.ts";
import { globalFlags } from "./globals.ts";
import { grammar, type Grammar, type KnownVerb } from "./grammar.ts";

/** A word that could be typed, and what it means. */
type Candidate = { readonly word: string; readonly about: string };

const mostRuns = 30;

/**
 * `ops --complete -- words…`, asked by a shell at every Tab: the last word is the one being typed. One candidate per line, a tab,
 * what it means. Says nothing at all when something is wrong, and records nothing: a Tab is not a command.
 */
export async function complete(door: Door, argv: readonly string[]): Promise<number> {
  try {
    const words = argv[0] === "--" ? argv.slice(1) : argv;
    const lines = (await candidates(door, joined(words)))
      .filter(({ word }) => isTypable(word))
      .map(({ word, about }) => `${word}\t${clean(about, 80)}`);
    if (lines.length > 0) door.print(lines);
  } catch {
    // A shell that asks at a Tab can do nothing with an error; the command itself will say it.
  }
  return 0;
}

/** Only what a shell reads back as one plain word is offered, wherever it came from. */
function isTypable(word: string): boolean {
  return /^[\w@%+=:,./-]{1,120}$/.test(word);
}

/** bash splits `--env=prod` into three words; here it is one again. */
function joined(words: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const before = whole.at(-1);
    if (word === "=" && before?.startsWith("--") === true) {
      whole[whole.length - 1] = `${before}=${words[at + 1] ?? ""}`;
      at += 1;
    } else whole.push(word);
  }
  return whole.length === 0 ? [""] : whole;
}

async function candidates(door: Door, words: readonly string[]): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? "";
  const typed = words.slice(0, -1);
  const known = await grammar(door);
  const { verb, given, waitsFor } = parsed(typed, known);
  const starting = (all: readonly Candidate[]) => all.filter(({ word }) => word.startsWith(current));
  if (waitsFor !== undefined) return starting(valuesOf(waitsFor));
  const equals = /^(--[a-z-]+)=/.exec(current);
  if (equals?.[1] !== undefined)
    return valuesOf(equals[1])
      .map(({ word, about }) => ({ word: `${equals[1]}=${word}`, about }))
      .filter(({ word }) => word.startsWith(current));
  if (current.startsWith("-")) return starting(flagsOf(known, verb, given, typed));
  if (verb === undefined) return starting(known.verbs.map(({ name, about }) => ({ word: name, about })));
  const place = verb.places[given.length] ?? verb.places.find(({ repeats }) => repeats);
  if (place === undefined) return [];
  if (place.words.length > 0) return starting(place.words.map((word) => ({ word, about: "" })));
  return starting(await things(door, place.kind, known, verb, given));
}

/** The verb that was typed, what stands after it, and the flag whose value comes next. */
function parsed(typed: readonly string[], known: Grammar) {
  let verb: KnownVerb | undefined;
  const given: string[] = [];
  let waitsFor: string | undefined;
  for (const word of typed) {
    if (waitsFor !== undefined) waitsFor = undefined;
    else if (word.startsWith("-")) waitsFor = takesValue(word, known, verb) ? word : undefined;
    else if (verb === undefined) verb = known.verbs.find(({ name }) => name === word);
    else given.push(word);
  }
  return { verb, given, waitsFor };
}

function takesValue(word: string, known: Grammar, verb: KnownVerb | undefined): boolean {
  const own = [...(verb?.flags ?? []), ...known.runbooks.flatMap(({ flags }) => flags)];
  return (
    own.some(({ name, takesValue: takes }) => takes && name === word) ||
    globalFlags.some(({ flags }) => flags.includes("<") && flags.split(/,? /).includes(word))
  );
}

function valuesOf(flag: string): readonly Candidate[] {
  if (flag === "--env") return knownEnvironments().map((word) => ({ word, about: "environment" }));
  if (flag === "--color") return ["always", "never", "auto"].map((word) => ({ word, about: "" }));
  return [];
}

function flagsOf(
  known: Grammar,
  verb: KnownVerb | undefined,
  given: readonly string[],
  typed: readonly string[],
): readonly Candidate[] {
  const runbook =
    verb?.places[0]?.kind === "runbook" ? known.runbooks.find(({ id }) => id === given[0]) : undefined;
  const all = [
    ...(verb?.flags ?? []),
    ...(runbook?.flags ?? []),
    ...globalFlags.map(({ flags, about }) => ({ name: /--[a-z-]+/.exec(flags)?.[0] ?? "", about })),
  ];
  const offered = new Set<string>();
  return all.flatMap(({ name, about }) => {
    if (offered.has(name) || (typed.includes(name) && name !== "--param")) return [];
    offered.add(name);
    return [{ word: name, about }];
  });
}

async function things(
  door: Door,
  kind: string,
  known: Grammar,
  verb: KnownVerb,
  given: readonly string[],
): Promise<readonly Candidate[]> {
  const runbooks = () => known.runbooks.map(({ id, about }) => ({ word: id, about }));
  switch (kind) {
    case "runbook":
      return runbooks();
    case "run":
      return recentRuns(verb.name);
    case "id":
      return known.checks.map(({ id, about }) => ({ word: id, about }));
    case "code":
      return readdirSync(join(import.meta.dirname, "../../docs/errors"))
        .filter((file) => file.endsWith(".md"))
        .map((file) => ({ word: basename(file, ".md"), about: "error code" }));
    case "topic":
      return [...known.verbs.map(({ name, about }) => ({ word: name, about })), ...runbooks()];
    case "scenario":
      return (await import("./scenario-names.ts")).scenarioNames(given[0] ?? "", door.globals.dir);
    default:
      return [];
  }
}

/** Verbs that make sense only for a run that has not ended. */
const forOpenRuns = new Set(["approve", "reject", "revoke", "attach"]);

/** Newest first, with what each is and how it stands; from a journal that is there already. */
async function recentRuns(verb: string): Promise<readonly Candidate[]> {
  const { hasRecord, openRecord, recordPlace } = await import("../record.ts");
  if (!hasRecord()) return [];
  const journal = openRecord(recordPlace().kind === "host" ? "100ms" : "700ms");
  try {
    const rows = await journal.runs({ limit: mostRuns, ...(forOpenRuns.has(verb) ? { open: true } : {}) });
    return rows.map(({ run, runbook, environment, askedAt, outcome }) => ({
      word: run,
      about: `${runbook} in ${environment}, ${askedAt.slice(0, 16).replace("T", " ")}, ${outcome ?? "open"}`,
    }));
  } finally {
    journal.close();
  }
}
