import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { formatMs } from "#kit/duration.ts";
import { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { isSandboxUp, sandboxBreak, sandboxDown, sandboxInbox, sandboxStatus, sandboxUp } from "../client.ts";
import { startKeeper } from "../keeper.ts";
import { renderPagerDuty, renderSlack } from "../screens/inbox-pages.ts";
import { renderProgress } from "../screens/progress.ts";
import { seeAlert } from "./alarm.ts";
import { runCheck } from "./check.ts";
import { type CommandSetting, opsExpecting } from "./commands.ts";
import { lastWords, Stopped } from "./ending.ts";
import { solveIncident } from "./incident.ts";
import { openOutsideEye, type OutsideEye } from "./outside-eye.ts";
import { confirmReport, makeSampleReport } from "./sample-report.ts";
import { timesBeside } from "./times-beside.ts";
import { openStage, type Stage } from "./stage.ts";

/** Nothing in the demo takes this long; a machine on which it does gets a reason instead of a wait. */
const longestMs = 240_000;

const stage = openStage();
const began = performance.now();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Stopped(signal));
  });
const tooLong = setTimeout(() => stop.abort(new Stopped("time")), longestMs);

const state = mkdtempSync(path.join(tmpdir(), "csrd-demo-"));
chmodSync(state, 0o711);
const dir = path.join(state, "sandbox");
const keeper = startKeeper();
let eye: OutsideEye | undefined;

process.exitCode = await play().then(
  () => 0,
  (error: unknown) => failed(error),
);
clearTimeout(tooLong);
keeper.close();

async function play(): Promise<void> {
  const { signal } = stop;
  const setting: CommandSetting = {
    keeper,
    signal,
    env: {
      ...process.env,
      OPS_STATE_DIR: state,
      COLUMNS: String(stage.screen.columns),
      ...(stage.screen.color ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
    },
  };

  await startEverything(stage);
  const { url, apiKey, prometheus } = await whereThingsAre();
  const api = { url, key: apiKey, signal };

  stage.act("A real report is made");
  const report = await makeSampleReport(api, stage);

  stage.act("Something breaks");
  eye = openOutsideEye(url, signal);
  await eye.until((status) => status === 200);
  const brokenAt = Date.now();
  const { title } = await sandboxBreak(dir, "api-down");
  stage.say(title);
  stage.show("");
  const first = await eye.until((status) => status !== 200);
  const says = first.status === 0 ? "no answer" : `${first.status} instead of 200`;
  stage.line("failed", `users get ${says} from the load balancer`, `after ${formatMs(first.at - brokenAt)}`);
  if (prometheus === undefined)
    stage.line("skipped", "Prometheus is not installed here, so no alert is shown; the check sees the same");
  else await seeAlert(prometheus, "CSRDPlatformDown", brokenAt, stage, signal);
  await runCheck(setting, 3, stage);

  stage.act("Lena runs the runbook; Omar approves it from another process");
  const run = await solveIncident(setting, stage);
  await eye.until((status) => status === 200);

  stage.act("It is over: the same check, and the report from before");
  await runCheck(setting, 0, stage);
  await confirmReport(api, report);
  stage.line("done", `report ${report} is still there, complete`);
  const outage = eye.outageMs();
  stage.line("done", `users had no answer for ${formatMs(outage)}, measured five times a second`);

  stage.act("What it left behind");
  stage.command(`ops timeline ${run} --env sandbox`);
  await opsExpecting([0], ["timeline", run, "--env", "sandbox"], setting, show);
  const inbox = await sandboxInbox(dir);
  stage.command("ops sandbox inbox slack");
  stage.show(renderSlack(inbox.slack, stage.screen));
  stage.command("ops sandbox inbox pagerduty");
  stage.show(renderPagerDuty(inbox.pagerduty, stage.screen));
  if (inbox.slack.every(({ messages }) => messages.length === 0) || inbox.pagerduty.length === 0)
    throw new OpsError("sandbox-failed", {
      summary: "The run is not in Slack or not in PagerDuty.",
      hint: "Read the journal's outbox: ops timeline shows what is owed.",
    });

  stage.act("Everything stops");
  const stopped = await stopEverything();
  stage.line("done", `${stopped} processes ended, none is left`);
  rmSync(state, { recursive: true, force: true });
  stage.show("");
  stage.say(
    `The demo took ${formatMs(performance.now() - began)}. Practise by hand: npm run ops -- sandbox up`,
  );
}

async function startEverything({ screen }: Stage): Promise<void> {
  stage.title(
    "The platform goes down, and a runbook brings it back",
    "Real processes, a real report, a real outage. Only AWS, Slack and PagerDuty are stand-ins, spoken to in their own protocols by the same adapters as in production.",
  );
  stage.act("A practice production starts");
  const from = performance.now();
  await sandboxUp({
    dir,
    lifetime: "attached",
    signal: stop.signal,
    onMessage: (message) => {
      for (const line of renderProgress(message, screen)) stage.show(line);
    },
  });
  const { rows } = await sandboxStatus(dir);
  const processes = rows.filter(({ inside }) => inside !== true).length;
  stage.show("");
  stage.say(`${processes} processes are up after ${formatMs(performance.now() - from)}.`);
  stage.say(timesBeside());
}

/** Address, key and Prometheus, from the files that the practice production wrote. */
async function whereThingsAre() {
  const file = EnvironmentFile.parse(parse(readFileSync(path.join(dir, "environment.yaml"), "utf8")));
  const [api] = file.services;
  if (api === undefined) throw new TypeError("the environment has no service");
  const { rows } = await sandboxStatus(dir);
  const port = rows.find(({ name }) => name === "prometheus")?.port;
  return {
    url: api.url,
    apiKey: readFileSync(path.join(dir, "secrets", "api-key"), "utf8").trim(),
    prometheus: port === undefined ? undefined : `http://127.0.0.1:${port}`,
  };
}

function show(text: string): void {
  process.stdout.write(text);
}

async function stopEverything(): Promise<number> {
  await eye?.close();
  const { rows } = await sandboxStatus(dir);
  await sandboxDown(dir);
  return rows.filter(({ inside }) => inside !== true).length + 1;
}

/** Stops everything, says why it failed, and gives back the exit status. After a failure the state folder stays, because its logs tell more. */
async function failed(thrown: unknown): Promise<number> {
  // What was going on when it was ended complains in its own words; the reason is the signal's.
  const error = stop.signal.aborted ? stop.signal.reason : thrown;
  stop.abort(error);
  await eye?.close();
  await endWhatIsUp();
  const { text, code } = lastWords(error, dir);
  if (error instanceof Stopped) rmSync(state, { recursive: true, force: true });
  process.stdout.write("\n");
  process.stderr.write(`${text}\n`);
  return code;
}

async function endWhatIsUp(): Promise<void> {
  try {
    if (isSandboxUp(dir)) await sandboxDown(dir);
  } catch {
    // Its supervisor is attached to this process and ends with it in any case.
  }
}
