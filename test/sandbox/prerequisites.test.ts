import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const script = path.resolve("sandbox/prerequisites.js");

/** A machine as far as PATH shows it: a folder with small shell programs in it. */
function machineWith(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-path-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }
  return folder;
}

function check(folder: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--only-path"], {
    env: { PATH: folder, CI: "true" },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const postgres = 'echo "postgres (PostgreSQL) 15.18 (Debian 15.18-1)"';
const redis = 'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1"';
const refusal = "echo 'this package does not exist' >&2; exit 100";

test("says what is here when everything is", () => {
  const { status, stdout } = check(machineWith({ postgres, "redis-server": redis }));

  expect(status).toBe(0);
  expect(stdout).toContain("✔  PostgreSQL 15, at least 15 is needed");
  expect(stdout).toContain("✔  redis-server 7, at least 7 is needed");
  expect(stdout).toContain("Prometheus is not installed; the practice production leaves it out");
});

test("without a package manager it names exactly what to install, and exits 2", () => {
  const { status, stderr } = check(machineWith({}));

  expect(status).toBe(2);
  expect(stderr).toContain("PostgreSQL 15 or newer is needed and was not found.");
  expect(stderr).toContain("redis-server 7 or newer is needed and was not found.");
  expect(stderr).toContain("sudo apt-get install postgresql redis-server");
  expect(stderr).toContain("brew install postgresql@17 redis");
  expect(stderr).toContain("Nothing was changed.\nexit 2: prerequisite-missing");
});

test("a server that is too old is not enough, and only what is wrong is asked for", () => {
  const old = 'echo "postgres (PostgreSQL) 13.4"';

  const { status, stderr } = check(machineWith({ postgres: old, "redis-server": redis }));

  expect(status).toBe(2);
  expect(stderr).toContain("PostgreSQL 15 or newer is needed and is here as 13 only.");
  expect(stderr).not.toContain("redis-server 7 or newer");
});

/** A shell line that puts a program on the made-up machine. */
function make(name: string, body: string): string {
  return `printf '#!/bin/sh\\n%s\\n' '${body}' >"$here/${name}"; /bin/chmod 755 "$here/${name}"`;
}

/** A machine with apt-get on which every command is written down, and installing does `installing`. */
function debianWith(installing: string): { readonly folder: string; readonly asked: () => string } {
  const folder = machineWith({
    env: 'exec /usr/bin/env "$@"',
    sudo: 'shift; exec "$@"',
    true: "exit 0",
    "apt-get": `
      here=$(/usr/bin/dirname "$0")
      if read -r line; then echo "somebody typed $line" >>"$here/asked"; fi
      echo "$DEBIAN_FRONTEND $*" >>"$here/asked"
      case "$*" in *install*) ${installing} ;; esac`,
  });
  return {
    folder,
    asked: () =>
      existsSync(path.join(folder, "asked")) ? readFileSync(path.join(folder, "asked"), "utf8") : "",
  };
}

test.runIf(process.platform === "linux")(
  "on Debian it installs what is missing without asking anybody anything",
  () => {
    const { folder, asked } = debianWith(`${make("postgres", postgres)}; ${make("redis-server", redis)}`);

    const { status, stdout } = check(folder);

    expect(status).toBe(0);
    expect(stdout).toContain("To be run:");
    expect(asked().split("\n")).toEqual([
      "noninteractive -q -y -o DPkg::Lock::Timeout=120 update",
      "noninteractive -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends postgresql redis-server",
      "",
    ]);
  },
);

test.runIf(process.platform === "linux")(
  "an installation that does not work is said, not passed over",
  () => {
    const { folder, asked } = debianWith(refusal);

    const { status, stderr } = check(folder);

    expect(asked()).toContain("install --no-install-recommends postgresql redis-server");
    expect(status).toBe(2);
    expect(stderr).toContain("this package does not exist");
    expect(stderr).toContain("Installing them did not work; its output is above.");
    expect(stderr).not.toContain("Nothing was changed");
  },
);
