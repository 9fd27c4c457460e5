import { formatMs, toMs } from "../duration.ts";
import type { AnyAction } from "../action.ts";
import type { Probe, Runbook } from "../runbook.ts";
import type { AnyWatch } from "../watch.ts";
import { opsCommand, suggestionLines } from "./command.ts";
import { paint } from "./palette.ts";
import { paramFacts } from "./params.ts";
import type { Screen } from "./screen.ts";
import { riskWord } from "./states.ts";
import { clean, hang, labelled, withRight } from "./width.ts";

/** What a place adds to a runbook's page. */
export type ShowContext = {
  readonly readiness: string;
  /** Who must agree here, per risk; undefined where no environment was chosen. */
  readonly approvals?: Readonly<Record<string, string>>;
};

/** Questions of a runbook, required ones first. */
export function questionsOf(
  runbook: Runbook,
): readonly { readonly name: string; readonly ask: string; readonly optional: boolean }[] {
  const list = (probes: Readonly<Record<string, Probe<unknown, unknown>>> | undefined, optional: boolean) =>
    Object.entries(probes ?? {}).map(([name, probe]) => ({ name, ask: probe.ask, optional }));
  return [
    ...list(runbook.diagnose as Readonly<Record<string, Probe<unknown, unknown>>>, false),
    ...list(runbook.optional as Readonly<Record<string, Probe<unknown, unknown>>> | undefined, true),
  ];
}

/** Actions of a runbook by name. */
export function actionsOf(runbook: Runbook): readonly (readonly [string, AnyAction])[] {
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  return Object.entries(actions);
}

/** Watches of a runbook by name. */
export function watchesOf(runbook: Runbook): readonly (readonly [string, AnyWatch])[] {
  const watches: Readonly<Record<string, AnyWatch>> = runbook.watches ?? {};
  return Object.entries(watches);
}

/** A runbook's page for a terminal: when it is the right one, what it looks at, what it may do, how it proves success. */
export function renderShow(screen: Screen, runbook: Runbook, context: ShowContext): readonly string[] {
  const title = (text: string) => ["", paint(screen, "strong", text)];
  const bullets = (items: readonly string[]) =>
    items.flatMap((item) => hang(screen, "  - ", clean(item, 400)));
  const params = paramFacts(runbook);
  return [
    `${paint(screen, "strong", runbook.id)}  ${runbook.severity}`,
    ...hang(screen, "", clean(runbook.title, 200)),
    ...hang(screen, "", clean(runbook.summary, 600)),
    "",
    ...labelled(screen, "Here", clean(context.readiness, 600)),
    ...labelled(screen, "Owner", clean(runbook.owner, 80)),
    ...labelled(
      screen,
      "Alerts",
      runbook.trigger.map((alert) => alert.name).join(", ") || "none; a person starts it",
    ),
    ...labelled(screen, "Lock", `${runbook.lock}: nothing else works on it meanwhile`),
    ...labelled(screen, "Time", `at most ${formatMs(toMs(runbook.within))}, waiting for people not counted`),
    ...title("Symptoms"),
    ...bullets(runbook.symptoms),
    ...title("What it looks at (changes nothing)"),
    ...questionsOf(runbook).flatMap(({ ask, optional }) =>
      hang(screen, "  - ", `${clean(ask)}${optional ? " (helps; not needed)" : ""}`),
    ),
    ...title("What it may do, after approval"),
    ...actionsOf(runbook).flatMap(([, action]) => actionLines(screen, action, context)),
    ...watchesOf(runbook).flatMap(([, watch], index) => [
      ...(index === 0 ? title("What it may watch before it goes on") : []),
      ...hang(
        screen,
        "  - ",
        `${clean(watch.title, 200)}, every ${watch.every}, at most ${watch.within}: fails → what was done is taken back; unclear → it waits for a person`,
      ),
    ]),
    ...title("How it proves success"),
    ...runbook.verify.flatMap(({ check }) =>
      hang(screen, "  - ", `${clean(check.title, 200)} (${check.id})`),
    ),
    ...title("Parameters"),
    ...(params.length === 0
      ? ["  none"]
      : params.flatMap(({ name, kind, about, fallback }) =>
          hang(
            screen,
            "  ",
            `--${name}  ${clean(about, 300)} (${kind}${fallback === undefined ? ", must be given" : `, else ${fallback}`})`,
          ),
        )),
    ...title("Afterwards"),
    ...bullets(runbook.afterwards),
    ...title("Next"),
    ...suggestionLines(screen, [
      { command: opsCommand(screen, "plan", runbook.id), effect: "looks and plans; changes nothing" },
      { command: opsCommand(screen, "run", runbook.id), effect: "the same, then asks for approval" },
    ]),
  ];
}

function actionLines(screen: Screen, action: AnyAction, { approvals }: ShowContext): readonly string[] {
  const undo = action.undo !== undefined || action.risk === "safe" ? "" : "cannot be undone";
  const need = approvals?.[action.risk];
  return [
    ...withRight(
      screen,
      hang(screen, `  ${riskWord(screen, action.risk, 11)}  `, clean(action.title, 200)),
      undo,
      "waiting",
    ),
    ...(need === undefined ? [] : hang(screen, " ".repeat(15), `approval: ${clean(need, 160)}`, "muted")),
    ...(action.wordOf === undefined
      ? []
      : hang(screen, " ".repeat(15), `with the word of somebody who answers for ${action.wordOf}`, "muted")),
  ];
}
