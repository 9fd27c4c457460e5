import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { recall, remember } from "../memory.ts";
import { commandEntries } from "./commands.ts";
import type { Door } from "./door.ts";

/** A flag as completion offers it. */
type KnownFlag = { readonly name: string; readonly about: string; readonly takesValue: boolean };

/** What may stand at one place of a command line: one of these words, or a thing of this kind. */
type KnownPlaceholder = {
  readonly kind: string;
  readonly words: readonly string[];
  readonly repeats: boolean;
};

/** A verb, what follows it, and its own flags. */
export type KnownVerb = {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly KnownFlag[];
  readonly places: readonly KnownPlaceholder[];
};

/** Everything that can be typed and does not change between two commands. */
export type Grammar = {
  readonly verbs: readonly KnownVerb[];
  readonly runbooks: readonly {
    readonly id: string;
    readonly about: string;
    readonly flags: readonly KnownFlag[];
  }[];
  readonly checks: readonly { readonly id: string; readonly about: string }[];
};

const root = join(import.meta.dirname, "../..");

/**
 * What can be typed. Asking every command for its flags takes a second, which a Tab does not have, so it is remembered until a
 * command, a runbook or a check changes.
 */
export async function grammar(door: Door): Promise<Grammar> {
  const made = fingerprint(door.globals.dir);
  const known = recall("grammar");
  if (isOf(known, made)) return known.grammar;
  const fresh = await workedOut(door);
  remember("grammar", { made, grammar: fresh });
  return fresh;
}

async function workedOut(door: Door): Promise<Grammar> {
  const { paramFacts } = await import("#kit/render/params.ts");
  const verbs: KnownVerb[] = [];
  for (const { name, about, load } of commandEntries) {
    const make = await load();
    const command = await make(door, () => undefined, [name]);
    verbs.push({
      name,
      about,
      flags: command.options.flatMap(({ long, description, required, optional }) =>
        long === undefined || long === null
          ? []
          : [{ name: long, about: description, takesValue: required || optional }],
      ),
      places: [
        ...(command.commands.length === 0
          ? []
          : [{ kind: "command", words: command.commands.map((child) => child.name()), repeats: false }]),
        ...command.registeredArguments.map((place) => ({
          kind: place.name(),
          words: [...(place.argChoices ?? [])],
          repeats: place.variadic,
        })),
      ],
    });
  }
  const wired = await door.wired();
  const [runbooks, checks] = await Promise.all([wired.runbooks(), wired.checks()]);
  return {
    verbs,
    runbooks: runbooks.map((runbook) => ({
      id: runbook.id,
      about: runbook.title,
      flags: paramFacts(runbook).map(({ name, about }) => ({ name: `--${name}`, about, takesValue: true })),
    })),
    checks: checks.map(({ id, title }) => ({ id, about: title })),
  };
}

/** Changes with every file that says what can be typed, a team's own ones included. */
function fingerprint(dir: string | undefined): string {
  const own = dir === undefined ? [] : [join(dir, "runbooks"), join(dir, "checks")];
  return [...["bin/ops", "runbooks", "checks"].map((folder) => join(root, folder)), ...own]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).map((file) => {
        const { mtimeMs, size } = statSync(join(folder, file));
        return `${join(folder, file)}:${mtimeMs}:${size}`;
      }),
    )
    .join("\n");
}

/** True for what this program itself wrote about exactly these files. */
function isOf(known: unknown, made: string): known is { readonly grammar: Grammar } {
  return (
    typeof known === "object" &&
    known !== null &&
    "made" in known &&
    "grammar" in known &&
    known.made === made
  );
}
