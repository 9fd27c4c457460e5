import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { freshOps } from "./ops.ts";

/** `ops` with a folder of environments of its own. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), "ops-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { ops, stateDir } = freshOps();
  return {
    folder,
    stateDir,
    file: join(folder, "staging.yaml"),
    ops: (...args: readonly string[]) => ops(args, { env: { OPS_ENVIRONMENTS: folder } }),
  };
}

const least = [
  "init",
  "--env",
  "staging",
  "--region",
  "eu-central-1",
  "--service",
  "api=https://csrd.example.com",
];

describe("ops init, by flags", () => {
  test("writes what they say and the tier's defaults, for its owner alone, so that it loads", async () => {
    const { ops, folder, file } = place();

    const more = `--zone Europe/Amsterdam --account 000012345678 --time poll=7s --instances api=i-0a1,i-0a2 --port api=8000
      --act env:OPS_ID,file:/run/secret --locks kubernetes-lease --kubeconfig /etc/ops/kubeconfig --approvers omar,ana
      --cluster-uid 5f0c8c1e-8a1b-4c6e-9d2f-0123456789ab --slack-token env:OPS_SLACK --slack-channel #incidents`;
    const said = await ops(...least, ...more.split(/\s+/));
    const listed = await ops("list", "--env", "staging");

    expect(said.code).toBe(0);
    expect(said.stdout).toContain("ops doctor --env staging");
    expect(said.stdout.replaceAll(/\s+/g, " ")).toContain(
      "Not there for this process yet: OPS_ID, /run/secret, OPS_SLACK.",
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["staging.yaml"]);
    expect(parse(readFileSync(file, "utf8"))).toMatchObject({
      name: "staging",
      tier: "staging",
      zone: "Europe/Amsterdam",
      identity: {
        account: "000012345678",
        region: "eu-central-1",
        clusterUid: "5f0c8c1e-8a1b-4c6e-9d2f-0123456789ab",
      },
      bindings: {
        aws: {
          read: { profile: "staging-read" },
          act: { accessKeyId: { env: "OPS_ID" }, secretAccessKey: { file: "/run/secret" } },
        },
        "kubernetes-lease": { cluster: { kubeconfig: "/etc/ops/kubeconfig" }, namespace: "csrd-ops" },
        slack: { token: { env: "OPS_SLACK" }, channel: "#incidents" },
      },
      services: [{ name: "api", instances: ["i-0a1", "i-0a2"], port: 8000, floor: 1 }],
      times: { poll: "7s", steady: "5m" },
      locks: "kubernetes-lease",
      approvers: ["omar", "ana"],
    });
    expect(listed.stdout).not.toContain("cannot run yet");
  });

  test("names everything that is missing at once", async () => {
    const { ops, folder } = place();

    const said = await ops("init", "--locks", "postgres");

    expect(said.code).toBe(2);
    expect(said.stderr.replaceAll(/\s+/g, " ")).toContain(
      "--env, --region, --locks-url, --service must be given",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("never writes over a file unless told to", async () => {
    const { ops, file } = place();
    writeFileSync(file, "mine\n");

    const refused = await ops(...least);
    const kept = readFileSync(file, "utf8");
    const forced = await ops(...least, "--force");

    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") as string });
    expect(kept).toBe("mine\n");
    expect(forced.code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("name: staging");
  });

  test("refuses a secret given as a value, and neither prints nor records it", async () => {
    const { ops, folder, stateDir } = place();

    const said = await ops(...least, "--slack-token", "hunter2-of-slack", "--slack-channel", "x");

    expect(said.code).toBe(2);
    expect(said.stderr).toContain("is not env:NAME or file:/path");
    expect(`${said.stdout}${said.stderr}`).not.toContain("hunter2");
    for (const name of readdirSync(stateDir))
      if (statSync(join(stateDir, name)).isFile())
        expect(readFileSync(join(stateDir, name), "latin1")).not.toContain("hunter2");
    expect(readdirSync(folder)).toEqual([]);
  });

  test.for([
    [["--zone", "CEST"], "is not a time zone"],
    [["--account", "12"], "is not an AWS account number"],
    [["--port", "web=80"], "names no service"],
    [["--service", "api=https://other.example.com"], "is listed twice"],
  ] as const)("refuses %j and writes nothing", async ([more, says]) => {
    const { ops, folder } = place();

    const said = await ops(...least, ...more);

    expect(said.code).toBe(2);
    expect(said.stderr.replaceAll(/\s+/g, " ")).toContain(says);
    expect(readdirSync(folder)).toEqual([]);
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("skipped: questions at a terminal need util-linux script(1)\n");

describe.skipIf(!hasScript)("ops init, at a terminal", () => {
  /** Types these lines, each with Enter, and returns what the terminal showed. */
  function typing(lines: readonly string[]) {
    const { folder, stateDir } = place();
    const launcher = join(import.meta.dirname, "../../bin/ops.js");
    const shown = new Promise<string>((resolve, reject) => {
      const child = execFile(
        "script",
        ["-qefc", `stty cols 100; exec '${process.execPath}' '${launcher}' init`, "/dev/null"],
        {
          env: {
            PATH: process.env["PATH"],
            HOME: stateDir,
            OPS_STATE_DIR: stateDir,
            OPS_ENVIRONMENTS: folder,
            TERM: "xterm",
            NO_COLOR: "1",
            TZ: "Europe/Lisbon",
          },
        },
        // A command that leaves with a status is no failure of the test.
        (error, stdout) =>
          error === null || typeof error.code === "number" ? resolve(stdout) : reject(error),
      );
      child.stdout?.once("data", () => child.stdin?.write(lines.map((line) => `${line}\r`).join("")));
    });
    return { shown, folder };
  }

  test("Enter takes the defaults, and an answer that cannot be taken is asked for again", async () => {
    const place = ["live", "", "", "eu-central-1", "12", "000012345678", "", "live-hands", ""];
    const tellingAndPeople = ["xoxb-is-no-reference", "", "", "omar"];
    const services = [
      "api",
      "api=https://csrd.example.com",
      "i-0a1",
      "",
      "",
      "",
      "",
      "8000",
      "",
      "",
      "pol=1s",
      "poll=7s",
      "",
    ];
    const { shown, folder } = typing([...place, ...tellingAndPeople, ...services]);

    const screen = await shown;

    expect(screen).toContain("That is not an AWS account number");
    expect(screen).toContain("That is not env:NAME or file:/path");
    expect(screen).toContain("That is none of restart, poll");
    expect(screen).toContain("ops doctor --env live");
    expect(parse(readFileSync(join(folder, "live.yaml"), "utf8"))).toMatchObject({
      tier: "production",
      zone: "Europe/Lisbon",
      identity: { account: "000012345678" },
      bindings: { aws: { read: { profile: "live-read" }, act: { profile: "live-hands" } } },
      locks: "host",
      services: [{ name: "api", instances: ["i-0a1"], port: 8000 }],
      times: { poll: "7s", steady: "5m" },
    });
  });

  test("Ctrl-C in the middle leaves nothing behind", async () => {
    const { shown, folder } = typing(["live", "", "", "\u0003"]);

    const screen = await shown;

    expect(screen).toContain("Nothing was written.");
    expect(existsSync(join(folder, "live.yaml"))).toBe(false);
  });
});
