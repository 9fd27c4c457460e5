import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { csrd, csrdWith, here, inOwnFolder } from "./csrd.ts";

inOwnFolder();

describe("csrd config", () => {
  test("shows every setting with its place, and names secrets without their values", async () => {
    const { folder } = here;

    await writeFile(join(folder, ".csrd.yaml"), "quality_threshold: 60\noutput_dir: reports\n");

    const { exitCode, stdout } = await csrdWith(
      { CSRD_OUTPUT_DIR: "elsewhere", OPENAI_API_KEY: "sk-verysecretvalue", CSRD_ENV: "production" },
      "config",
      "--show",
    );

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^quality_threshold +60 +\.csrd\.yaml, line 1$/m);
    expect(stdout).toMatch(/^output_dir +elsewhere +CSRD_OUTPUT_DIR$/m);
    expect(stdout).toMatch(/^env +production +CSRD_ENV$/m);
    expect(stdout).toMatch(/^format +both +default$/m);
    expect(stdout).toContain("never shown: OPENAI_API_KEY");
    expect(stdout).not.toContain("verysecret");
  });

  test("--init writes a file that is then read, and never writes over one or through a link", async () => {
    const { folder } = here;

    const first = await csrd("config", "--init");
    const path = await csrd("config", "--path");
    const again = await csrd("config", "--init");
    await symlink(join(folder, "victim"), join(folder, "link.yaml"));
    const throughLink = await csrd("config", "--init", "-c", "link.yaml");

    expect([first.exitCode, path.exitCode, path.stdout]).toEqual([0, 0, ".csrd.yaml"]);
    expect(await readFile(join(folder, ".csrd.yaml"), "utf8")).toContain("# quality_threshold: 80");
    expect([again.exitCode, again.stderr.split("\n")[0]]).toEqual([1, ".csrd.yaml is already there."]);
    expect(throughLink.exitCode).toBe(1);
    await expect(readFile(join(folder, "victim"))).rejects.toThrow("ENOENT");
  });

  test("--path says with 2 that there is no file", async () => {
    expect(await csrd("config", "--path")).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining("not there"),
    });
  });

  test.for([
    ["qualty_threshold: 60", "there is no setting"],
    [`a: &a [x]\nb: [${"*a,".repeat(99)}]`, "anchors and aliases are not read"],
    ["openai_api_key: sk-verysecretvalue", "looks like a secret"],
  ] as const)("a file with %j stops every command with one sentence", async ([text, sentence]) => {
    const { folder } = here;

    await writeFile(join(folder, ".csrd.yaml"), text);

    for (const words of [["config"], ["run", "-i", "x.csv"], ["audit"]]) {
      const { exitCode, stdout, stderr } = await csrd(...words);

      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr.split("\n")).toHaveLength(3);
      expect(stderr).toContain(sentence);
      expect(stderr).toContain("code config-invalid");
      expect(stderr).not.toContain("verysecret");
    }
  });

  test("--json is one object with the same", async () => {
    const { stdout } = await csrdWith({ CSRD_FORMAT: "xbrl" }, "config", "--json");

    expect(JSON.parse(stdout)).toMatchObject({
      settings: {
        format: { value: "xbrl", from: "CSRD_FORMAT" },
        quality_threshold: { value: 80, from: "default" },
      },
      secrets: [],
    });
  });
});
