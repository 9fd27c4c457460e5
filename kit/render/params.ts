import { z } from "zod";
import type { Runbook } from "../runbook.ts";

/** A parameter as people read it. */
export type ParamFact = {
  readonly name: string;
  /** "text", "whole number, 1 to 50", "one of blue, green". */
  readonly kind: string;
  readonly about: string;
  /** As it would be typed; undefined when the parameter must be given. */
  readonly fallback: string | undefined;
};

/** The parameters of a runbook, read from their schemas. */
export function paramFacts(runbook: Runbook): readonly ParamFact[] {
  const params: Readonly<Record<string, z.ZodType>> = runbook.params;
  return Object.entries(params).map(([name, schema]) => {
    const json = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as Readonly<
      Record<string, unknown>
    >;
    const fallback = json["default"];
    return {
      name,
      kind: kindOf(json),
      about: schema.description ?? (typeof json["description"] === "string" ? json["description"] : ""),
      fallback:
        fallback === undefined
          ? undefined
          : typeof fallback === "string"
            ? fallback
            : JSON.stringify(fallback),
    };
  });
}

function kindOf(json: Readonly<Record<string, unknown>>): string {
  const choices = json["enum"];
  if (Array.isArray(choices)) return `one of ${choices.join(", ")}`;
  const { type, minimum, maximum } = json as {
    readonly type?: string;
    readonly minimum?: number;
    readonly maximum?: number;
  };
  const bounded = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const limits =
    bounded(minimum) && bounded(maximum)
      ? `, ${minimum} to ${maximum}`
      : bounded(maximum)
        ? `, at most ${maximum}`
        : bounded(minimum)
          ? `, at least ${minimum}`
          : "";
  const names: Readonly<Record<string, string>> = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
  };
  return `${names[type ?? ""] ?? type ?? "any value"}${limits}`;
}
