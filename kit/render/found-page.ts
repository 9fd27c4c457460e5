import type { RunState } from "../fold.ts";
import { escaped } from "./escaped.ts";

const order = ["bad", "unknown", "note", "fine"] as const;
type Look = RunState["probes"][number];

/** Everything that a run found, as a page: what is bad or not known first, then each answer whole. Undefined where it asked nothing. */
export function foundPage(state: RunState): string | undefined {
  const looks = state.probes.filter(({ finding }) => finding !== undefined);
  if (looks.length === 0) return undefined;
  const sorted = order.flatMap((word) => looks.filter((look) => stateOf(look) === word));
  return [
    `# What ${state.run} found`,
    "",
    `${text(state.title)}, ${text(state.askedAt)}. ${state.decision === undefined ? "Nothing was decided." : `${text(state.decision.because)} (rule ${text(state.decision.rule)}).`}`,
    "",
    "| | Part | Question | Answer |",
    "|---|---|---|---|",
    ...sorted.map(
      (look) => `| ${stateOf(look)} | ${look.name} | ${text(look.ask)} | ${text(saysOf(look))} |`,
    ),
    "",
    ...sorted.flatMap((look) => whole(look)),
  ].join("\n");
}

function stateOf({ finding }: Look): (typeof order)[number] {
  return finding?.known === true ? finding.reading.state : "unknown";
}

function saysOf({ finding }: Look): string {
  if (finding === undefined) return "";
  return finding.known ? finding.reading.says : `not known: ${finding.reason}`;
}

/** One answer as data; JSON keeps every line end inside of its quotes, so nothing in it ends the fence. */
function whole({ name, finding, tookMs }: Look): readonly string[] {
  if (finding?.known !== true) return [];
  return [
    `## ${name}`,
    "",
    `Answered in ${tookMs ?? 0} ms.`,
    "",
    "```json",
    JSON.stringify(finding.value, undefined, 2) ?? "null",
    "```",
    "",
  ];
}

function text(foreign: string): string {
  return escaped(foreign).replaceAll(/[\\`*_[\]|~]/g, (character) => `\\${character}`);
}
