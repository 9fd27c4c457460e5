import type { Why, WhyRule } from "../postmortem/why/context.ts";
import { suggestionLines, type Suggestion } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang, labelled } from "./width.ts";

/** An answer, what it rests on, the decision table where that is the matter, and what to type. */
export function renderWhy(screen: Screen, why: Why, next: readonly Suggestion[]): readonly string[] {
  const longest = Math.max(0, ...why.facts.map(([label]) => clean(label, 24).length));
  return [
    ...hang(screen, "", clean(why.answer, 1_000), "strong"),
    ...(why.facts.length === 0 ? [] : [""]),
    ...why.facts.flatMap(([label, text]) =>
      labelled(screen, clean(label, 24), clean(text, 600), Math.min(24, longest) + 2),
    ),
    ...(why.rules.length === 0
      ? []
      : [
          "",
          paint(screen, "strong", "Decision table, first match decides"),
          ...why.rules.flatMap((rule) => ruleLines(screen, rule)),
        ]),
    ...(next.length === 0 ? [] : ["", paint(screen, "strong", "Next"), ...suggestionLines(screen, next)]),
  ];
}

function ruleLines(screen: Screen, { rule, says, came }: WhyRule): readonly string[] {
  const state = { matched: "done", "did not match": "skipped", "not asked": "next" } as const;
  const lines = hang(
    screen,
    `  ${mark(screen, state[came])}`,
    `${clean(rule, 60)}, ${came}: ${clean(says, 300)}`,
  );
  return came === "matched" ? lines.map((line) => paint(screen, "strong", line)) : lines;
}
