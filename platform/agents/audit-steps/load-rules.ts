import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AssertionFile } from "#rules/compliance-assertion.ts";
import { RuleFile, type Rule, rulesOf } from "#rules/compliance-rule.ts";
import { Law } from "#rules/law.ts";
import { CsrdError } from "../../errors.ts";

/** Everything that a report is held against. */
export type RuleBook = {
  readonly rules: readonly Rule[];
  readonly assertions: AssertionFile;
  readonly law: Law;
};

/** rules/compliance_compiled.json: the rules written in YAML as they are used, with the hashes of the files that they were made from. */
export type Compiled = {
  readonly sources: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
  readonly law: Law;
};

const names = {
  rules: "compliance_rules.yaml",
  law: "law.yaml",
  assertions: "compliance_assertions.json",
  compiled: "compliance_compiled.json",
} as const;
const text = (name: string): Promise<string> =>
  readFile(new URL(`../../../rules/${name}`, import.meta.url), "utf8");
const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");

/** The rules and the law as their YAML files say, checked against their schemas; the slow way, by which the compiled file is made. */
export async function compileRules(): Promise<Compiled> {
  const { parse } = await import("yaml");
  const [rules, law, assertions] = await Promise.all([
    text(names.rules),
    text(names.law),
    text(names.assertions),
  ]);
  AssertionFile.parse(JSON.parse(assertions));
  return {
    sources: {
      [names.rules]: sha256(rules),
      [names.law]: sha256(law),
      [names.assertions]: sha256(assertions),
    },
    rules: rulesOf(RuleFile.parse(parse(rules))),
    law: Law.parse(parse(law)),
  };
}

/**
 * The rule book. Parsing the YAML takes a hundred times as long as reading what was compiled from it, so that is used
 * as long as it was made from these very files; after an edit the files themselves are read. Throws `catalogue-broken`.
 */
export async function loadRuleBook(): Promise<RuleBook> {
  try {
    const [rules, law, assertions, compiledText] = await Promise.all([
      text(names.rules),
      text(names.law),
      text(names.assertions),
      text(names.compiled).catch(() => "{}"),
    ]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked against its schemas when it was compiled, and by its hashes here
    const compiled = JSON.parse(compiledText) as Partial<Compiled>;
    const fresh =
      compiled.sources?.[names.rules] === sha256(rules) &&
      compiled.sources[names.law] === sha256(law) &&
      compiled.sources[names.assertions] === sha256(assertions);
    const used =
      fresh && compiled.rules !== undefined && compiled.law !== undefined ? compiled : await compileRules();
    return {
      rules: used.rules ?? [],
      law: used.law ?? Law.parse({}),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its hash is that of the file that was checked
      assertions: JSON.parse(assertions) as AssertionFile,
    };
  } catch (cause) {
    throw new CsrdError("catalogue-broken", {
      summary: "The compliance rules cannot be used.",
      hint: "Restore the folder rules/ from the release.",
      details: String(cause).slice(0, 500),
      cause,
    });
  }
}
