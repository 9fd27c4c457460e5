import { paint, plainly } from "#kit/render/palette.ts";
import { type Screen, textColumns } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clockTime } from "#kit/render/times.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { Inbox } from "../inbox.ts";
import { withMarks, withShapes } from "./slack-text.ts";

type Message = Inbox["slack"][number]["messages"][number];
type Incident = Inbox["pagerduty"][number];

/** The practice workspace's channels as a person sees them: each message with its thread beneath. */
export function renderSlack(channels: Inbox["slack"], screen: Screen): string {
  const lines = channels.flatMap(({ name, messages }) => [
    rule(screen, `Slack, #${name}`),
    ...(messages.length === 0
      ? ["   No messages."]
      : messages.flatMap((message) => messageOf(message, screen))),
  ]);
  return lines.join("\n");
}

/** The practice service's incidents as a person sees them: title and state, then what happened to them and what was noted. */
export function renderPagerDuty(incidents: Inbox["pagerduty"], screen: Screen): string {
  const lines = [
    rule(screen, "PagerDuty, service csrd"),
    ...(incidents.length === 0 ? ["   No incidents."] : incidents.flatMap((one) => incidentOf(one, screen))),
  ];
  return lines.join("\n");
}

function messageOf({ ts, shown, edits, replies }: Message, screen: Screen): readonly string[] {
  const posted = clockTime(new Date(Number(ts) * 1_000).toISOString());
  const edited = edits === 0 ? "" : `, updated in place ${counted(edits, "time", "times")}`;
  return [
    ...shown.split("\n").flatMap((line) => slackLines(screen, "   ", line)),
    paint(
      screen,
      "muted",
      `   posted ${posted}${edited}; ${counted(replies.length, "reply", "replies")} in its thread`,
    ),
    ...replies.flatMap((reply) => [
      `   ${edge(screen)}`,
      ...reply.shown.split("\n").flatMap((line) => slackLines(screen, `   ${edge(screen)} `, line)),
    ]),
  ];
}

/** One line of a message, wrapped under itself behind the same edge. */
function slackLines(screen: Screen, before: string, line: string): readonly string[] {
  const text = withShapes(screen, clean(line, 3_000));
  return behind(screen, before, text).map((wrapped) => withMarks(screen, wrapped));
}

function incidentOf(incident: Incident, screen: Screen): readonly string[] {
  const look = { triggered: "failed", acknowledged: "waiting", resolved: "done" } as const;
  const entries = [
    ...incident.log
      .filter(({ type }) => !type.startsWith("annotate"))
      .map(({ at, summary }) => ({ at, lines: [summary] })),
    ...incident.notes.map(({ at, content }) => ({ at, lines: content.split("\n") })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  return [
    ...hang(
      screen,
      mark(screen, look[incident.status]),
      `#${incident.number} ${clean(incident.title)}`,
      "strong",
    ),
    ...hang(screen, "   ", `${incident.status}, ${incident.severity}`, "muted"),
    ...entries.flatMap(({ at, lines }) =>
      lines.flatMap((line, index) => {
        const time = index === 0 ? clockTime(at) : "        ";
        return hang(screen, `   ${edge(screen)} ${paint(screen, "muted", time)}  `, clean(line, 3_000));
      }),
    ),
  ];
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Text wrapped so that every line stands behind the same first part. */
function behind(screen: Screen, before: string, text: string): readonly string[] {
  const [first = before, ...rest] = hang(screen, before, text);
  return [first, ...rest.map((line) => `${before}${line.trimStart()}`)];
}

function edge(screen: Screen): string {
  return paint(screen, "muted", screen.ascii ? "|" : "│");
}

function rule(screen: Screen, title: string): string {
  const columns = Math.min(textColumns(screen), 80);
  const line = plainly(screen, "─".repeat(Math.max(0, columns - title.length - 1)));
  return `${paint(screen, "strong", title)} ${paint(screen, "muted", line)}`;
}
