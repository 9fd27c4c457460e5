import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { parsePagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { pagerDutyDestination } from "#adapters/pagerduty/destination.ts";
import { redactor } from "#adapters/redactor.ts";
import { learnSecrets } from "#adapters/secret.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { slackDestination } from "#adapters/slack/destination.ts";
import { systemClock, type Clock } from "#kit/clock.ts";
import { toOpsError } from "#kit/fault.ts";
import { foldRun } from "#kit/fold.ts";
import { opsStream, verifyChain, type Journal } from "#kit/journal.ts";
import { redactingJournal } from "#kit/redact/journal.ts";
import { evidenceOf } from "#kit/postmortem/bundle.ts";
import { renderApproval } from "#kit/render/approve.ts";
import { endLines } from "#kit/render/end.ts";
import { errorLines } from "#kit/render/error.ts";
import { eventLines } from "#kit/render/line-mode.ts";
import { finishedLines, tailLines } from "#kit/render/live.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { nextCommands } from "#kit/render/next.ts";
import { renderPlan } from "#kit/render/plan.ts";
import { tellPostmortem } from "#kit/render/postmortem.ts";
import { reportHtml } from "#kit/render/report-html.ts";
import { reportMarkdown } from "#kit/render/report-markdown.ts";
import type { Screen } from "#kit/render/screen.ts";
import { renderTimeline, timelineMarkdown } from "#kit/render/timeline.ts";
import { drain, owed } from "#kit/run/deliver.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { startPagerDutyStandin, type PagerDutyStandin } from "#sandbox/standins/start-pagerduty-standin.ts";
import { startSlackStandin, type SlackStandin } from "#sandbox/standins/start-slack-standin.ts";
import { bench, lena } from "../fakes/engine.ts";
import { encodings } from "../kit/redact/encodings.ts";
import { leaks } from "../kit/redact/leaks.ts";
import { leaksWith, type Leak } from "./canary-runbook.ts";

const canary = `q7'xK2"mPv9/zT<b+R4&w=%Y8é`;
const secrets = {
  CANARY_PASSWORD: canary,
  CANARY_SLACK: "canary-slack-token-Zk3Vt8",
  CANARY_ROUTING: "canary-routing-key-Hn5Wd2",
  CANARY_PAGER: "canary-pager-token-Bm9Xc4",
} as const;
const spill = Object.values(encodings)
  .map((encode) => encode(`u:${canary}@h`))
  .join(" , ");
const screen: Screen = { columns: 100, rows: 40, color: true, ascii: false, suffix: "" };
const launcher = join(import.meta.dirname, "../../bin/ops.js");
const platform = join(import.meta.dirname, "../../bin/csrd.js");

/** The time of the run that sings now; the journal is told the same. */
let clock: Clock = systemClock;

describe("a canary secret", () => {
  let folder: string;
  let journal: Journal;
  let slack: SlackStandin;
  let pager: PagerDutyStandin;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "ops-canary-"));
    journal = redactingJournal(
      openSqliteJournal(join(folder, "journal.db"), { now: () => clock.now() }),
      redactor,
    );
    slack = await startSlackStandin({ token: secrets.CANARY_SLACK });
    pager = await startPagerDutyStandin({
      routingKey: secrets.CANARY_ROUTING,
      apiToken: secrets.CANARY_PAGER,
    });
    Object.assign(process.env, secrets);
    await learnSecrets({ any: Object.keys(secrets).map((env) => ({ env })) });
  });
  afterAll(async () => {
    for (const name of Object.keys(secrets)) delete process.env[name];
    await Promise.all([slack.stop(), pager.stop()]);
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.for(leaksWith(spill).map(({ where }, index) => [where, index] as const))(
    "shows in no sink: %s",
    async ([, index]) => {
      const { entries, error } = await sing(journal, leaksWith(spill)[index]);
      await tell(journal, slack.url, pager.url);

      for (const [sink, text] of sinks(entries, error)) {
        expect(hits(text), sink).toEqual([]);
      }
      expect(verifyChain(entries).intact, "what is hashed is what is stored").toBe(true);
    },
  );

  it("shows in nothing that Slack and PagerDuty were told of all that", () => {
    for (const inbox of [slack.inbox(), pager.inbox()].map((one) => JSON.stringify(one))) {
      expect(inbox).toContain("[secret CANARY_PASSWORD]");
      expect(hits(inbox)).toEqual([]);
    }
  });

  it("would show without redaction, wherever it is spilled: the test can fail", async () => {
    const open = openSqliteJournal(":memory:", { now: () => clock.now() });
    const escaped = JSON.stringify(canary).slice(1, -1);
    const silent: string[] = [];
    for (const leak of leaksWith(spill)) {
      const { all, error } = await sing(open, leak);
      const said = [...all.map(entryLine), error instanceof Error ? error.message : ""].join("\n");
      if (!said.includes(escaped) && !said.includes(canary)) silent.push(leak.where);
    }
    open.close();

    expect(silent).toEqual([]);
  });

  it("shows in no note, refusal or memory of a destination", async () => {
    const { entries } = await sing(journal, leaksWith(spill)[0]);
    const run = entries[0]?.run ?? "";
    const fault = { code: "usage", summary: spill, hint: spill, details: spill };

    await journal.note(run, { type: "note.added", by: lena, text: spill });
    await journal.note(run, { type: "approval.refused", digest: "0", by: lena, reason: spill });
    await journal.note(opsStream, { type: "refused", tried: `ops ${spill}`, by: lena, fault });
    await journal.takeLock("canary/x", { run, owner: "x", reason: spill }, 1_000);
    await journal.saveDelivery({
      run,
      destination: "test",
      cursor: 0,
      state: { [spill]: spill },
      attempts: 1,
      nextAt: "2026-11-21T03:12:00.000Z",
      lastError: spill,
    });

    const shown = JSON.stringify([
      await journal.read(run),
      await journal.read(opsStream),
      await journal.locks(),
      await journal.delivery(run, "test"),
    ]);
    expect(shown.match(/\[secret CANARY_PASSWORD\]/g)?.length).toBeGreaterThan(20);
    expect(hits(shown)).toEqual([]);
  });

  it("shows in nothing that a vendor makes of it: error bodies that echo what we sent", async () => {
    const echo = await echoServer();
    try {
      const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
      await sing(journal, leaksWith(spill)[0]);

      await tell(journal, `${url}/api/`, url);

      const names = destinations(`${url}/api/`, url).map(({ name }) => name);
      const told = (await owed(journal, "production", names)).filter(({ why }) => why !== undefined);
      expect(new Set(told.map(({ destination }) => destination))).toEqual(new Set(names));
      expect(hits(JSON.stringify(told))).toEqual([]);
    } finally {
      echo.close();
    }
  });

  it("is nowhere in the journal's files, write-ahead log included", () => {
    const files = readdirSync(folder);
    const bytes = files.map((file) => readFileSync(join(folder, file), "latin1")).join("\n");

    expect(files).toContain("journal.db-wal");
    expect(bytes).toContain("[secret CANARY_PASSWORD]");
    for (const value of Object.values(secrets))
      for (const [how, encode] of Object.entries(encodings)) {
        const encoded = Buffer.from(encode(value))
          .toString("latin1")
          .replace(/^["']+|["'=]+$/g, "");
        expect(bytes.includes(encoded), `${how} of ${value}`).toBe(false);
      }
  });

  it.for([
    ["an unknown runbook", ["show", canary]],
    ["an unknown option", ["run", "platform-down", `--${canary}`]],
    ["a parameter", ["plan", "platform-down", `--word=${canary}`]],
    ["an unknown run", ["timeline", canary, "--json"]],
    ["a note", ["note", "r-0000", canary]],
    ["a password on the command line", ["run", "platform-down", "--password", canary]],
    ["an environment", ["check", "--env", canary]],
    ["a signal", ["signal", "r-0000", canary, "--value", canary, "--text", canary]],
    ["an environment file with the secret in it", ["check", "--env", "leaky"]],
  ] as const)("shows in no output of a real process: %s", async ([, args]) => {
    const state = mkdtempSync(join(tmpdir(), "ops-canary-cli-"));
    writeFileSync(
      join(state, "leaky.yaml"),
      `name: leaky\ntier: ${canary}\nbindings:\n  ${canary}: ${canary}\n`,
    );
    try {
      const { stdout, stderr } = await runProcess(launcher, [...args, "--debug"], state);
      const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter(
        (file) => file.isFile() && file.name !== "leaky.yaml",
      );

      expect(`${stdout}${stderr}`).not.toBe("");
      expect(hits(stdout), "standard output").toEqual([]);
      expect(hits(stderr), "standard error").toEqual([]);
      for (const file of files)
        expect(hits(readFileSync(join(file.parentPath, file.name), "latin1")), file.name).toEqual([]);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });

  it.for([
    ["an unknown command", [canary]],
    ["a file that is not there", ["run", "-i", canary, "-p", canary, "-o", canary]],
    ["a word that no factor has", ["factors", canary]],
  ] as const)("shows in no output of csrd: %s", async ([, args]) => {
    const state = mkdtempSync(join(tmpdir(), "ops-canary-csrd-"));
    try {
      const { stdout, stderr } = await runProcess(platform, args, state);

      expect(`${stdout}${stderr}`).not.toBe("");
      expect(hits(stdout), "standard output").toEqual([]);
      expect(hits(stderr), "standard error").toEqual([]);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });

  it.for([
    ["an uncaught error", "throw new Error(spill, { cause: new Error(spill) })"],
    ["an unhandled rejection", "Promise.reject(new AggregateError([new Error(spill)], spill))"],
    [
      "bytes",
      "process.stdout.write(Buffer.from(spill)); process.stderr.write(new TextEncoder().encode(spill))",
    ],
    ["console", "console.log({ spill }, [spill]); console.error(new Error(spill))"],
    ["a diagnostic report", "process.stdout.write(JSON.stringify(process.report.getReport()))"],
  ] as const)("shows in no output of a process that ends badly: %s", async ([, code]) => {
    const state = mkdtempSync(join(tmpdir(), "ops-canary-crash-"));
    try {
      const script = join(state, "crash.mts");
      const guard = join(import.meta.dirname, "../../bin/ops/guard.ts");
      writeFileSync(
        script,
        `const { guardOutputs } = await import(${JSON.stringify(guard)});\nguardOutputs();\nconst spill = ${JSON.stringify(spill)};\n${code};\n`,
      );
      const { stdout, stderr } = await runProcess(script, [], state);

      expect(`${stdout}${stderr}`).not.toBe("");
      expect(hits(stdout), "standard output").toEqual([]);
      expect(hits(stderr), "standard error").toEqual([]);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });
});

/** Runs one leak to its end, and gives what was recorded and what was thrown. */
async function sing(journal: Journal, leak: Leak | undefined) {
  if (leak === undefined) throw new Error("no such leak");
  const world = bench();
  clock = world.parts.clock;
  const entries: JournalEntry[] = [];
  const said: Promise<unknown>[] = [];
  const errors: unknown[] = [];
  const engine = world.engine({
    journal,
    locks: journal,
    runbooks: [leak.runbook, ...(leak.others ?? [])],
    onEntry(entry) {
      entries.push(entry);
      const speaking = leak.meanwhile?.(engine, entry);
      if (speaking !== undefined) said.push(speaking.catch((thrown: unknown) => errors.push(thrown)));
    },
  });
  try {
    const state = await engine.run(leak.runbook, leak.params ?? {}, leak.request);
    await leak.afterwards?.(engine, state.run);
    const last = entries.findLast(({ run }) => run === state.run)?.seq ?? 0;
    entries.push(...(await journal.read(state.run, last)));
  } catch (thrown) {
    errors.push(thrown);
  } finally {
    await Promise.all(said);
    world.close();
  }
  const [error] = errors;
  return { entries: entries.filter(({ run }) => run === entries[0]?.run), all: entries, error };
}

/** Everything a person or a program reads of a run. */
function sinks(entries: readonly JournalEntry[], error: unknown): readonly (readonly [string, string])[] {
  const states = entries.map((_, index) => foldRun(entries.slice(0, index + 1)));
  const each = (
    lines: (entry: JournalEntry, state: NonNullable<ReturnType<typeof foldRun>>) => readonly string[],
  ) =>
    entries
      .flatMap((entry, index) => {
        const state = states[index];
        return state === undefined ? [] : lines(entry, state);
      })
      .join("\n");
  const now = new Date("2026-11-21T03:20:00Z");
  const last = states.at(-1);
  const withState = (lines: (state: NonNullable<typeof last>) => readonly string[]) =>
    last === undefined ? "" : lines(last).join("\n");
  // Errors are printed through the guard of the outputs, which the tests of real processes below cover.
  const failed =
    error === undefined
      ? ""
      : `${redactor.text(errorLines(screen, toOpsError(error), { nothingChanged: true }).join("\n"))}\n${JSON.stringify(redactor.value(error))}`;
  return [
    ["json", entries.map(entryLine).join("\n")],
    ["line mode", each((entry, state) => eventLines(screen, entry, state))],
    ["live, finished", each((entry, state) => finishedLines(screen, entry, state))],
    ["live, tail", each((_, state) => tailLines(screen, state, { now }))],
    ["timeline", renderTimeline(screen, entries).join("\n")],
    ["timeline --md", timelineMarkdown(entries)],
    ["plan", withState((state) => renderPlan(screen, state, { full: true }))],
    ["approval", withState((state) => renderApproval(screen, state, lena, now, now))],
    ["end", withState((state) => endLines(screen, state))],
    ["next", withState((state) => nextCommands(screen, state).map(({ command }) => command))],
    ["post-mortem", documents(entries)],
    ["error output", failed],
  ];
}

/** Everything that is made of a finished run's record to be taken away. */
function documents(entries: readonly JournalEntry[]): string {
  const chain = verifyChain(entries);
  const told = tellPostmortem(entries, chain);
  const evidence = evidenceOf(entries[0]?.run ?? "", { entries, chain }, [], (text) => redactor.text(text));
  return [
    ...(told === undefined
      ? []
      : [JSON.stringify(told.facts), reportMarkdown(told.report), reportHtml(told.report)]),
    JSON.stringify(evidence),
  ].join("\n");
}

const hits = (text: string): readonly string[] => leaks(text, ...Object.values(secrets));

function destinations(slackUrl: string, pagerUrl: string) {
  return [
    slackDestination(
      parseSlackBinding({ api: slackUrl, token: { env: "CANARY_SLACK" }, channel: "#incidents" }),
      timeless,
    ),
    pagerDutyDestination(
      parsePagerDutyBinding({
        events: pagerUrl,
        api: pagerUrl,
        routingKey: { env: "CANARY_ROUTING" },
        notes: { token: { env: "CANARY_PAGER" }, from: "ops@example.com" },
      }),
    ),
  ];
}

async function tell(journal: Journal, slackUrl: string, pagerUrl: string) {
  await drain(journal, "production", destinations(slackUrl, pagerUrl), timeless, "canary");
}

const timeless: Clock = { now: () => new Date("2026-11-21T04:00:00Z"), sleep: async () => undefined };

/** Says no, and sends back in its answer whatever it was sent. */
async function echoServer(): Promise<Server> {
  const server = createServer((asked, answer) => {
    let body = "";
    asked.setEncoding("utf8").on("data", (text: string) => (body += text));
    asked.on("end", () => {
      const said = `${JSON.stringify(asked.headers)} ${asked.url} ${body} ${Buffer.from(body).toString("base64")}`;
      answer.writeHead(400, { "content-type": "application/json" });
      answer.end(JSON.stringify({ ok: false, error: said, message: said }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

async function runProcess(script: string, args: readonly string[], state: string) {
  const env = {
    PATH: process.env["PATH"],
    HOME: state,
    OPS_STATE_DIR: state,
    OPS_ENVIRONMENTS: state,
    ...secrets,
  };
  const ran = promisify(execFile)(process.execPath, [script, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
  return ran.catch((error: unknown) => error as { stdout: string; stderr: string });
}
