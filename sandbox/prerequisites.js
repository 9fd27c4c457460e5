#!/usr/bin/env node
// Checks what the practice production needs and installs what may be installed. Plain JavaScript without dependencies, because
// it runs before anything else does: on any Node from 20, before or after `npm ci`.

import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import readline from "node:readline/promises";

const home = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "..");

/**
 * What has to be here: how its program is called, how it says its version, and what it is named in each package system.
 * `extra` folders are where packages put programs that are not on PATH.
 */
const needs = [
  {
    name: "PostgreSQL",
    least: 15,
    program: "postgres",
    version: /(\d+)(?:\.\d+)*/,
    extra: postgresFolders,
    apt: "postgresql",
    brew: "postgresql@17",
  },
  {
    name: "redis-server",
    least: 7,
    program: "redis-server",
    version: /v=(\d+)/,
    extra: () => ["/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"],
    apt: "redis-server",
    brew: "redis",
  },
];

const optional = [
  {
    name: "Prometheus",
    least: 2,
    program: "prometheus",
    version: /version (\d+)/,
    extra: () => ["/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"],
    apt: "prometheus",
    brew: "prometheus",
  },
];

const quiet = process.argv.includes("--quiet");
// Without it, the folders where packages put programs count as well.
const onlyPath = process.argv.includes("--only-path");
// Node 24 comes with `npm ci`; before it, only the system's programs are looked at.
const beforeInstall = process.argv.includes("--before-install");
let installed = false;
// A reader that went away (| head) is no reason to fail.
process.stdout.on("error", () => undefined);
const say = (line) => quiet || process.stdout.write(`${line}\n`);

const node = beforeInstall || checkNode();
let missing = needs.filter((need) => versionOf(need) < need.least);
if (missing.length > 0 && (await mayInstall(missing))) {
  install(missing);
  missing = needs.filter((need) => versionOf(need) < need.least);
}
if (!node || missing.length > 0) refuse(missing);

for (const need of needs) say(`✔  ${need.name} ${versionOf(need)}, at least ${need.least} is needed`);
for (const need of optional) {
  const version = versionOf(need);
  say(
    version >= need.least
      ? `✔  ${need.name} ${version}, used where installed`
      : `–  ${need.name} is not installed; the practice production leaves it out`,
  );
}

/** Node 24 comes as a development dependency; what counts is the one npm scripts find first. */
function checkNode() {
  const bundled = path.join(home, "node_modules", ".bin", "node");
  const file = existsSync(bundled) ? bundled : process.execPath;
  const major = Number(/v(\d+)/.exec(output(file, ["--version"]))?.[1] ?? 0);
  if (major >= 24) say(`✔  Node ${major}, at least 24 is needed`);
  return major >= 24;
}

/** Newest major version found on PATH or where packages put it; 0 when it is not there. */
function versionOf({ program, version, extra }) {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...(onlyPath ? [] : extra())];
  const found = folders
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, program))
    .filter(isExecutable)
    .map((file) => Number(version.exec(output(file, ["--version"]))?.[1] ?? 0));
  return Math.max(0, ...found);
}

function postgresFolders() {
  const root = "/usr/lib/postgresql";
  const debian = existsSync(root) ? readdirSync(root).map((name) => path.join(root, name, "bin")) : [];
  const brewed = ["/opt/homebrew/opt", "/usr/local/opt"].flatMap((opt) =>
    existsSync(opt)
      ? readdirSync(opt)
          .filter((name) => name.startsWith("postgresql"))
          .map((name) => path.join(opt, name, "bin"))
      : [],
  );
  return [...debian, ...brewed];
}

/** True where a package manager is at hand and, on a terminal, the person agrees; without one there is nobody to ask. */
async function mayInstall(wanted) {
  const manager = packageManager();
  if (manager === undefined) return false;
  const command = commandFor(manager, wanted).map((line) => line.join(" "));
  say(`${wanted.map(describe).join(" and ")} ${wanted.length === 1 ? "is" : "are"} needed and not here.`);
  say(`To be run: ${command.join(" && ")}`);
  if (!process.stdin.isTTY || process.env.CI) return true;
  const asking = readline.createInterface({ input: process.stdin, output: process.stdout });
  const reply = await new Promise((resolve) => {
    asking.once("close", () => resolve(""));
    asking.question("Run it now? [y/N] ").then(resolve, () => resolve(""));
  });
  asking.close();
  return /^y(es)?$/i.test(reply.trim());
}

/** Which package manager may be used by this user, and what to put before its commands. */
function packageManager() {
  if (process.platform === "darwin") return which("brew") ? { kind: "brew", prefix: [] } : undefined;
  if (process.platform !== "linux" || !which("apt-get")) return undefined;
  if (process.getuid?.() === 0) return { kind: "apt", prefix: ["env"] };
  const sudo =
    which("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore", timeout: 10_000 }).status === 0;
  return sudo ? { kind: "apt", prefix: ["sudo", "-n", "env"] } : undefined;
}

function commandFor({ kind, prefix }, wanted) {
  if (kind === "brew") return [["brew", "install", ...wanted.map(({ brew }) => brew)]];
  const apt = [
    ...prefix,
    "DEBIAN_FRONTEND=noninteractive",
    "NEEDRESTART_MODE=a",
    "apt-get",
    "-q",
    "-y",
    "-o",
    "DPkg::Lock::Timeout=120",
  ];
  return [
    [...apt, "update"],
    [...apt, "install", "--no-install-recommends", ...wanted.map((need) => need.apt)],
  ];
}

/** Runs the package manager without a stdin, so that nothing in it can wait for an answer. What it starts is not relied upon. */
function install(wanted) {
  installed = true;
  for (const [file, ...args] of commandFor(packageManager(), wanted)) {
    const { status, error } = spawnSync(file, args, {
      stdio: ["ignore", quiet ? "ignore" : "inherit", "inherit"],
      timeout: 600_000,
    });
    // An update may fail on one dead mirror and the install still work; what counts is what is there afterwards.
    if (error !== undefined || (status !== 0 && args.includes("install"))) return;
  }
}

/** Exactly what is missing and what to type. */
function refuse(wanted) {
  const lines = [];
  if (!node) lines.push("Node 24 or newer is needed. It comes with the project: npm ci");
  for (const need of wanted) {
    const found = versionOf(need);
    const state = found === 0 ? "was not found" : `is here as ${found} only`;
    lines.push(`${describe(need)} is needed and ${state}.`);
  }
  if (wanted.length > 0) {
    lines.push(`  Debian, Ubuntu   sudo apt-get install ${wanted.map(({ apt }) => apt).join(" ")}`);
    lines.push(`  macOS            brew install ${wanted.map(({ brew }) => brew).join(" ")}`);
    lines.push("  Another system   its packages of the same names; the programs have to be on PATH");
  }
  lines.push(installed ? "Installing them did not work; its output is above." : "Nothing was changed.");
  process.stderr.write(`${lines.join("\n")}\nexit 2: prerequisite-missing\n`);
  process.exit(2);
}

function describe({ name, least }) {
  return `${name} ${least} or newer`;
}

function which(program) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .some((folder) => folder !== "" && isExecutable(path.join(folder, program)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function output(file, args) {
  try {
    return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 10_000 });
  } catch {
    return "";
  }
}
