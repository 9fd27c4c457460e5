import { paint, plainly } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { clean, wrap } from "./width.ts";

/** One thing to hand to whoever grants rights: a policy, a manifest, a script, a list of keys. */
export type PermissionPart = {
  /** As `--part` takes it. */
  readonly id: string;
  /** What it is and to whom it goes, one sentence. */
  readonly about: string;
  readonly format: "json" | "yaml" | "sql" | "text";
  /** Exactly what has to be handed over. */
  readonly body: string;
  /** The same as data; undefined for a script. */
  readonly value: unknown;
};

/** All parts to read, each under lines that say what it is; the bodies are never wrapped, so that they can be copied. */
export function renderPermissions(
  screen: Screen,
  heading: string,
  parts: readonly PermissionPart[],
): readonly string[] {
  return [
    ...remark(screen, heading),
    ...parts.flatMap(({ id, about, body }) => [
      "",
      ...remark(screen, `${id}: ${about}`),
      ...body.trimEnd().split("\n"),
    ]),
  ];
}

/** Lines that YAML, SQL and people pass over. */
function remark(screen: Screen, text: string): readonly string[] {
  return wrap(plainly(screen, clean(text, 600)), textColumns(screen) - 2).map((line) =>
    paint(screen, "strong", `# ${line}`),
  );
}

/** The same for programs, by id. */
export function permissionsData(parts: readonly PermissionPart[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    parts.map(({ id, about, format, body, value }) => [id, { about, format, content: value ?? body }]),
  );
}
