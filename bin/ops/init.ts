import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { redactor } from "#adapters/redactor.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { suggestionLines } from "#kit/render/command.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import { environmentsFolder } from "../environment-names.ts";
import { loadEnvironment, readEnvironment } from "../environment.ts";
import {
  questions,
  serviceFault,
  serviceQuestions,
  timeFault,
  type Answers,
  type Question,
} from "../init/answers.ts";
import { askAll, askingAt, askOne, Left, type Asking } from "../init/ask.ts";
import { environmentText, missingSecrets, type Answered, type ServiceAnswers } from "../init/environment.ts";
import { mustBeNew, writeWhole } from "../init/write.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

type Options = {
  readonly force?: boolean;
  readonly service?: readonly string[];
  readonly time?: readonly string[];
} & Readonly<Record<string, unknown>>;

const several = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

/** `ops init`: writes an environment file, asking at a terminal for what the flags leave open. */
export const initCommand: MakeCommand = async (door, end) => {
  const command = new Command("init")
    .description(
      "Writes and checks an environment file. Asks at a terminal; elsewhere the flags say everything.",
    )
    .option("--service <name=url>", "a service, as users reach it; may be repeated", several)
    .option("--time <name=duration>", "a time constant other than the tier's own; may be repeated", several)
    .option("--force", "write over a file that is there");
  for (const { key, value, ask } of questions) command.addOption(new Option(`--${key} ${value}`, ask));
  for (const { key, value, ask } of serviceQuestions)
    command.addOption(
      new Option(`--${key} ${value}`, `of a service: ${ask}; may be repeated`).argParser(several),
    );
  return command.action((options: Options) => init(door, end, options));
};

async function init(door: Door, end: End, options: Options): Promise<void> {
  const asking = door.canAsk && !door.globals.json ? askingAt(process.stdin, process.stdout) : undefined;
  try {
    const given = answersGiven(options);
    if (asking === undefined) mustSayEverything(door.globals.env, given, options);
    const name = await nameOf(door, asking);
    const file = join(environmentsFolder(), `${name}.yaml`);
    mustBeNew(file, options.force === true);
    const answered = await complete(asking, name, given, options);
    const text = environmentText(name, answered);
    writeWhole(file, text, options.force === true, (half) => readEnvironment(half, name));
    report(door, file, loadEnvironment(name));
    end(0);
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    door.print("");
    door.tell("Nothing was written.");
    end(130);
  } finally {
    asking?.close();
  }
}

const nameFault = (text: string) => {
  if (text === "sandbox") return 'is the practice production\'s own; "ops sandbox up" makes it';
  return /^[a-z][a-z0-9-]{0,30}$/.test(text) ? undefined : "is no name: lower case, digits and hyphens";
};

async function nameOf(door: Door, asking: Asking | undefined): Promise<string> {
  const { env } = door.globals;
  if (env === undefined) {
    if (asking === undefined) throw missing(["--env"]);
    return askOne(asking, "Name of the environment", undefined, nameFault);
  }
  const why = nameFault(env);
  if (why !== undefined) throw wrong("--env", env, why);
  return env;
}

/** What the flags say, each checked; a secret typed as a value is refused, and not repeated anywhere. */
function answersGiven(options: Options): Answers {
  const given: Record<string, string | undefined> = {};
  for (const question of questions) {
    const value = options[new Option(`--${question.key} <v>`).attributeName()];
    if (typeof value !== "string") continue;
    check(`--${question.key}`, question, value);
    given[question.key] = value;
  }
  return given;
}

function check(flag: string, { fault, secret }: Pick<Question, "fault" | "secret">, value: string): void {
  const why = value === "" ? "is empty" : fault(value);
  if (why === undefined) return;
  if (secret === true) redactor.add(value, flag.slice(2));
  throw wrong(flag, secret === true ? undefined : value, why);
}

function wrong(flag: string, value: string | undefined, why: string): OpsError {
  return new OpsError("usage", {
    summary: `The answer "${flag}${value === undefined ? "" : ` ${clean(value, 80)}`}" ${why}.`,
    hint: "Nothing was written. See: ops help init",
  });
}

function missing(flags: readonly string[]): OpsError {
  return new OpsError("usage", {
    summary: `Without a terminal to ask at, ${flags.join(", ")} must be given.`,
    hint: "Nothing was written. See: ops help init",
  });
}

async function complete(
  asking: Asking | undefined,
  name: string,
  given: Answers,
  options: Options,
): Promise<Answered> {
  for (const text of options.service ?? []) check("--service", { fault: serviceFault }, text);
  for (const text of options.time ?? []) check("--time", { fault: timeFault }, text);
  const listed = (options.service ?? []).map((text) => serviceGiven(text, options));
  mustMeanServices(listed, options);
  const times = options.time ?? [];
  if (asking === undefined) return { ...byFlagsAlone(name, given), services: listed, times };

  asking.say(
    `Environment ${name}. Enter takes what stands in brackets; nothing is written before the last answer.`,
  );
  const answers = await askAll(asking, questions, { ...given, name });
  const services: ServiceAnswers[] = [];
  for (const one of listed) services.push(await askAbout(asking, one));
  for (;;) {
    const another = services.length === 0 ? undefined : "";
    const text = await askOne(
      asking,
      `${services.length === 0 ? "A service" : "Another service (Enter: no more)"}, as name=url`,
      another,
      (typed) =>
        serviceFault(typed) ??
        (services.some((one) => typed.startsWith(`${one.name}=`)) ? "is listed already" : undefined),
    );
    if (text === "") return { answers, services, times };
    services.push(await askAbout(asking, serviceGiven(text, options)));
  }
}

async function askAbout(asking: Asking, { name, url, more }: ServiceAnswers): Promise<ServiceAnswers> {
  return { name, url, more: await askAll(asking, serviceQuestions, more, `  ${name}: `) };
}

/** The service of `name=url`, and what other flags say about it. */
function serviceGiven(text: string, options: Options): ServiceAnswers {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  const more: Record<string, string | undefined> = {};
  for (const { key, fault } of serviceQuestions)
    for (const [of, value] of pairsOf(options, key))
      if (of === name) {
        check(`--${key}`, { fault }, value);
        more[key] = value;
      }
  return { name, url: text.slice(at + 1), more };
}

function pairsOf(options: Options, key: string): readonly (readonly [string, string])[] {
  const given = options[new Option(`--${key} <v>`).attributeName()];
  if (!Array.isArray(given)) return [];
  return given.map((text: unknown) => {
    const pair = String(text);
    const at = pair.indexOf("=");
    return [at < 0 ? pair : pair.slice(0, at), at < 0 ? "" : pair.slice(at + 1)] as const;
  });
}

/** A detail of a service that is not listed, or a service listed twice, is a typing slip. */
function mustMeanServices(listed: readonly ServiceAnswers[], options: Options): void {
  const names = listed.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong("--service", twice, "is listed twice");
  for (const { key } of serviceQuestions)
    for (const [name] of pairsOf(options, key))
      if (!names.includes(name))
        throw wrong(`--${key}`, name, `names no service; say --service ${clean(name, 40)}=https://… as well`);
}

/** Names every flag that is needed and not given, at once. */
function mustSayEverything(env: string | undefined, given: Answers, options: Options): void {
  const { answers } = byFlagsAlone(env ?? "", given);
  const open = questions.filter(({ key, when }) => answers[key] === undefined && when?.(answers) !== false);
  const flags = [
    ...(env === undefined ? ["--env"] : []),
    ...open.map(({ key }) => `--${key}`),
    ...(options.service === undefined ? ["--service"] : []),
  ];
  if (flags.length > 0) throw missing(flags);
}

/** The flags' answers, and what Enter would take for the rest. */
function byFlagsAlone(name: string, given: Answers): { readonly answers: Answers } {
  let so: Answers = { ...given, name };
  for (const { key, fallback, when } of questions)
    if (so[key] === undefined && when?.(so) !== false) so = { ...so, [key]: fallback?.(so) };
  return { answers: so };
}

function report(door: Door, file: string, environment: EnvironmentFile): void {
  const { name, tier, zone, identity, bindings } = environment;
  const notes = notesOn(environment);
  if (door.globals.json)
    return door.print(
      document({
        file,
        environment: { name, tier, zone, ...identity },
        bindings: Object.keys(bindings),
        notes,
      }),
    );
  const screen = door.screen();
  door.print([
    ...hang(
      screen,
      mark(screen, "done"),
      `Written, and read back without a fault: ${clean(file, 300)}, for you alone (0600).`,
    ),
    ...notes.flatMap((note) => hang(screen, "   ", note)),
    "",
    ...suggestionLines(screen, [
      { command: `ops doctor --env ${name}`, effect: "whether runs would work there; changes nothing" },
      { command: `ops permissions --env ${name}`, effect: "the least rights that its credentials need" },
    ]),
  ]);
}

/** What a person should know about the file that no rule refuses. */
function notesOn({ identity, bindings, approvers, services }: EnvironmentFile): readonly string[] {
  const absent = missingSecrets(bindings, ({ env, file }) =>
    env === undefined ? existsSync(file ?? "") : (process.env[env] ?? "") !== "",
  );
  const proofs = [
    ["account", "AWS account (--account)", true],
    ["clusterUid", "cluster (--cluster-uid)", bindings["kubernetes-lease"] !== undefined],
    ["databaseSystemId", "database server (--database-system-id)", bindings["postgres"] !== undefined],
  ] as const;
  return [
    ...proofs
      .filter(([fact, , matters]) => matters && identity[fact] === undefined)
      .map(([, what]) => `Nothing says which ${what} this must be, so a wrong one is not noticed.`),
    ...(absent.length === 0 ? [] : [`Not there for this process yet: ${[...new Set(absent)].join(", ")}.`]),
    ...(approvers.length === 0
      ? ["Nobody is listed who may approve; plans that need somebody else wait in vain."]
      : []),
    ...services
      .filter(({ instances }) => instances.length === 0)
      .map(({ name }) => `The service ${name} has no instances, so nothing can be done about it.`),
  ];
}
