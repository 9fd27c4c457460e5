import { readFile } from "node:fs/promises";
import { z } from "zod";
import { CsrdError } from "../errors.ts";
import { llmSettings } from "../service/settings/llm.ts";
import { httpUrl } from "../service/settings/shapes.ts";
import type { ModelSettings, Prices } from "./language-model.ts";
import type { Provider } from "./port.ts";

/** A chain of models with everything that is set for it. */
export type ChainSettings = {
  /** Names in the order of asking; `offline`, which can only be the last, lets the rules take over. */
  readonly chain: readonly string[];
  readonly models: readonly ModelSettings[];
  readonly limits: Limits;
};

const limitsOf = z.object(llmSettings);
type Limits = z.infer<typeof limitsOf>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The name in a chain behind which the rules stand. */
export const offline = "offline";

/** Providers whose name needs no further word on which protocol and key are meant. */
const known: Readonly<Record<string, { readonly provider: Provider; readonly key: string }>> = {
  openai: { provider: "openai", key: "env:OPENAI_API_KEY" },
  anthropic: { provider: "anthropic", key: "env:ANTHROPIC_API_KEY" },
};

/**
 * A chain by its names, `primary,secondary,offline`, and what `CSRD_LLM_<NAME>_…` says of each. `model` names the model of the first
 * where no variable does. Throws `settings-invalid` with a sentence for each variable that is wrong.
 */
export function chainSettings(names: string, environment: Environment, model?: string): ChainSettings {
  const wrong: string[] = [];
  const chain = names
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const asked = chain.filter((name) => name !== offline);
  if (chain.length === 0) wrong.push("CSRD_LLM_CHAIN must name at least one model, or offline.");
  if (new Set(chain).size < chain.length) wrong.push("CSRD_LLM_CHAIN must name each model once.");
  if (chain.slice(0, -1).includes(offline)) wrong.push("CSRD_LLM_CHAIN must name offline last.");
  if (chain.length > 8) wrong.push("CSRD_LLM_CHAIN must name at most 8 models.");
  const misnamed = asked.find((name) => !/^[a-z][a-z0-9-]{0,30}$/.test(name));
  if (misnamed !== undefined)
    wrong.push("CSRD_LLM_CHAIN must hold names of lower-case letters, digits and dashes.");
  const models =
    misnamed === undefined
      ? asked.map((name, at) => modelSettings(name, environment, at === 0 ? model : undefined, wrong))
      : [];
  const limits = limitsOf.safeParse(filled(environment));
  if (!limits.success)
    wrong.push(...limits.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`));
  if (wrong.length > 0 || !limits.success)
    throw new CsrdError("settings-invalid", {
      summary: [...new Set(wrong)].join(" "),
      hint: "docs/platform.md lists what a language model needs; without one the offline rules assess.",
    });
  return { chain, models, limits: limits.data };
}

function modelSettings(
  name: string,
  environment: Environment,
  model: string | undefined,
  wrong: string[],
): ModelSettings {
  const prefix = `CSRD_LLM_${name.toUpperCase().replaceAll("-", "_")}`;
  const said = (word: string): string | undefined => environment[`${prefix}_${word}`] || undefined;
  const choice = <T extends string>(word: string, of: readonly T[], usual: T | undefined): T | undefined => {
    const text = said(word) ?? usual;
    const found = of.find((one) => one === text);
    if (found === undefined) wrong.push(`${prefix}_${word} must be ${of.join(" or ")}.`);
    return found;
  };
  const provider = choice("PROVIDER", ["openai", "anthropic"], known[name]?.provider) ?? "openai";
  const id = said("MODEL") ?? model ?? "";
  if (!/^[\w.:/@-]{1,200}$/.test(id))
    wrong.push(`${prefix}_MODEL must be the id of a model; none is built in, because vendors retire them.`);
  const url = said("URL");
  if (url !== undefined && !isPlainUrl(url))
    wrong.push(`${prefix}_URL must be an http or https URL without a name, password, query or fragment.`);
  const prices = pricesOf(said("PRICES"));
  if (prices === "wrong")
    wrong.push(`${prefix}_PRICES must be US dollars for a million tokens, in and out, like 3/15.`);
  const sampling = choice("SAMPLING", ["fixed", "vendor"], provider === "openai" ? "fixed" : "vendor");
  if (provider === "anthropic" && sampling === "fixed")
    wrong.push(
      `${prefix}_SAMPLING must be vendor: Anthropic's protocol offers neither temperature nor seed.`,
    );
  return {
    name,
    provider,
    model: id,
    url: url?.replace(/\/+$/, ""),
    key: keyOf(`${prefix}_KEY`, said("KEY") ?? known[name]?.key, environment, wrong),
    format: choice("FORMAT", ["schema", "tool"], "schema") ?? "schema",
    fixed: sampling === "fixed",
    prices: prices === "wrong" ? undefined : prices,
  };
}

function isPlainUrl(text: string): boolean {
  const url = httpUrl.safeParse(text).success ? URL.parse(text) : null;
  return url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

function pricesOf(text: string | undefined): Prices | undefined | "wrong" {
  if (text === undefined) return undefined;
  const [, input, output] = /^(\d{1,5}(?:\.\d{1,4})?)\/(\d{1,5}(?:\.\d{1,4})?)$/.exec(text) ?? [];
  return input === undefined ? "wrong" : { input: Number(input), output: Number(output) };
}

/** A key is never in a setting itself; the setting says where it is, and what it says is never repeated. */
function keyOf(
  variable: string,
  reference: string | undefined,
  environment: Environment,
  wrong: string[],
): () => Promise<string> {
  const [, kind, place = ""] = /^(env|file):(.+)$/.exec(reference ?? "") ?? [];
  const checked = (key: string | undefined): string => {
    const plain = key?.trim() ?? "";
    // Whatever else stands there would be a header of its own.
    if (/^[\x21-\x7e]{1,4000}$/.test(plain)) return plain;
    throw new CsrdError("settings-invalid", {
      summary: `${variable} names a place that holds no key.`,
      hint: "Put the key there; it is read again with the next question.",
    });
  };
  if (kind === "env") {
    if ((environment[place] ?? "").trim() === "")
      wrong.push(`${variable} names the variable ${place}, which is empty.`);
    return async () => checked(environment[place]);
  }
  if (kind === "file") return async () => checked(await readFile(place, "utf8").catch(() => undefined));
  wrong.push(`${variable} must be env:<variable> or file:<path>, and never the key itself.`);
  return async () => checked(undefined);
}

function filled(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
}
