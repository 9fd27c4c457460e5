import { paint } from "#kit/render/palette.ts";
import { type Screen, textColumns } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clockTime } from "#kit/render/times.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { Inbox } from "../inbox.ts";

type Channel = Inbox["slack"][number];
type Incident = Inbox["pagerduty"][number];

/** The practice workspace's channels as a person sees them: each message with its thread beneath. */
export function renderSlack(channels: Inbox["slack"], screen: Screen): string {
  const lines = channels.flatMap((channel) => [
    rule(screen, `#${channel.name}`),
    ...(channel.messages.length === 0 ? ["   No messages."] : messagesOf(channel, screen)),
  ]);
  return lines.join("\n");
}

/** The practice service's incidents as a person sees them: title and state, what happened to them, notes. */
export function renderPagerDuty(incidents: Inbox["pagerduty"], screen: Screen): string {
  const lines = [
    rule(screen, "PagerDuty, service csrd"),
    ...(incidents.length === 0 ? ["   No incidents."] : incidents.flatMap((one) => incidentOf(one, screen))),
  ];
  return lines.join("\n");
}

function messagesOf(channel: Channel, screen: Screen): readonly string[] {
  return channel.messages.flatMap((message) => [
    ...message.shown.split("\n").flatMap((line) => hang(screen, "   ", clean(line, 3_000))),
    paint(
      screen,
      "muted",
      `   ops, ${slackTime(message.ts)}${message.edits === 0 ? "" : `, updated in place ${message.edits} times`}`,
    ),
    ...message.replies.flatMap((reply) => {
      const [first = "", ...rest] = reply.shown.split("\n");
      return [
        ...hang(screen, `   ${edge(screen)} ${slackTime(reply.ts)}  `, clean(first, 3_000)),
        ...rest.flatMap((line) => hang(screen, `   ${edge(screen)}           `, clean(line, 3_000))),
      ];
    }),
  ]);
}

function incidentOf(incident: Incident, screen: Screen): readonly string[] {
  const look = { triggered: "failed", acknowledged: "waiting", resolved: "done" } as const;
  const title = `#${incident.number} ${clean(incident.title)}`;
  return [
    ...hang(screen, mark(screen, look[incident.status]), title, "strong"),
    ...hang(screen, "   ", `${incident.status}, ${incident.severity}`, "muted"),
    ...incident.log
      .filter(({ type }) => !type.startsWith("annotate"))
      .flatMap(({ at, summary }) =>
        hang(screen, `   ${edge(screen)} ${clockTime(at)}  `, clean(summary, 3_000)),
      ),
    ...incident.notes.flatMap(({ at, content }) =>
      content
        .split("\n")
        .flatMap((line, index) =>
          hang(
            screen,
            `   ${edge(screen)} ${index === 0 ? clockTime(at) : "        "}  `,
            clean(line, 3_000),
          ),
        ),
    ),
  ];
}

function slackTime(ts: string): string {
  return clockTime(new Date(Number(ts) * 1_000).toISOString());
}

function edge(screen: Screen): string {
  return paint(screen, "muted", screen.ascii ? "|" : "│");
}

function rule(screen: Screen, title: string): string {
  const line = screen.ascii ? "-" : "─";
  const columns = Math.min(textColumns(screen), 80);
  return `${paint(screen, "strong", title)} ${paint(screen, "muted", line.repeat(Math.max(0, columns - title.length - 1)))}`;
}
