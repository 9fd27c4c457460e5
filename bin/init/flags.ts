import { Option } from "commander";
import { redactor } from "#adapters/redactor.ts";
import { OpsError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";
import {
  questions,
  serviceFault,
  serviceQuestions,
  timeFault,
  type Answers,
  type Question,
} from "./answers.ts";
import type { ServiceAnswers } from "./environment.ts";

/** The flags of `ops init` as commander hands them over. */
export type Options = {
  readonly force?: boolean;
  readonly service?: readonly string[];
  readonly time?: readonly string[];
} & Readonly<Record<string, unknown>>;

/** What the flags say, each checked; a secret typed as a value is refused, and not repeated anywhere. */
export function answersGiven(options: Options): Answers {
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

/** A flag whose value cannot be taken; the value is left out where it could be a secret. */
export function wrong(flag: string, value: string | undefined, why: string): OpsError {
  return new OpsError("usage", {
    summary: `The answer "${flag}${value === undefined ? "" : ` ${clean(value, 80)}`}" ${why}.`,
    hint: "Nothing was written. See: ops help init",
  });
}

/** Flags without which nothing can be written where nobody can be asked. */
export function missing(flags: readonly string[]): OpsError {
  return new OpsError("usage", {
    summary: `Without a terminal to ask at, ${flags.join(", ")} must be given.`,
    hint: "Nothing was written. See: ops help init",
  });
}

/** The service of `name=url`, and what other flags say about it. */
export function serviceGiven(text: string, options: Options): ServiceAnswers {
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
export function mustSayEverything(env: string | undefined, given: Answers, options: Options): void {
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
export function byFlagsAlone(name: string, given: Answers): { readonly answers: Answers } {
  let so: Answers = { ...given, name };
  for (const { key, fallback, when } of questions)
    if (so[key] === undefined && when?.(so) !== false) so = { ...so, [key]: fallback?.(so) };
  return { answers: so };
}

/** The services and time constants that flags list, each checked. */
export function listsGiven(options: Options): {
  readonly services: readonly ServiceAnswers[];
  readonly times: readonly string[];
} {
  for (const text of options.service ?? []) check("--service", { fault: serviceFault }, text);
  for (const text of options.time ?? []) check("--time", { fault: timeFault }, text);
  const services = (options.service ?? []).map((text) => serviceGiven(text, options));
  mustMeanServices(services, options);
  return { services, times: options.time ?? [] };
}
