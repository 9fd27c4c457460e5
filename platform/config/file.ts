import { readFile, stat } from "node:fs/promises";
import { type Given, type SettingName, settings, unknownSetting } from "../config.ts";
import { CsrdError } from "../errors.ts";

const most = 64 * 1024;

/** Names under which a secret might be put into the file; it is refused there. */
const secret = /key|secret|token|password|credential/i;

/** The settings in a `.csrd.yaml`; throws `config-invalid` naming the line, and `input-missing` when the file is not there. */
export async function configFile(path: string): Promise<Given> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new CsrdError("input-missing", {
      summary: `There is no configuration file ${path}.`,
      hint: "`csrd config --init` writes one.",
    });
  if (found.size > most)
    throw wrong(
      path,
      `it has ${found.size} bytes, and at most ${most} are read`,
      "Keep only settings in it.",
    );
  return settingsIn(path, await readFile(path, "utf8"));
}

/** The same from a text. Aliases are refused altogether, so none can grow. */
export async function settingsIn(path: string, text: string): Promise<Given> {
  const { isAlias, isMap, isScalar, LineCounter, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const at = (offset: number | undefined): string =>
    offset === undefined ? path : `${path}, line ${lines.linePos(offset).line}`;
  const fault = document.errors[0];
  if (fault !== undefined)
    throw wrong(at(fault.pos[0]), `it is not YAML (${fault.message.slice(0, 120)})`, "Correct the line.");
  visit(document, (_key, node) => {
    if (isAlias(node) || (isScalar(node) && node.anchor !== undefined))
      throw wrong(at(node.range?.[0]), "anchors and aliases are not read here", "Write the value out.");
  });
  const { contents } = document;
  if (contents === null) return new Map();
  if (!isMap(contents))
    throw wrong(path, "it is not a list of settings", "Write lines like `quality_threshold: 80`.");
  const given = new Map<SettingName, { value: unknown; where: string }>();
  for (const { key, value } of contents.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const where = at(isScalar(key) ? key.range?.[0] : undefined);
    const setting = settings.find((one) => one.key === name);
    if (setting === undefined && secret.test(name))
      throw wrong(
        where,
        `${name.slice(0, 40)} looks like a secret, and secrets do not belong into this file`,
        "Give it by an environment variable, and take it out of the file's history.",
      );
    if (setting === undefined)
      throw unknownSetting(
        name,
        where,
        settings.map((one) => one.key),
      );
    given.set(setting.name, { value: plain(value), where });
  }
  return given;
}

function plain(node: unknown): unknown {
  return typeof node === "object" && node !== null && "toJSON" in node && typeof node.toJSON === "function"
    ? node.toJSON()
    : node;
}

/** The text of a new `.csrd.yaml`: every setting explained, all of them commented out. */
export function configTemplate(values: Readonly<Record<SettingName, unknown>>): string {
  return [
    "# Settings of csrd. Options of the command line and CSRD_* variables go before what is written here.",
    "# Paths are relative to the folder in which csrd is started. Secrets do not belong here.",
    "",
    ...settings.flatMap(({ key, name, about, kind }) => [
      `# ${about}${kind.is === "choice" && kind.of.length > 1 ? `: ${kind.of.join(", ")}` : kind.is === "number" ? `: ${kind.least} to ${kind.most}` : ""}`,
      `# ${key}: ${Array.isArray(values[name]) ? JSON.stringify(values[name].length === 0 ? ["data.csv"] : values[name]) : values[name] === "" ? '""' : String(values[name])}`,
      "",
    ]),
  ].join("\n");
}

function wrong(where: string, why: string, hint: string): CsrdError {
  return new CsrdError("config-invalid", { summary: `${where}: ${why}.`, hint });
}
