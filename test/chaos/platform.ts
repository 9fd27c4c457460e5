/**
 * `npm run chaos -- --platform`: real reports through a platform of real processes, while workers, agents, APIs, Redis and PostgreSQL are
 * killed and the disk runs full, all from one seed, printed first. At the end every report that a client saw accepted is held to every
 * promise of the platform, down to the bytes of its documents.
 *
 *   npm run chaos -- --platform [--seed N] [--reports 60] [--seconds 45] [--workers 3] [--instances 1] [--small|--models] [--verify 12] [--record]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { rank } from "#platform/probe/figures.ts";
import { type ChaosResult, playPlatform } from "./platform-play.ts";

const { values: given } = parseArgs({
  options: {
    platform: { type: "boolean" },
    seed: { type: "string" },
    reports: { type: "string", default: "60" },
    seconds: { type: "string", default: "45" },
    workers: { type: "string", default: "3" },
    instances: { type: "string", default: "1" },
    verify: { type: "string", default: "12" },
    small: { type: "boolean", default: false },
    models: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const seed = Number(given.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
const lines: string[] = [];
const say = (text: string): void => {
  lines.push(text);
  process.stdout.write(`${text}\n`);
};

say(
  `seed ${seed}, ${given.reports} reports of ${given.small ? "small agents" : given.models ? "the real agents with language models" : "the real agents"}, ${given.seconds} s of faults`,
);
const folder = mkdtempSync(path.join(tmpdir(), "csrd-chaos-"));
try {
  const result = await playPlatform(
    {
      seed,
      folder,
      reports: Number(given.reports),
      lengthMs: Number(given.seconds) * 1_000,
      workers: Number(given.workers),
      instances: Number(given.instances),
      agents: given.small ? "small" : given.models ? "models" : "real",
      verify: Number(given.verify),
    },
    say,
  );
  tell(result);
  if (given.record) record();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tell(result: ChaosResult): void {
  const { broken, resumed, done, ends, refusals, tookMs } = result;
  say("");
  say(
    `faults: ${[...Map.groupBy(done, ({ kind }) => kind)].map(([kind, of]) => `${kind} ${of.length}`).join(", ")}`,
  );
  say(`reports: ${[...ends].map(([status, count]) => `${status} ${count}`).join(", ")}`);
  say(
    `attempts without a 202: ${[...refusals].map(([what, count]) => `${what} ${count}`).join(", ") || "none"}`,
  );
  const judged = resumed.filter(({ disturbed }) => !disturbed);
  const ranks = (of: readonly number[]): string =>
    [0, 0.25, 0.5, 0.75, 0.95, 1].map((at) => (rank(of, at) / 1_000).toFixed(1)).join(" ");
  say(`a dead worker's report went on after, in seconds (min, quarters, p95, max), ${judged.length} times:`);
  if (judged.length > 0) {
    say(`  by the clock                                      ${ranks(judged.map(({ ms }) => ms))}`);
    say(`  without the time in which what it needs was away  ${ranks(judged.map(({ netMs }) => netMs))}`);
  }
  say(`verified byte by byte: ${result.verified} reports`);
  say(
    `left by killed processes: ${result.drafts} drafts in reports' folders, ${result.orphans} folders of nobody`,
  );
  say(broken.length === 0 ? "every promise was kept" : `${broken.length} promises were broken:`);
  for (const one of broken.slice(0, 40)) say(`  ${one}`);
  say(
    `${(tookMs / 1_000).toFixed(0)} s; again: npm run chaos -- --platform --seed ${seed} --reports ${given.reports} --seconds ${given.seconds} --workers ${given.workers} --instances ${given.instances}${given.small ? " --small" : given.models ? " --models" : ""}`,
  );
  if (broken.length > 0) process.exitCode = 1;
}

function record(): void {
  const day = new Date().toISOString().slice(0, 10);
  const results = path.join(import.meta.dirname, "../../docs/results");
  mkdirSync(results, { recursive: true });
  writeFileSync(
    path.join(results, `chaos-platform-${day}.md`),
    [
      `# Chaos on the platform, ${day}`,
      "",
      `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.versions.node}; \`npm run chaos -- --platform\`.`,
      "",
      "Real processes (API, workers, agents, PostgreSQL, Redis) are killed by SIGKILL, stopped and started again, and the reports' disk runs full, while clients send reports. Each report that a client saw accepted is then held to every promise in `test/chaos/platform-invariants.ts`, and some of them byte by byte to a run that nothing disturbed.",
      "",
      "```",
      ...lines,
      "```",
      "",
    ].join("\n"),
  );
}
