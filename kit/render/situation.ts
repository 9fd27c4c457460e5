import { stillMissing } from "../consent.ts";
import type { Health } from "../check.ts";
import type { RunState } from "../fold.ts";
import type { Identity } from "../identity.ts";
import type { LockRow, RunRow } from "../journal.ts";
import { nobodySince } from "./alive.ts";
import { opsCommand } from "./command.ts";
import { band, type Place } from "./environment.ts";
import { lockSentence } from "./locks.ts";
import { paint } from "./palette.ts";
import { renderRuns } from "./runs.ts";
import { inset, type Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { ago, clockMinute, clockTime, roughly } from "./times.ts";
import { clean, hang } from "./width.ts";

/** Something that was asked for and may not have answered in its time. */
export type Answered<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string };

/** What an alert's own check was last seen to say. */
export type AlertLooked = {
  readonly name: string;
  readonly title: string;
  /** When it was looked at, ISO. */
  readonly at: string;
  readonly health: Health;
  /** The runbook that answers it. */
  readonly runbook?: string;
};

/** A run that has not ended, with where it stands. */
export type OpenRun = { readonly row: RunRow; readonly state: RunState };

/** What this machine's journal knows. */
export type Record = {
  readonly open: readonly OpenRun[];
  /** Ended runs, newest first. */
  readonly ended: readonly RunRow[];
  readonly locks: readonly LockRow[];
  /** Destinations that have not been told everything, and since which runs. */
  readonly owed: readonly {
    readonly destination: string;
    readonly runs: readonly string[];
    readonly why?: string;
  }[];
  /** Runs behind broken glass that nobody has reviewed. */
  readonly unreviewed: readonly { readonly run: string; readonly by: string; readonly reason: string }[];
};

/** What `ops` alone knows without asking anybody. */
export type Situation = {
  readonly place: Place | undefined;
  /** Why there is no environment, when there is none. */
  readonly noPlace?: string;
  readonly you: Identity;
  readonly approvers: readonly string[];
  readonly record: Answered<Record>;
  /** As last seen; empty when this machine never looked. */
  readonly looked: readonly AlertLooked[];
  /** What cannot run here and why, as last examined. */
  readonly notReady?: NotReady;
};

/** Runbooks that were found not to be able to run here, among how many, and why the first is not. */
export type NotReady = {
  readonly at: string;
  readonly of: number;
  readonly runbooks: readonly string[];
  readonly because: string;
};

/** How much is shown when everything does not fit. */
type Detail = { readonly open: number; readonly alerts: number; readonly last: number };

const details: readonly Detail[] = [
  { open: 3, alerts: 4, last: 2 },
  { open: 3, alerts: 2, last: 1 },
  { open: 2, alerts: 2, last: 0 },
  { open: 1, alerts: 1, last: 0 },
];

/** Longest situation report; a window of this many rows shows it whole. */
const most = 24;
/** What a look that follows may add, so that both fit one window. */
const lookLines = 8;

/**
 * The situation: open runs and whom they wait for, what was last seen to be wrong, what is owed, how to find a runbook. At most
 * 24 lines where they are at least 60 cells wide; what does not fit is counted. Pure, and nothing in it is older than it says.
 */
export function renderSituation(
  screen: Screen,
  situation: Situation,
  now: Date,
  options: { readonly lookFollows?: boolean } = {},
): readonly string[] {
  const limit = most - (options.lookFollows === true ? lookLines : 0);
  let lines: readonly string[] = [];
  for (const detail of details) {
    lines = sections(screen, situation, now, detail, options.lookFollows === true);
    if (lines.length <= limit) return lines;
  }
  return lines;
}

/** What a look just saw, to follow the report: at most eight lines. */
export function renderLook(screen: Screen, looked: readonly AlertLooked[], now: Date): readonly string[] {
  let lines: readonly string[] = [];
  for (const count of [3, 2, 1]) {
    lines = [
      `${paint(screen, "strong", "Alerts")}  looked at ${clockTime(now.toISOString())} UTC`,
      ...indent(alertLines(inset(screen, 2), looked, count)),
    ];
    if (lines.length <= lookLines) return lines;
  }
  return lines;
}

function sections(
  screen: Screen,
  situation: Situation,
  now: Date,
  detail: Detail,
  lookFollows: boolean,
): readonly string[] {
  const { place, record, you, looked, notReady } = situation;
  const right = `you: ${clean(you.name, 30)}   ${clockMinute(now.toISOString())} UTC`;
  const inner = inset(screen, 2);
  const heading = (word: string, more = "") => `${paint(screen, "strong", word)}${more}`;
  return [
    ...(place === undefined
      ? hang(screen, mark(screen, "waiting"), clean(situation.noPlace ?? "No environment is chosen.", 400))
      : band(screen, place, right)),
    "",
    heading("Now"),
    ...(record.known
      ? indent(nowLines(inner, situation, record.value, now, detail.open))
      : indent(
          hang(inner, mark(screen, "unknown"), `the record did not answer: ${clean(record.reason, 200)}`),
        )),
    ...(place === undefined ? [] : alertSection(screen, looked, now, detail.alerts, lookFollows)),
    ...(record.known && record.value.ended.length > 0 && detail.last > 0
      ? [heading("Last"), ...indent(lastLines(inner, record.value.ended.slice(0, detail.last)))]
      : []),
    ...(notReady === undefined ? [] : indent(notReadyLines(inner, notReady, now))),
    "",
    ...footer(screen),
  ];
}

function notReadyLines(
  screen: Screen,
  { at, of, runbooks, because }: NotReady,
  now: Date,
): readonly string[] {
  const which = runbooks.slice(0, 3).map((runbook) => clean(runbook, 40));
  const more = runbooks.length > which.length ? ` and ${runbooks.length - which.length} more` : "";
  const text = `${runbooks.length} of ${of} runbooks cannot run here (${which.join(", ")}${more}): ${clean(because, 120)}; examined ${ago(at, now)}, ${opsCommand(screen, "doctor")}`;
  return hang(screen, mark(screen, "stale"), text);
}

/** Open runs with what they wait for and the one command that goes on; then what is left over from others. */
function nowLines(
  screen: Screen,
  situation: Situation,
  record: Record,
  now: Date,
  count: number,
): readonly string[] {
  const { open, locks, owed, unreviewed } = record;
  const running = new Set(open.map(({ row }) => row.run));
  const shown = open.slice(0, count);
  const lines = [
    ...shown.flatMap((one) => openLines(screen, one, situation.approvers, now)),
    ...(open.length > shown.length
      ? [`${open.length - shown.length} more: ${opsCommand({ ...screen, suffix: "" }, "runs", "--open")}`]
      : []),
    ...locks
      .filter((lock) => !running.has(lock.run))
      .slice(0, 2)
      .flatMap((lock) =>
        hang(
          screen,
          mark(screen, lock.state === "held" ? "running" : "stale"),
          `lock ${lockSentence(lock, now)}`,
        ),
      ),
    ...unreviewed
      .slice(0, 2)
      .flatMap(({ run, by, reason }) =>
        hang(
          screen,
          mark(screen, "waiting"),
          `${run} waits for a review: ${clean(by, 40)} broke the glass, because: ${clean(reason, 120)}`,
        ),
      ),
    ...owed.flatMap(({ destination, runs, why }) =>
      hang(
        screen,
        mark(screen, "waiting"),
        `${clean(destination, 60)} was not told everything of ${runs.slice(0, 3).join(", ")}${runs.length > 3 ? ` and ${runs.length - 3} more` : ""}${why === undefined ? "" : `: ${clean(why, 120)}`}`,
      ),
    ),
  ];
  return lines.length === 0 ? ["nothing runs"] : lines;
}

function openLines(
  screen: Screen,
  { row, state }: OpenRun,
  approvers: readonly string[],
  now: Date,
): readonly string[] {
  const { alive } = row;
  const approving = state.phase === "waiting" && state.need !== undefined && mayStillApprove(state, now);
  const shape = approving ? "waiting" : alive ? "running" : "stale";
  const verb = approving ? "approve" : alive ? "attach" : "resume";
  const head = `${mark(screen, shape)}${row.run}  ${paint(screen, "strong", clean(row.runbook, 40))}  `;
  return [
    ...hang(screen, head, whereItStands(row, state, approvers, alive, now)),
    `   ${paint(screen, "command", opsCommand(screen, verb, row.run))}`,
  ];
}

/** False once enough said yes, or nobody did in time: then there is nothing to approve any more. */
function mayStillApprove(state: RunState, now: Date): boolean {
  return stillMissing(state) > 0 && now.getTime() < Date.parse(state.approvalAsked?.expiresAt ?? "");
}

/** Where an open run stands and whom it waits for, in one clause. */
function whereItStands(
  row: RunRow,
  state: RunState,
  approvers: readonly string[],
  alive: boolean,
  now: Date,
): string {
  const { need, approvalAsked } = state;
  if (state.phase === "waiting" && need !== undefined && approvalAsked !== undefined) {
    const given = state.approvals.map(({ by }) => by.name);
    const missing = stillMissing(state);
    const asked = approvers.filter(
      (name) => !given.includes(name) && (need.requesterMay || name !== state.askedBy.name),
    );
    const whom =
      asked.length === 0 ? "nobody may approve here" : asked.map((name) => clean(name, 30)).join(", ");
    if (missing > 0 && now.getTime() >= Date.parse(approvalAsked.expiresAt))
      return `nobody approved by ${clockMinute(approvalAsked.expiresAt)}, so nothing will be done${alive ? "" : "; resuming closes it"}`;
    if (missing <= 0) return `approved; ${alive ? "goes on" : "nobody drives it"}`;
    return `waits ${roughly(now.getTime() - Date.parse(approvalAsked.at))} for ${missing === 1 ? "an approval" : `${missing} approvals`} (${whom}), until ${clockMinute(approvalAsked.expiresAt)}${alive ? "" : "; nobody drives it, so resume it then"}`;
  }
  if (state.child !== undefined && state.child.ended === undefined)
    return `handed over to ${clean(state.child.runbook, 40)}, ${state.child.run}, and goes on when that is over`;
  const at = state.steps.findIndex(
    (one) => one.state === "running" || one.state === "waiting" || one.state === "unknown",
  );
  const step = state.steps[at];
  const where =
    step === undefined
      ? state.phase
      : `step ${at + 1} of ${state.steps.length}, ${clean(step.title, 100)}${step.state === "waiting" ? ", waits for a person or a signal" : ""}`;
  if (alive) return `${where}; last entry ${ago(state.lastAt, now)}`;
  return `${nobodySince(row) ?? "nobody works on it"}; it stopped at ${where}`;
}

function lastLines(screen: Screen, rows: readonly RunRow[]): readonly string[] {
  return renderRuns(
    screen,
    rows.map((row) => ({ row, phase: "ended" })),
  );
}

function alertSection(
  screen: Screen,
  looked: readonly AlertLooked[],
  now: Date,
  count: number,
  lookFollows: boolean,
): readonly string[] {
  const heading = paint(screen, "strong", "Alerts");
  const [oldest] = looked.map(({ at }) => at).sort();
  if (oldest === undefined) {
    if (lookFollows) return [];
    return [
      heading,
      ...indent(hang(inset(screen, 2), mark(screen, "unknown"), "never looked at from here")),
      `     ${paint(screen, "command", opsCommand(screen, "--look"))}`,
    ];
  }
  const age = `${heading}  as last looked at, ${ago(oldest, now)}${dated(oldest, now)}`;
  return [
    age,
    ...indent(
      lookFollows ? [alertSum(inset(screen, 2), looked)] : alertLines(inset(screen, 2), looked, count),
    ),
  ];
}

/** The instant itself beside its age, once the clock alone would mislead. */
function dated(at: string, now: Date): string {
  const today = at.slice(0, 10) === now.toISOString().slice(0, 10);
  return ` (${today ? "" : `${at.slice(0, 10)} `}${clockMinute(at)})`;
}

function alertSum(screen: Screen, looked: readonly AlertLooked[]): string {
  const bad = looked.filter(({ health }) => health.state !== "healthy");
  if (bad.length === 0) return `${mark(screen, "done")}${looked.length} looked at, all quiet`;
  const known = bad.some(({ health }) => health.state !== "unknown");
  return `${mark(screen, known ? "failed" : "unknown")}${bad.length} of ${looked.length} were not healthy`;
}

function alertLines(screen: Screen, looked: readonly AlertLooked[], count: number): readonly string[] {
  const loud = looked
    .filter(({ health }) => health.state !== "healthy")
    .sort((a, b) => Number(a.health.state === "unknown") - Number(b.health.state === "unknown"));
  if (loud.length === 0) return [alertSum(screen, looked)];
  const shown = loud.slice(0, count);
  const commands = new Set<string>();
  const lines = shown.flatMap(({ title, health, runbook }) => {
    const firing = health.state !== "unknown";
    const command = firing && runbook !== undefined && !commands.has(runbook) ? runbook : undefined;
    if (command !== undefined) commands.add(command);
    return [
      ...hang(
        screen,
        mark(screen, firing ? "failed" : "unknown"),
        `${clean(title, 100)}: ${firing ? "" : "not known, "}${clean(health.says, 120)}`,
      ),
      ...(command === undefined
        ? []
        : [`   ${paint(screen, "command", opsCommand(screen, "plan", command))}`]),
    ];
  });
  const hidden = loud.length - shown.length;
  const quiet = looked.length - loud.length;
  return [
    ...lines,
    ...(hidden > 0 ? [`${hidden} more: ${opsCommand(screen, "check", "--all")}`] : []),
    ...(quiet > 0 ? [`${mark(screen, "done")}${quiet} more, quiet`] : []),
  ];
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function footer(screen: Screen): readonly string[] {
  const parts = [
    `Find: ${opsCommand({ ...screen, suffix: "" }, "list")} <words>`,
    "Everything: ops list",
    "Help: ops help",
  ];
  return screen.columns < 72 ? parts : [parts.join("    ")];
}
