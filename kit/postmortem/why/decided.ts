import type { RunState } from "../../fold.ts";
import type { JournalEntry } from "../../timeline.ts";
import { roundsOf, type FindingFact } from "../rounds.ts";
import type { Answer, WhyContext, WhyRule } from "./context.ts";

/** Why it decided so: the rule that matched, those asked before it, and the findings. */
export function whyDecided(state: RunState, { rules }: WhyContext, entries: readonly JournalEntry[]): Answer {
  const { decision } = state;
  if (decision === undefined)
    return {
      answer: `Nothing was decided${state.ended === undefined ? " yet: it still looks" : `: ${state.ended.verdict}`}`,
      facts: findingsOf(entries, state),
    };
  const what = {
    "all-clear": "that there is nothing to do",
    plan: "to act",
    escalate: "that it needs a person",
    "hand-over": `to hand over to ${decision.handOver?.runbook ?? "another runbook"}`,
  }[decision.kind];
  return {
    answer: `It decided ${what}, because ${decision.because}.`,
    facts: [
      [
        "Rule",
        rules.known && !(decision.rule in rules.table)
          ? `${decision.rule}, which is the engine's own`
          : decision.rule,
      ],
      ...(state.round > 1 ? [["Round", String(state.round)] as const] : []),
      ...findingsOf(entries, state),
      ...(rules.known ? [] : [["Table", rules.because] as const]),
    ],
    rules: rules.known ? ruleRows(rules.table, decision.rule) : [],
  };
}

function ruleRows(table: Readonly<Record<string, string>>, matched: string): readonly WhyRule[] {
  const names = Object.keys(table);
  const at = names.indexOf(matched);
  if (at < 0) return Object.entries(table).map(([rule, says]) => ({ rule, says, came: "not asked" }));
  return Object.entries(table).map(([rule, says], index) => ({
    rule,
    says,
    came: index < at ? "did not match" : index === at ? "matched" : "not asked",
  }));
}

/** What its last round found, unhealthy first. */
export function findingsOf(entries: readonly JournalEntry[], state: RunState): Answer["facts"] {
  const round = roundsOf(entries).find((one) => one.round === state.round);
  const weight = (fact: FindingFact) =>
    fact.finding.known ? { bad: 0, note: 2, fine: 3 }[fact.finding.reading.state] : 1;
  return (round?.findings ?? [])
    .toSorted((a, b) => weight(a) - weight(b))
    .map((fact): readonly [string, string] => {
      const { finding } = fact;
      if (!finding.known)
        return [
          fact.probe,
          `not known: ${finding.reason}${fact.optional ? "; the decision does not need it" : ""}`,
        ];
      return [
        fact.probe,
        `${{ fine: "fine", bad: "bad", note: "noted" }[finding.reading.state]}: ${finding.reading.says}`,
      ];
    });
}
