import type { EnvironmentFile } from "#kit/environment.ts";
import type { Risk } from "#kit/plan.ts";
import type { PolicyQuestion } from "#kit/policy.ts";
import type { Outcome, ReadinessProbe, ReadyState } from "#kit/readiness.ts";
import { actionsOf } from "#kit/render/show.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";

/** Whom an approval could come from, as the environment's file and the policy say. */
export type People = {
  readonly file: Pick<EnvironmentFile, "tier" | "zone" | "approvers" | "answersFor" | "onCall">;
  readonly policy: (question: PolicyQuestion) => ApprovalNeed;
  /** The person who would ask. */
  readonly you: string;
  readonly now: Date;
};

/** Whether enough people are named for what each runbook may do, at this hour, if you asked: a plan that nobody can approve is no plan. */
export function approvalProbes(runbooks: readonly Runbook[], people: People): readonly ReadinessProbe[] {
  const judged = runbooks.map((runbook) => ({ id: runbook.id, ...judge(runbook, people) }));
  return (["not-ready", "warning", "ready"] as const).flatMap((state): readonly ReadinessProbe[] => {
    const found = judged.filter((one) => one.state === state);
    const [first] = found;
    if (first === undefined) return [];
    const outcome: Outcome =
      state === "ready"
        ? { state, says: `enough people for ${found.length} of ${runbooks.length} runbooks` }
        : {
            state,
            says: `${found.map(({ id }) => id).join(", ")}: ${first.says}`,
            now: "Name more approvers in the environment's file, or let one of them ask",
          };
    return [
      {
        id: state === "ready" ? "people.approvers" : `people.approvers.${state}`,
        what: "Approvals",
        needs: { runbooks: found.map(({ id }) => id) },
        look: async () => outcome,
      },
    ];
  });
}

/** Nobody for anything it does: not ready. Nobody for the riskiest only: a warning. */
function judge(runbook: Runbook, people: People): { readonly state: ReadyState; readonly says: string } {
  const risks = [...new Set(actionsOf(runbook).map(([, { risk }]) => risk))];
  const words = actionsOf(runbook).flatMap(([, { wordOf }]) => wordOf ?? []);
  const wordless = [...new Set(words)].filter(
    (of) => !(people.file.answersFor[of] ?? []).some((name) => name !== people.you),
  );
  const short = [
    ...risks.flatMap((risk) => shortfall(runbook, risk, people) ?? []),
    ...wordless.map((of) => `nobody other than you answers for ${of} (answersFor), whose word a step needs`),
  ];
  if (short.length === 0) return { state: "ready", says: "" };
  return { state: short.length === risks.length ? "not-ready" : "warning", says: short.join("; ") };
}

function shortfall(runbook: Runbook, risk: Risk, { file, policy, you, now }: People): string | undefined {
  const { tier, zone, approvers, onCall } = file;
  const need = policy({ tier, risk, severity: runbook.severity, at: now, zone, onCall });
  const others = new Set(approvers.filter((name) => name !== you));
  const could = others.size + (need.requesterMay ? 1 : 0);
  if (could >= need.count) return undefined;
  const whom = need.requesterMay ? "you included" : `other than you (${you})`;
  return `${risk} steps need ${need.count} ${need.count === 1 ? "approval" : "approvals"} and ${could} could give one, ${whom}; ${need.rule}`;
}
