import type { AnyAction } from "./action.ts";
import type { AnyCheck } from "./check.ts";
import type { Operators, Readers } from "./ports.ts";
import type { Probe, Runbook } from "./runbook.ts";
import type { AnyWatch } from "./watch.ts";

/** Which ports some work may reach for: what it looks with, what it acts with. */
export type PortsUsed = { readonly readers: ReadonlySet<string>; readonly operators: ReadonlySet<string> };

// Records, so that a port that is added elsewhere and forgotten here does not compile.
/** Every reader that an adapter serves. */
export const readerNames: readonly string[] = Object.keys({
  http: true,
  instances: true,
  balancer: true,
  firewall: true,
  logs: true,
  deploys: true,
  database: true,
  metrics: true,
  workloads: true,
  hosts: true,
  queue: true,
  cache: true,
  switches: true,
  announcements: true,
  replication: true,
  volumes: true,
} satisfies Record<Exclude<keyof Readers, "inventory" | "times">, true>);
/** Every operator. */
export const operatorNames: readonly (keyof Operators)[] = keysOf({
  instanceAdmin: true,
  balancerAdmin: true,
  databaseAdmin: true,
  workloadAdmin: true,
  queueAdmin: true,
  switchAdmin: true,
  announcer: true,
  profiler: true,
  failover: true,
  volumeAdmin: true,
} satisfies Record<keyof Operators, true>);

/** The same operators, each port made over into another of its kind. */
export function overOperators(hands: Operators, make: <Port extends object>(port: Port) => Port): Operators {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every name of the type, each with a port of its own kind
  return Object.fromEntries(
    operatorNames.map((name) => [name, make<object>(hands[name])]),
  ) as unknown as Operators;
}

function keysOf<Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object made of just these keys
  return Object.keys(names) as Name[];
}

/**
 * The ports a runbook may reach for, read from the parameters of its own functions: what a function takes out of the readers or
 * operators it is handed is what it can use. One that takes them whole may use any of them, so it counts as using all.
 */
export function portsOf(runbook: Runbook): PortsUsed {
  const readers = new Set<string>();
  const operators = new Set<string>();
  const looks = (definition: object, name: string, parameter = 0) =>
    collect(readers, functionOf(definition, name), parameter);
  const probes: readonly Probe<unknown, unknown>[] = [
    ...Object.values<Probe<unknown, unknown>>(runbook.diagnose),
    ...Object.values<Probe<unknown, unknown>>(runbook.optional ?? {}),
  ];
  for (const probe of probes) looks(probe, "look");
  for (const action of Object.values<AnyAction>(runbook.mitigate)) {
    looks(action, "before", 1);
    looks(action, "confirm", 2);
    looks(action, "settle", 2);
    const run = functionOf(action, "run");
    collect(operators, run, 1);
    // `readers` is one of the members that `run` is handed; taken apart at once, it counts for what is taken out of it.
    if (taken(run, 1)?.has("readers") !== false)
      for (const name of takenOut(run, 1, "readers") ?? [everything]) readers.add(name);
  }
  for (const watch of Object.values<AnyWatch>(runbook.watches ?? {})) looks(watch, "look");
  looks(runbook, "capacity");
  for (const vital of runbook.vitals) looks(vital, "look");
  const checks: readonly AnyCheck[] = [
    ...runbook.verify.map(({ check }) => check),
    ...(runbook.during ?? []),
  ];
  for (const check of checks) looks(check, "look");
  return {
    readers: new Set(readerNames.filter((name) => readers.has(name) || readers.has(everything))),
    operators: new Set(operatorNames.filter((name) => operators.has(name) || operators.has(everything))),
  };
}

/** What any of several runbooks may reach for. */
export function portsOfAll(runbooks: readonly Runbook[]): PortsUsed {
  const all = runbooks.map(portsOf);
  return {
    readers: new Set(all.flatMap(({ readers }) => [...readers])),
    operators: new Set(all.flatMap(({ operators }) => [...operators])),
  };
}

const everything = "*";

/** A definition's function by name, to be read and never called. */
function functionOf(definition: object, name: string): unknown {
  return Reflect.get(definition, name);
}

function collect(into: Set<string>, work: unknown, parameter: number): void {
  if (typeof work !== "function") return;
  for (const name of taken(work, parameter) ?? [everything]) into.add(name);
}

/** The members that a function takes out of one of its parameters by name; undefined when it takes the parameter whole, or some of it by `...`. */
function taken(work: unknown, parameter: number): ReadonlySet<string> | undefined {
  if (typeof work !== "function") return new Set();
  const listed = parametersOf(work.toString());
  if (listed === undefined) return undefined;
  const pattern = listed[parameter];
  // A parameter that is not there cannot be used, unless the function reads `arguments`.
  return pattern === undefined ? new Set() : namesIn(pattern);
}

/** What is taken out of one member in the same pattern, as in `{ readers: { http, balancer } }`; undefined when it is taken whole. */
function takenOut(work: unknown, parameter: number, member: string): ReadonlySet<string> | undefined {
  if (typeof work !== "function") return undefined;
  const pattern = parametersOf(work.toString())?.[parameter];
  const inner = membersOf(pattern ?? "")?.find((one) => /^[\w$]+/.exec(one)?.[0] === member);
  return inner?.includes(":") === true ? namesIn(inner.slice(inner.indexOf(":") + 1).trim()) : undefined;
}

function namesIn(pattern: string): ReadonlySet<string> | undefined {
  const members = membersOf(pattern);
  return members === undefined
    ? undefined
    : new Set(members.map((member) => /^[\w$]+/.exec(member)?.[0] ?? everything));
}

/** The members of a pattern that takes an object apart; undefined for anything else, and for one with a rest. */
function membersOf(pattern: string): readonly string[] | undefined {
  if (!pattern.startsWith("{")) return undefined;
  const members = split(pattern.slice(1, pattern.lastIndexOf("}")));
  return members.some((member) => member.startsWith("...")) ? undefined : members;
}

/** A function's parameters as they are written; undefined for a form that is not understood. */
function parametersOf(source: string): readonly string[] | undefined {
  const alone = /^(?:async\s+)?([\w$]+)\s*=>/.exec(source);
  if (alone !== null) return [alone[1] ?? ""];
  const open = source.indexOf("(");
  const close = closing(source, open);
  return open < 0 || close < 0 ? undefined : split(source.slice(open + 1, close));
}

/** Where the bracket at `open` closes; text and comments are passed over. */
function closing(source: string, open: number): number {
  let depth = 0;
  for (const { at, character } of plain(source, open)) {
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** The parts of a list, split at its own commas. */
function split(list: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const { character } of plain(list, 0)) {
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The characters of a source that are neither in a text nor in a comment. */
function* plain(
  source: string,
  from: number,
): Generator<{ readonly at: number; readonly character: string }> {
  for (let at = Math.max(0, from); at < source.length; at += 1) {
    const character = source[at] ?? "";
    if (character === "/" && source[at + 1] === "*") at = ending(source, "*/", at + 2);
    else if (character === "/" && source[at + 1] === "/") at = ending(source, "\n", at + 2);
    else if (character === '"' || character === "'" || character === "`") {
      do at += 1;
      while (at < source.length && (source[at] !== character || source[at - 1] === "\\"));
    } else yield { at, character };
  }
}

function ending(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found < 0 ? source.length : found + mark.length - 1;
}
