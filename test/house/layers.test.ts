import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Lints a made-up tree under the project's own configuration; gives the files it complains about. */
async function lint(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "ops-lint-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"])
    cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { stdout } = await promisify(execFile)(
    join(root, "node_modules/.bin/oxlint"),
    ["--format", "json", ...Object.keys(files)],
    { cwd: folder },
  ).catch((error: { stdout: string }) => error);
  return stdout;
}

const imports = (what: string) => `import { x } from "${what}";\nexport const y = x;\n`;

test.for([
  ["kit/planted.ts", "#adapters/http.ts", "kit/ knows no other room"],
  ["kit/planted.ts", "#platform/contract.ts", "kit/ knows no other room"],
  ["kit/planted.ts", "@aws-sdk/client-ec2", "kit/ knows no vendor"],
  ["kit/planted.ts", "../adapters/http.ts", "kit/ knows no other room"],
  ["rules/planted.ts", "#checks/x.ts", "rules/ imports nothing of ours but kit"],
  ["rules/planted.ts", "node:fs", "rules/ is pure"],
  ["checks/planted.ts", "#adapters/http.ts", "checks and alerts see kit, rules and platform/contract only"],
  [
    "checks/planted.ts",
    "#platform/agents/intake.ts",
    "checks and alerts see kit, rules and platform/contract only",
  ],
  ["alerts/planted.ts", "pg", "Vendor SDKs live in adapters/"],
  ["runbooks/planted.ts", "#adapters/aws/readers.ts", "Ask for a port"],
  ["runbooks/planted.ts", "../adapters/aws/readers.ts", "Cross a folder by its name"],
  ["runbooks/planted.ts", "@slack/web-api", "Vendor SDKs live in adapters/"],
  ["runbooks/actions/planted.ts", "#bin/wire.ts", "Ask for a port"],
  ["platform/planted.ts", "#runbooks/platform-down.ts", "platform/ sees kit and rules only"],
  ["adapters/planted.ts", "#runbooks/platform-down.ts", "An adapter sees kit"],
  ["adapters/planted.ts", "#platform/storage/switches.ts", "An adapter sees kit"],
  ["adapters/aws/planted.ts", "#platform/storage/switches.ts", "An adapter sees kit"],
  ["adapters/platform/planted.ts", "#runbooks/platform-down.ts", "The platform's adapter sees kit"],
  ["adapters/platform/planted.ts", "../../platform/errors.ts", "The platform's adapter sees kit"],
  ["platform/planted.ts", "#adapters/platform/queue.ts", "platform/ sees kit and rules only"],
] as const)("a planted import in %s of %s is caught", async ([file, what, message]) => {
  expect(await lint({ [file]: imports(what) })).toContain(message);
});

test("the same files without the break are not complained about", async () => {
  expect(
    await lint({
      "kit/planted.ts": imports("#kit/x.ts"),
      "checks/planted.ts": imports("#platform/contract.ts"),
      "runbooks/planted.ts": imports("#checks/x.ts"),
      "adapters/planted.ts": imports("@aws-sdk/client-ec2"),
      "adapters/platform/planted.ts": imports("#platform/storage/switches.ts"),
    }),
  ).not.toContain("no-restricted-imports");
});

test("an import cycle is caught", async () => {
  const output = await lint({
    "kit/one.ts": 'import { b } from "./two.ts";\nexport const a = () => b;\n',
    "kit/two.ts": 'import { a } from "./one.ts";\nexport const b = () => a;\n',
  });

  expect(output).toContain("no-cycle");
});
