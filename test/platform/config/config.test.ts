import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaults, givenBy, resolveConfig, settings } from "#platform/config.ts";
import { configFile, configTemplate, settingsIn } from "#platform/config/file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("settings", () => {
  test("an option goes before a variable, that before the file, that before the default", async () => {
    const file = await settingsIn(
      ".csrd.yaml",
      "quality_threshold: 60\noutput_dir: from-file\nformat: json\n",
    );
    const environment = { CSRD_QUALITY_THRESHOLD: "70", CSRD_OUTPUT_DIR: "from-variable" };
    const options = new Map([["qualityThreshold", { value: "90", where: "--quality-threshold" }]] as const);

    const { config, origins } = resolveConfig(options, environment, file);

    expect(config).toMatchObject({
      qualityThreshold: 90,
      outputDir: "from-variable",
      format: "json",
      badRows: "refuse",
    });
    expect(origins).toMatchObject({
      qualityThreshold: "--quality-threshold",
      outputDir: "CSRD_OUTPUT_DIR",
      format: ".csrd.yaml, line 3",
      badRows: "default",
    });
  });

  test("every setting has a variable, a key in the file and a default that it accepts", () => {
    const { config } = resolveConfig(givenBy(defaults, "test"), {}, new Map());

    expect(config).toEqual(defaults);
    expect(settings.map(({ name }) => name).toSorted()).toEqual(Object.keys(defaults).toSorted());
    expect(settings.find(({ name }) => name === "impactMaterialityThreshold")).toMatchObject({
      key: "impact_materiality_threshold",
      variable: "CSRD_IMPACT_MATERIALITY_THRESHOLD",
    });
  });

  test("an empty variable is one that is not set", () => {
    expect(resolveConfig(new Map(), { CSRD_FORMAT: "" }, new Map()).config.format).toBe("both");
  });

  test.for([
    ["CSRD_FORMAT", "pdf", "one of both, xbrl, json"],
    ["CSRD_QUALITY_THRESHOLD", "101", "a number from 0 to 100"],
    ["CSRD_QUALITY_THRESHOLD", "NaN", "a number from 0 to 100"],
    ["CSRD_QUALITY_THRESHOLD", "1e400", "a number from 0 to 100"],
    ["CSRD_QUALITY_THRESHOLD", "-1", "a number from 0 to 100"],
    ["CSRD_MAX_WORKERS", "1.5", "a whole number from 1 to 6"],
    ["CSRD_SKIP_AUDIT", "maybe", "true or false"],
    ["CSRD_LLM_PROVIDER", "open ai!", "names of language models"],
    ["CSRD_OUTPUT_DIR", "a\0b", "a text"],
  ] as const)("%s=%s is refused, and the sentence says what it may be", ([variable, value, may]) => {
    expect(() => resolveConfig(new Map(), { [variable]: value }, new Map())).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        summary: expect.stringContaining(variable),
        hint: expect.stringContaining(may),
      }),
    );
  });

  test("a program that names a setting that does not exist is told the nearest", () => {
    const misspelt: object = { qualityThresholt: 80 };

    expect(() => givenBy(misspelt, "config")).toThrow(
      expect.objectContaining({ code: "config-invalid", hint: expect.stringContaining("qualityThreshold") }),
    );
  });
});

describe(".csrd.yaml", () => {
  test("what --init writes can be read, changes nothing, and every line can be taken into use", async () => {
    const text = configTemplate(defaults);

    const asWritten = await settingsIn("f", text);
    const inUse = await settingsIn("f", text.replaceAll(/^# (\w+: )/gm, "$1"));

    expect(asWritten.size).toBe(0);
    expect([...inUse.keys()]).toEqual(settings.map(({ name }) => name));
    expect(resolveConfig(new Map(), {}, inUse).config).toEqual({ ...defaults, input: ["data.csv"] });
  });

  test.for([
    ["an unknown key", "quality_treshold: 80", "line 1: there is no setting", "Is quality_threshold meant?"],
    ["a secret", "format: json\nllm_api_key: sk-123", "line 2: llm_api_key looks like a secret", "variable"],
    [
      "an anchor",
      "input: &a [x]\noutput_dir: *a",
      "anchors and aliases are not read",
      "Write the value out.",
    ],
    ["a list instead of settings", "- a\n- b", "is not a list of settings", "quality_threshold: 80"],
    ["no YAML", "format: [both", "it is not YAML", "Correct the line."],
    ["a key given twice", "format: both\nformat: json", "line 2: it is not YAML", "Correct the line."],
    ["a wrong kind", "input: 5", "line 1: input cannot be 5", "a file name, or a list of them"],
    ["a list where a text belongs", "output_dir: [a]", "output_dir cannot be", "a text"],
  ] as const)("%s is refused with its line", async ([, text, summary, hint]) => {
    const reading = settingsIn("x.yaml", text).then((given) => resolveConfig(new Map(), {}, given));

    await expect(reading).rejects.toMatchObject({
      code: "config-invalid",
      summary: expect.stringContaining(summary),
      hint: expect.stringContaining(hint),
    });
  });

  test("an alias bomb is refused before anything is unfolded, and never repeats the secret of a key", async () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let depth = 0; depth < 20; depth += 1) {
      const [name, before] = [String.fromCharCode(98 + depth), String.fromCharCode(97 + depth)];
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`);
    }

    await expect(settingsIn("bomb.yaml", bomb.join("\n"))).rejects.toMatchObject({ code: "config-invalid" });
    await expect(settingsIn("x", "api_token: verysecret")).rejects.not.toMatchObject({
      message: expect.stringContaining("verysecret"),
    });
  });

  test("a file that is too large, missing or a folder is refused by name", async () => {
    const large = join(folder, "large.yaml");
    await writeFile(large, `# ${"x".repeat(70_000)}`);

    await expect(configFile(large)).rejects.toMatchObject({ code: "config-invalid" });
    await expect(configFile(join(folder, "none.yaml"))).rejects.toMatchObject({ code: "input-missing" });
    await expect(configFile(folder)).rejects.toMatchObject({ code: "input-missing" });
  });

  test("a file of comments, or an empty one, sets nothing", async () => {
    expect((await settingsIn("f", "")).size).toBe(0);
    expect((await settingsIn("f", "# nothing\n")).size).toBe(0);
  });
});
