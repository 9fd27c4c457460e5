import { formatMs } from "../duration.ts";
import { timeKinds } from "../postmortem/time.ts";
import type { VitalSeries } from "../postmortem/series.ts";
import type { Block, PictureStep } from "./report.ts";
import { escaped } from "./escaped.ts";
import { clockTime } from "./times.ts";

const width = 960;
const left = 190;
const right = 90;
const rowHeight = 24;
const barHeight = 14;
const curveHeight = 44;

/** The time of a run as bars per kind and per step, with the vital signs beneath on the same axis. Everything in it also stands in tables. */
export function pictureSvg({ split, vitals, steps }: Extract<Block, { kind: "picture" }>): string {
  const from = Date.parse(split.from);
  const total = Math.max(1, split.totalMs);
  const scale = (width - left - right) / total;
  const x = (at: string) => left + Math.min(total, Math.max(0, Date.parse(at) - from)) * scale;
  const kinds = timeKinds.filter((kind) => split.parts[kind] > 0);
  const curves = vitals.filter(({ samples }) => samples.length > 0);
  const shown = steps.slice(0, 24);

  let y = 28;
  const parts: string[] = [];
  for (const kind of kinds) {
    const bars = split.spans.filter((span) => span.kind === kind);
    parts.push(
      label(kind, y),
      ...bars.map((span) =>
        bar(x(span.from), x(span.to), y, kind, `${kind}: ${span.what}, ${formatMs(span.ms)}`),
      ),
      measure(formatMs(split.parts[kind]), y),
    );
    y += rowHeight;
  }
  if (shown.length > 0) {
    y += 8;
    for (const step of shown) {
      parts.push(label(short(step.title), y), stepBar(step, x, y), measure(step.state, y));
      y += rowHeight;
    }
    if (steps.length > shown.length) {
      parts.push(label(`and ${steps.length - shown.length} more steps`, y));
      y += rowHeight;
    }
  }
  for (const vital of curves) {
    y += 8;
    parts.push(curve(vital, x, y));
    y += curveHeight;
  }
  const height = y + 8;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(summary(kinds, split))}" xmlns="http://www.w3.org/2000/svg">
${axis(split, x, height)}
${parts.join("\n")}
</svg>`;
}

function summary(
  kinds: readonly (typeof timeKinds)[number][],
  split: { readonly parts: Readonly<Record<string, number>> },
): string {
  return kinds.map((kind) => `${kind} ${formatMs(split.parts[kind] ?? 0)}`).join(", ");
}

function axis(
  split: { readonly from: string; readonly totalMs: number },
  x: (at: string) => number,
  height: number,
): string {
  const from = Date.parse(split.from);
  return [0, 0.25, 0.5, 0.75, 1]
    .map((share) => {
      const at = new Date(from + Math.round(split.totalMs * share)).toISOString();
      const where = round(x(at));
      const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
      return `<line class="rule" x1="${where}" x2="${where}" y1="18" y2="${height - 4}"/><text class="quiet" x="${where}" y="12" text-anchor="${anchor}">${clockTime(at)}</text>`;
    })
    .join("\n");
}

function label(text: string, y: number): string {
  return `<text x="0" y="${y + 11}">${escaped(text)}</text>`;
}

function measure(text: string, y: number): string {
  return `<text class="quiet" x="${width}" y="${y + 11}" text-anchor="end">${escaped(text)}</text>`;
}

/** A bar, never thinner than can be seen: what happened is shown even when it took no time. */
function bar(from: number, to: number, y: number, style: string, title: string): string {
  return `<rect class="${style}" x="${round(from)}" y="${y}" width="${round(Math.max(2, to - from))}" height="${barHeight}" rx="2"><title>${escaped(title)}</title></rect>`;
}

function stepBar(step: PictureStep, x: (at: string) => number, y: number): string {
  return bar(x(step.from), x(step.to), y, step.state, `${step.title}: ${step.state}`);
}

function curve(vital: VitalSeries, x: (at: string) => number, y: number): string {
  const values = vital.samples.map(({ value }) => value);
  const top = Math.max(vital.of ?? 0, vital.floor ?? 0, ...values, 0);
  const bottom = Math.min(0, ...values);
  const span = top - bottom || 1;
  const at = (value: number) => round(y + curveHeight - 8 - ((value - bottom) / span) * (curveHeight - 12));
  const points = vital.samples.map((sample) => ({ x: round(x(sample.at)), y: at(sample.value) }));
  const last = values.at(-1) ?? 0;
  const unit = vital.unit ?? "";
  return [
    label(short(vital.label), y + 10),
    `<text class="quiet" x="0" y="${y + 36}">${escaped(limits(vital))}</text>`,
    ...(vital.floor === undefined || vital.floor <= bottom
      ? []
      : [
          `<line class="floor" x1="${left}" x2="${width - right}" y1="${at(vital.floor)}" y2="${at(vital.floor)}"/>`,
        ]),
    `<polyline class="curve" points="${points.map((point) => `${point.x},${point.y}`).join(" ")}"/>`,
    ...points.map((point) => `<circle class="dot" cx="${point.x}" cy="${point.y}" r="2.5"/>`),
    measure(`${number(last)}${unit}${vital.of === undefined ? "" : ` of ${number(vital.of)}`}`, y + 10),
  ].join("\n");
}

function limits({ of, floor, samples }: VitalSeries): string {
  const parts = [
    `${samples.length} ${samples.length === 1 ? "sample" : "samples"}`,
    ...(of === undefined ? [] : [`top ${number(of)}`]),
    ...(floor === undefined ? [] : [`floor ${number(floor)}`]),
  ];
  return parts.join(", ");
}

function short(text: string): string {
  return text.length <= 28 ? text : `${text.slice(0, 27)}…`;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
