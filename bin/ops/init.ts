import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { EnvironmentFile } from "#kit/environment.ts";
import { suggestionLines } from "#kit/render/command.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import { environmentsFolder } from "../environment-names.ts";
import { loadEnvironment, readEnvironment } from "../environment.ts";
import { questions, serviceFault, serviceQuestions, timeFault, type Answers } from "../init/answers.ts";
import { askAll, askingAt, askOne, Left, type Asking } from "../init/ask.ts";
import {
  environmentText,
  missingSecrets,
  timesOf,
  type Answered,
  type ServiceAnswers,
} from "../init/environment.ts";
import {
  answersGiven,
  byFlagsAlone,
  listsGiven,
  missing,
  mustSayEverything,
  serviceGiven,
  wrong,
  type Options,
} from "../init/flags.ts";
import { mustBeNew, writeWhole } from "../init/write.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

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

async function complete(
  asking: Asking | undefined,
  name: string,
  given: Answers,
  options: Options,
): Promise<Answered> {
  const { services: listed, times } = listsGiven(options);
  if (asking === undefined) return { ...byFlagsAlone(name, given), services: listed, times };

  asking.say(
    `Environment ${name}. Enter takes what stands in brackets; nothing is written before the last answer.`,
  );
  const answers = await askAll(asking, questions, { ...given, name });
  const services = await askServices(asking, listed, options);
  return { answers, services, times: await askTimes(asking, { answers, services, times }) };
}

async function askServices(
  asking: Asking,
  listed: readonly ServiceAnswers[],
  options: Options,
): Promise<readonly ServiceAnswers[]> {
  const services: ServiceAnswers[] = [];
  for (const one of listed) services.push(await askAbout(asking, one));
  for (;;) {
    const text = await askOne(
      asking,
      `${services.length === 0 ? "A service" : "Another service (Enter: no more)"}, as name=url`,
      services.length === 0 ? undefined : "",
      (typed) =>
        serviceFault(typed) ??
        (services.some((one) => typed.startsWith(`${one.name}=`)) ? "is listed already" : undefined),
    );
    if (text === "") return services;
    services.push(await askAbout(asking, serviceGiven(text, options)));
  }
}

/** Shows the time constants as they would be written until Enter takes them. */
async function askTimes(asking: Asking, answered: Answered): Promise<readonly string[]> {
  let { times } = answered;
  for (;;) {
    const now = Object.entries(timesOf({ ...answered, times })).map(([name, value]) => `${name}=${value}`);
    asking.say(`Times: ${now.join(" ")}`);
    const text = await askOne(asking, "Another time, as name=duration (Enter: these)", "", timeFault);
    if (text === "") return times;
    times = [...times, text];
  }
}

async function askAbout(asking: Asking, { name, url, more }: ServiceAnswers): Promise<ServiceAnswers> {
  return { name, url, more: await askAll(asking, serviceQuestions, more, `  ${name}: `) };
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
