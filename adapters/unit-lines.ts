import { OpsError } from "#kit/errors.ts";
import {
  type Harmless,
  isWanted,
  type LinesQuestion,
  serviceOfUnit,
  type UnitLine,
  unitLineOf,
} from "#kit/log-units.ts";
import type { Service } from "#kit/ports.ts";
import { plainText } from "./foreign-text.ts";
import { redactor } from "./redactor.ts";

/** Lines of log are foreign text: nothing that moves a cursor, and no secret, leaves by them. */
const harmless: Harmless = { text: plainText, data: (value) => redactor.value(value) };

/** A line as a log service keeps it. */
type Kept = {
  readonly text: string;
  readonly unit: string;
  /** When it was taken in, in milliseconds of the epoch. */
  readonly keptAt: number;
  /** Where whoever keeps it knows whose it is; else its unit's name says. */
  readonly service?: string | undefined;
};

/**
 * Those lines that were asked for. Units that belong to no service are among them only when every service is asked for. Used by every log
 * adapter, so that the same question has the same answer wherever the lines are.
 */
export function linesOf(
  kept: Iterable<Kept>,
  asked: {
    readonly services: readonly Service[];
    readonly everyone: readonly Service[];
    readonly question: LinesQuestion;
  },
): readonly UnitLine[] {
  const { services, everyone, question } = asked;
  const names = new Set(services.map(({ name }) => name));
  const all = everyone.every(({ name }) => names.has(name));
  const owners = new Map<string, string | undefined>();
  const found: UnitLine[] = [];
  for (const { text, unit, keptAt, service } of kept) {
    if (text.trim() === "") continue;
    if (!owners.has(unit)) owners.set(unit, service ?? serviceOfUnit(unit, everyone));
    const owner = owners.get(unit);
    if (owner === undefined ? !all : !names.has(owner)) continue;
    if (question.unit !== undefined && unit !== question.unit) continue;
    const line = unitLineOf(text, { unit, service: owner, keptAt }, harmless);
    if (isWanted(line, question)) found.push(line);
  }
  return found;
}

/** Throws `selector-empty` for no service: nothing named is never everything. */
export function someServices(services: readonly Service[]): void {
  if (services.length > 0) return;
  throw new OpsError("selector-empty", {
    summary: "No service was named whose lines are wanted.",
    hint: "Name services in the environment's file; an empty list never means all.",
  });
}

/** Throws `tool-refused` where lines are kept by group and the environment's file names none: not knowing where to look is not silence. */
export function namedGroup(group: string): void {
  if (group !== "") return;
  throw new OpsError("tool-refused", {
    summary: "The environment's file does not say in which log group this service's lines are.",
    hint: "Name it as the service's logGroup: a CloudWatch log group, or a Deployment or label selector on Kubernetes.",
  });
}
