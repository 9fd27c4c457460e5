import { CsrdError } from "./errors.ts";

/** Everything that may be set for `csrd` and its SDK, in one place; the command's options, `CSRD_*` variables and `.csrd.yaml` set the same. */
export type CsrdConfig = {
  /** Data files: CSV, JSON or XLSX, holding datapoints or activities. */
  readonly input: readonly string[];
  /** company.json; empty when none is named. */
  readonly companyProfile: string;
  /** The report's folder. */
  readonly outputDir: string;
  /** Which documents are kept: the inline XBRL package, report.json, or both. */
  readonly format: "both" | "xbrl" | "json";
  /** What a bad row does: `refuse` stops and writes nothing; `set-aside` goes on without it and writes the rows to fix. */
  readonly badRows: "refuse" | "set-aside";
  /** Lowest data quality, 0 to 100, that is not a warning. */
  readonly qualityThreshold: number;
  /** From which score, 0 to 10, a topic is material by its impact. */
  readonly impactMaterialityThreshold: number;
  /** From which score, 0 to 10, a topic is material by its risks and opportunities. */
  readonly financialMaterialityThreshold: number;
  /** The state of the law to judge by, an id of rules/law.yaml; empty for that of the reporting period. */
  readonly law: string;
  /** Use the assessment that the output folder already holds; without one, no topic counts as assessed. */
  readonly skipMateriality: boolean;
  /** Do without the audit; such a report is never called compliant. */
  readonly skipAudit: boolean;
  /** Let agents that do not need each other work at the same time. */
  readonly parallelAgents: boolean;
  /** How many agents may work at the same time when `parallelAgents` is set. */
  readonly maxWorkers: number;
  /** Least level of the log lines that go to stderr as JSON; `OFF` for none. */
  readonly logLevel: "OFF" | "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";
  /** Name of the installation, said in log lines. */
  readonly env: string;
  /** Who assesses materiality: `offline` for the rules alone; `openai`, `anthropic`, or a chain of names that `CSRD_LLM_<NAME>_…` describe; `chain` for that of `CSRD_LLM_CHAIN`. */
  readonly llmProvider: string;
  /** Model id of the first language model, where no `CSRD_LLM_<NAME>_MODEL` names one; none is built in. */
  readonly llmModel: string;
};

/** The name of a setting in TypeScript. */
export type SettingName = keyof CsrdConfig;

type Kind =
  | { readonly is: "list" | "text" | "flag" | "names" }
  | { readonly is: "choice"; readonly of: readonly string[] }
  | { readonly is: "number"; readonly least: number; readonly most: number; readonly whole?: true };

/** A setting: its names in the three places, what it is for, and what it may be. */
export type Setting = {
  readonly name: SettingName;
  /** In `.csrd.yaml`. */
  readonly key: string;
  readonly variable: string;
  readonly about: string;
  readonly kind: Kind;
};

/** What holds where nothing is set. */
export const defaults: CsrdConfig = {
  input: [],
  companyProfile: "",
  outputDir: "out",
  format: "both",
  badRows: "refuse",
  qualityThreshold: 80,
  impactMaterialityThreshold: 5,
  financialMaterialityThreshold: 5,
  law: "",
  skipMateriality: false,
  skipAudit: false,
  parallelAgents: false,
  maxWorkers: 2,
  logLevel: "OFF",
  env: "",
  llmProvider: "offline",
  llmModel: "",
};

const score = { is: "number", least: 0, most: 10 } as const;
const kinds: readonly (readonly [SettingName, Kind, string])[] = [
  ["input", { is: "list" }, "data files: CSV, JSON or XLSX"],
  ["companyProfile", { is: "text" }, "company.json"],
  ["outputDir", { is: "text" }, "the report's folder"],
  ["format", { is: "choice", of: ["both", "xbrl", "json"] }, "which documents are kept"],
  ["badRows", { is: "choice", of: ["refuse", "set-aside"] }, "what a row that cannot be used does"],
  ["qualityThreshold", { is: "number", least: 0, most: 100 }, "lowest data quality that is not a warning"],
  ["impactMaterialityThreshold", score, "score from which a topic's impact makes it material"],
  ["financialMaterialityThreshold", score, "score from which a topic's risks make it material"],
  ["law", { is: "text" }, "state of the law to judge by, instead of that of the reporting period"],
  ["skipMateriality", { is: "flag" }, "use the assessment that is already in the output folder"],
  ["skipAudit", { is: "flag" }, "do without the audit"],
  ["parallelAgents", { is: "flag" }, "let agents that do not need each other work at the same time"],
  ["maxWorkers", { is: "number", least: 1, most: 6, whole: true }, "how many at the same time"],
  [
    "logLevel",
    { is: "choice", of: ["OFF", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] },
    "least level of log lines on stderr",
  ],
  ["env", { is: "text" }, "name of the installation, said in log lines"],
  [
    "llmProvider",
    { is: "names" },
    "who proposes what is material: offline, openai, anthropic, chain, or names of models",
  ],
  ["llmModel", { is: "text" }, "model id of the first language model"],
];

/** Every setting there is, in the order in which they are shown. */
export const settings: readonly Setting[] = kinds.map(([name, kind, about]) => {
  const key = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { name, key, variable: `CSRD_${key.toUpperCase()}`, about, kind };
});

/** Values as somebody gave them, each with the place to name when it is wrong. */
export type Given = ReadonlyMap<SettingName, { readonly value: unknown; readonly where: string }>;

/** The settings that hold, and where each of them comes from. */
export type Resolved = {
  readonly config: CsrdConfig;
  readonly origins: Readonly<Record<SettingName, string>>;
};

/** Lays options over `CSRD_*` variables over the file over the defaults; throws `config-invalid` naming the place. */
export function resolveConfig(options: Given, environment: NodeJS.ProcessEnv, file: Given): Resolved {
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string>> = {};
  for (const setting of settings) {
    const { name, variable } = setting;
    const text = environment[variable];
    // An empty variable is what a shell leaves behind when it meant "unset".
    const byVariable = text === undefined || text === "" ? undefined : { value: text, where: variable };
    const given = options.get(name) ?? byVariable ?? file.get(name);
    values[name] = given === undefined ? defaults[name] : checked(setting, given.value, given.where);
    origins[name] = given?.where ?? "default";
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every setting was visited, and checked by its own kind
  return { config: values as CsrdConfig, origins: origins as Resolved["origins"] };
}

/** Values from a program as given ones; throws `config-invalid` for a name that does not exist. */
export function givenBy(values: Partial<CsrdConfig>, where: string): Given {
  const given = new Map<SettingName, { value: unknown; where: string }>();
  for (const [name, value] of Object.entries(values)) {
    const setting = settings.find((one) => one.name === name);
    if (setting === undefined)
      throw unknownSetting(
        name,
        where,
        settings.map((one) => one.name),
      );
    if (value !== undefined) given.set(setting.name, { value, where });
  }
  return given;
}

/** A setting that does not exist, with the nearest that does. */
export function unknownSetting(name: string, where: string, known: readonly string[]): CsrdError {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, "");
  const near = known.find((one) =>
    one
      .toLowerCase()
      .replaceAll(/[^a-z]/g, "")
      .startsWith(plain.slice(0, 6)),
  );
  return new CsrdError("config-invalid", {
    summary: `${where}: there is no setting ${JSON.stringify(name.slice(0, 60))}.`,
    hint: `${near === undefined || plain === "" ? "" : `Is ${near} meant? `}\`csrd config --show\` lists the settings.`,
  });
}

function checked({ key, kind }: Setting, value: unknown, where: string): unknown {
  const wrong = (may: string): CsrdError =>
    new CsrdError("config-invalid", {
      summary: `${where}: ${key} cannot be ${(JSON.stringify(value) ?? "nothing").slice(0, 60)}.`,
      hint: `It must be ${may}.`,
    });
  switch (kind.is) {
    case "text":
      if (typeof value !== "string" || value.length > 4_000 || value.includes("\0")) throw wrong("a text");
      return value;
    case "names": {
      const names = typeof value === "string" ? value.toLowerCase().split(",") : [];
      if (names.length === 0 || !names.every((name) => /^ *[a-z][a-z0-9-]{0,30} *$/.test(name)))
        throw wrong("offline, openai, anthropic, chain, or names of language models separated by commas");
      return names.map((name) => name.trim()).join(",");
    }
    case "list": {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      const texts = list.filter((one) => typeof one === "string");
      if (texts.length !== list.length || texts.some((one) => one === "" || one.includes("\0")))
        throw wrong("a file name, or a list of them");
      return texts;
    }
    case "flag": {
      const word = typeof value === "string" ? value.toLowerCase() : value;
      if (word === true || word === "true" || word === "1" || word === "yes") return true;
      if (word === false || word === "false" || word === "0" || word === "no") return false;
      throw wrong("true or false");
    }
    case "choice": {
      const found = kind.of.find(
        (one) => typeof value === "string" && one.toLowerCase() === value.toLowerCase(),
      );
      if (found === undefined)
        throw wrong(kind.of.length === 1 ? `${kind.of[0]}` : `one of ${kind.of.join(", ")}`);
      return found;
    }
    case "number": {
      const { least, most, whole } = kind;
      const number = typeof value === "string" && /^\d{1,6}(\.\d{1,6})?$/.test(value) ? Number(value) : value;
      if (
        typeof number !== "number" ||
        !(number >= least && number <= most) ||
        (whole && !Number.isInteger(number))
      )
        throw wrong(`${whole === true ? "a whole number" : "a number"} from ${least} to ${most}`);
      return number;
    }
  }
}
