import { momentText } from "../freeze.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { roughly } from "./times.ts";
import { clean, hang } from "./width.ts";

/** A freeze, or one opening of a maintenance window, as it is shown. */
export type CalendarSpan = {
  readonly kind: "freeze" | "window";
  readonly name: string;
  readonly because: string;
  readonly zone: string;
  readonly from: Date;
  readonly to: Date;
  readonly lets: readonly string[];
};

/** Freezes that are in force or to come, then the next openings of maintenance windows. */
export function renderFreezes(screen: Screen, spans: readonly CalendarSpan[], now: Date): readonly string[] {
  const freezes = spans.filter(({ kind }) => kind === "freeze");
  const windows = spans.filter(({ kind }) => kind === "window");
  return [
    ...(freezes.length === 0 ? hang(screen, mark(screen, "done"), "No freeze is planned here.") : []),
    ...freezes.flatMap((span) => lines(screen, span, now)),
    ...(windows.length === 0
      ? hang(screen, mark(screen, "next"), "No maintenance window is planned here.")
      : []),
    ...windows.flatMap((span) => lines(screen, span, now)),
  ];
}

/** Where a span stands now, in a word. */
function standing({ kind, from }: CalendarSpan, now: Date): string {
  if (from <= now) return kind === "freeze" ? "in force" : "open";
  return "to come";
}

function lines(screen: Screen, span: CalendarSpan, now: Date): readonly string[] {
  const { kind, name, because, zone, from, to, lets } = span;
  const isOn = from <= now;
  const when = isOn
    ? `${standing(span, now)} until ${momentText(to, zone)}, for another ${roughly(to.getTime() - now.getTime())}`
    : `${momentText(from, zone)} to ${momentText(to, zone)}, in ${roughly(from.getTime() - now.getTime())}`;
  const pass = lets.length === 0 ? "" : `; ${lets.join(" and ")} act all the same`;
  const shape = !isOn ? "next" : kind === "freeze" ? "waiting" : "done";
  return hang(
    screen,
    mark(screen, shape),
    `${kind === "freeze" ? "Freeze" : "Window"} "${clean(name, 80)}": ${when}${pass}${because === "" ? "" : `. ${clean(because, 200)}`}`,
  );
}

/** The same as facts for programs. */
export function freezeFacts(spans: readonly CalendarSpan[], now: Date) {
  return spans.map((span) => ({
    ...span,
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    state: standing(span, now),
  }));
}

/** The same for pipes. */
export function freezesTsv(
  spans: readonly CalendarSpan[],
  now: Date,
  withHeader: boolean,
): readonly string[] {
  return tsv(
    ["kind", "name", "state", "from", "to", "zone", "lets", "because"],
    spans.map((span) => [
      span.kind,
      span.name,
      standing(span, now),
      span.from.toISOString(),
      span.to.toISOString(),
      span.zone,
      span.lets.join(","),
      span.because,
    ]),
    withHeader,
  );
}
