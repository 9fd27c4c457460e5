import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { classFile, datedName } from "#platform/telemetry/log-files.ts";
import { descriptorSink } from "#platform/telemetry/sink.ts";

const home = path.join(import.meta.dirname, "../../..");

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-places-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** An agent's service whose stdout nobody reads until somebody does; its address is in its class file. */
async function agent(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const dir = folder();
  const log = path.join(dir, "all.log");
  const child = spawn(process.execPath, ["bin/csrd.js", "agent", "aggregator"], {
    cwd: home,
    env: {
      PATH: process.env["PATH"],
      CSRD_ARTIFACTS_DIR: path.join(dir, "artifacts"),
      CSRD_PORT: "0",
      CSRD_LOG_FILE: log,
      CSRD_LOG_LEVEL: "DEBUG",
      ...env,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = () => {
    try {
      return /"url":"([^"]+)"/.exec(readFileSync(log, "utf8"))?.[1];
    } catch {
      return undefined;
    }
  };
  await vi.waitUntil(() => said() !== undefined, { timeout: 20_000, interval: 50 });
  return { child, url: said() ?? "" };
}

async function ask(url: string, times: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let each = 0; each < times; each += 1)
    statuses.push((await fetch(`${url}/nowhere`, { signal: AbortSignal.timeout(5_000) })).status);
  return statuses;
}

async function lost(url: string, sink: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(
    new RegExp(`^csrd_log_lines_lost_total\\{sink="${sink}"\\} (\\d+)`, "m").exec(page)?.[1] ?? "NaN",
  );
}

test("a service whose stdout nobody reads goes on, keeps what it said, and tells it to the next reader", {
  timeout: 60_000,
}, async () => {
  const { child, url } = await agent({});

  // More than a pipe holds, twice over.
  const statuses = await ask(url, 500);

  expect(new Set(statuses)).toEqual(new Set([404]));
  expect(await lost(url, "stdout")).toBe(0);
  let text = "";
  child.stdout?.on("data", (data: Buffer) => {
    text += String(data);
  });
  await vi.waitUntil(() => (text.match(/"route":"unknown"/g) ?? []).length === 500, { timeout: 10_000 });
  for (const line of text.trimEnd().split("\n")) JSON.parse(line);
});

test("a service whose stdout nobody reads ends when it is told to", { timeout: 60_000 }, async () => {
  const { child, url } = await agent({});
  await ask(url, 500);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));

  child.kill("SIGTERM");

  expect(await Promise.race([ended, pause(10_000).then(() => "still there")])).toBe(0);
});

test("a service whose reader has gone goes on", { timeout: 60_000 }, async () => {
  const { child, url } = await agent({});
  child.stdout?.destroy();

  const statuses = await ask(url, 20);

  expect(new Set(statuses)).toEqual(new Set([404]));
  expect(await lost(url, "stdout")).toBeGreaterThan(10);
});

const small = path.join(tmpdir(), `csrd-small-disk-${process.pid}`);
const mounted = (() => {
  try {
    execFileSync("mkdir", ["-p", small]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small], { stdio: "ignore" });
    return true;
  } catch {
    rmSync(small, { recursive: true, force: true });
    process.stderr.write("This user may not mount a tmpfs: a full log disk is not tried here.\n");
    return false;
  }
})();

test.skipIf(!mounted)(
  "a full log disk costs lines, which are counted, and nothing else",
  { timeout: 60_000 },
  async () => {
    onTestFinished(() => {
      execFileSync("umount", ["-l", small]);
      rmSync(small, { recursive: true, force: true });
    });
    const { url } = await agent({ CSRD_LOG_DIR: small, CSRD_LOG_LEVEL: "INFO" });
    const filler = path.join(small, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(1_000_000));
    } catch {
      // Full now, which is what it is for.
    }

    const whileFull = await ask(url, 60);
    // A line follows its answer.
    await vi.waitUntil(async () => (await lost(url, "access")) >= 59, { timeout: 10_000 });
    const missing = await lost(url, "access");
    rmSync(filler);
    const afterwards = await ask(url, 3);

    expect(new Set([...whileFull, ...afterwards])).toEqual(new Set([404]));
    expect(missing).toBeGreaterThan(0);
    const read = () => readFileSync(path.join(small, "access.ndjson"), "utf8").trimEnd().split("\n");
    const told = () => read().findIndex((line) => line.includes("Log lines are missing before this one"));
    await vi.waitUntil(
      () =>
        told() > -1 &&
        read()
          .slice(told())
          .filter((line) => line.includes('"route":"unknown"')).length >= 3,
      { timeout: 10_000 },
    );
    const lines = read();
    const notice = told();
    expect(JSON.parse(lines[notice] ?? "").context).toMatchObject({ sink: "access" });
    // The disk may have had room for the first of them.
    expect(Math.abs(JSON.parse(lines[notice] ?? "").context.lines_missing - missing)).toBeLessThanOrEqual(1);
    // Only the line that the disk cut is not whole.
    const broken = lines.filter((line) => !isJson(line));
    expect(broken.length).toBeLessThanOrEqual(1);
  },
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("more than is kept for a stuck reader is left out, counted, and told in one line", () => {
  const dir = folder();
  execFileSync("mkfifo", [path.join(dir, "pipe")]);
  const script = `
    import { openSync, constants, readSync } from "node:fs";
    import { descriptorSink, lostLines } from "#platform/telemetry/sink.ts";
    const reader = openSync(process.argv[1], constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(process.argv[1], constants.O_WRONLY | constants.O_NONBLOCK);
    const sink = descriptorSink({ name: "pipe", descriptor: () => writer, notice: (count) => "missing " + count + "\\n" });
    const line = "x".repeat(999) + "\\n";
    for (let i = 0; i < 6000; i += 1) sink.write(line);
    const missing = lostLines().get("pipe");
    let text = "";
    const buffer = Buffer.alloc(1 << 16);
    for (;;) {
      sink.flush(1);
      try {
        const count = readSync(reader, buffer);
        text += buffer.toString("latin1", 0, count);
      } catch { break; }
    }
    sink.write("last\\n");
    for (;;) { try { text += buffer.toString("latin1", 0, readSync(reader, buffer)); } catch { break; } }
    const lines = text.trimEnd().split("\\n");
    console.log(JSON.stringify({ missing, whole: lines.filter((one) => one.length === 999).length, tail: lines.slice(-2) }));
    process.exit(0);
  `;

  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script, path.join(dir, "pipe")], {
    cwd: home,
    timeout: 20_000,
  });

  const { missing, whole, tail } = JSON.parse(String(said));
  expect(missing).toBeGreaterThan(1_000);
  expect(whole).toBe(6_000 - missing);
  expect(tail).toEqual([`missing ${missing}`, "last"]);
});

test("a disk that refuses every line is asked again at the next one", () => {
  const notices: number[] = [];
  let descriptor: number | undefined;
  const sink = descriptorSink({
    name: "absent",
    descriptor: () => descriptor,
    notice: (missing) => {
      notices.push(missing);
      return "missing\n";
    },
  });

  sink.write("one\n");
  sink.write("two\n");
  descriptor = openSync("/dev/null", "w");
  sink.write("");

  expect(notices.at(-1)).toBe(2);
});

function clocked(dir: string) {
  let now = new Date("2026-11-20T23:59:58Z");
  const sink = () =>
    descriptorSink({
      name: "access",
      descriptor: classFile(dir, "access", () => now),
      notice: () => "missing\n",
    });
  const line = (text: string) => `${JSON.stringify({ timestamp: now.toISOString(), message: text })}\n`;
  return { sink, line, at: (text: string) => void (now = new Date(text)) };
}

test("the first line of a day puts the day before aside, whoever writes it, and no line is lost or written twice", () => {
  const dir = folder();
  const { sink, line, at } = clocked(dir);
  const [one, other] = [sink(), sink()];
  one.write(line("one, before midnight"));
  other.write(line("other, before midnight"));
  at("2026-11-21T00:00:01Z");

  other.write(line("other, after midnight"));
  one.write(line("one, after midnight"));
  at("2026-11-22T12:00:00Z");
  one.write(line("one, a day later"));

  const of = (name: string) =>
    readFileSync(path.join(dir, name), "utf8")
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text).message);
  expect(of(datedName("access", "2026-11-20"))).toEqual(["one, before midnight", "other, before midnight"]);
  expect(of(datedName("access", "2026-11-21"))).toEqual(["other, after midnight", "one, after midnight"]);
  expect(of("access.ndjson")).toEqual(["one, a day later"]);
});

test("a process that starts after midnight puts aside what another left behind", () => {
  const dir = folder();
  const { sink, line, at } = clocked(dir);
  sink().write(line("yesterday"));
  at("2026-11-21T08:00:00Z");

  sink().write(line("today"));

  expect(readFileSync(path.join(dir, datedName("access", "2026-11-20")), "utf8")).toContain("yesterday");
  expect(readFileSync(path.join(dir, "access.ndjson"), "utf8")).not.toContain("yesterday");
});

test("a file of that day that is there already is never overwritten", () => {
  const dir = folder();
  const { sink, line, at } = clocked(dir);
  const one = sink();
  one.write(line("yesterday"));
  writeFileSync(path.join(dir, datedName("access", "2026-11-20")), "kept\n");
  at("2026-11-21T08:00:00Z");

  one.write(line("today"));

  expect(readFileSync(path.join(dir, datedName("access", "2026-11-20")), "utf8")).toBe("kept\n");
  expect(readFileSync(path.join(dir, "access.ndjson"), "utf8").trimEnd().split("\n")).toHaveLength(2);
});
