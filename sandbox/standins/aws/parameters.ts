import { ServiceError } from "./service-error.ts";

/** Form parameters of the query protocols. Each one asked for is ticked off, so that one nobody asked for is refused, as AWS does. */
export type Parameters = {
  readonly text: (name: string) => string | undefined;
  readonly required: (name: string) => string;
  readonly flag: (name: string) => boolean;
  readonly whole: (name: string, least: number, most: number) => number | undefined;
  /** Members of a list in order: `InstanceId.1`, `InstanceId.2`, …; or `Actions.member.1` with the prefix `Actions.member`. */
  readonly list: (prefix: string) => readonly string[];
  /** How many numbered members stand under a prefix. */
  readonly count: (prefix: string) => number;
  readonly has: (name: string) => boolean;
  /** Throws for a parameter that nothing asked for. */
  readonly done: () => void;
};

/** Reads a form body once parsed. */
export function parameters(form: URLSearchParams): Parameters {
  const asked = new Set(["Action", "Version"]);
  const text = (name: string) => {
    asked.add(name);
    return form.get(name) ?? undefined;
  };
  const count = (prefix: string) => {
    const numbers = [...form.keys()]
      .filter((key) => key.startsWith(`${prefix}.`))
      .map((key) => Number(/^\d+/.exec(key.slice(prefix.length + 1))?.[0] ?? 0));
    return Math.max(0, ...numbers);
  };
  return {
    text,
    count,
    has: (name) => [...form.keys()].some((key) => key === name || key.startsWith(`${name}.`)),
    required: (name) => {
      const value = text(name);
      if (value !== undefined && value !== "") return value;
      throw new ServiceError("MissingParameter", `The request must contain the parameter ${name}`);
    },
    flag: (name) => text(name) === "true",
    whole: (name, least, most) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (Number.isInteger(number) && number >= least && number <= most) return number;
      throw new ServiceError("InvalidParameterValue", `Value ( ${value} ) for parameter ${name} is invalid.`);
    },
    list: (prefix) =>
      Array.from({ length: count(prefix) }, (_, index) => text(`${prefix}.${index + 1}`)).filter(
        (value) => value !== undefined,
      ),
    done: () => {
      const unknown = [...form.keys()].find((key) => !asked.has(key));
      if (unknown !== undefined)
        throw new ServiceError("UnknownParameter", `The parameter ${unknown} is not recognized`);
    },
  };
}
