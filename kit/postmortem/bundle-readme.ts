import type { RunState } from "../fold.ts";
import type { ChainVerdict } from "../journal.ts";
import type { JournalEntry } from "../timeline.ts";
import type { PlanEvidence } from "./bundle.ts";

type Facts = {
  readonly run: string;
  readonly entries: readonly JournalEntry[];
  readonly chain: ChainVerdict;
  readonly masked: readonly number[];
  readonly state: RunState | undefined;
  readonly plans: readonly PlanEvidence[];
  readonly names: readonly string[];
};

const about: readonly (readonly [RegExp, string])[] = [
  [/^entries\.ndjson$/, "The record: one entry per line, exactly the bytes that were hashed."],
  [/^chain\.txt$/, "The hash of each entry, as it was kept when the entry was written."],
  [/^plan-\d+\.json$/, "A plan as people read and approved it, with the approval it needed."],
  [/^plan-\d+\.covered\.json$/, "The bytes that the plan's digest covers."],
  [/^approvals\.json$/, "Who was asked, who approved, refused or took it back, and when."],
  [/^environment\.json$/, "Which environment this was, by its own identity."],
  [/^runbook\.json$/, "Which runbook, with the SHA-256 of its content, code included."],
  [/^verify\.sh$/, "Does section 2 in one go."],
  [/^found\.md$/, "What was found, part by part, what is bad or not known first. People begin here."],
  [/^postmortem\./, "The record told for people; made from entries.ndjson alone."],
];

/** The page that says what the evidence is and how to check it with tools that everybody has. */
export function readme({ run, entries, chain, masked, state, plans, names }: Facts): string {
  const last = entries.at(-1);
  return `Evidence of run ${run}

${opening(state, entries)}

Chain when this was written: ${chain.intact ? `holds, ${chain.entries} entries` : `DOES NOT HOLD: entry ${chain.seq}, ${chain.why}`}
Last hash: ${last?.hash ?? "none"}
${masked.length === 0 ? "" : `Masked: in ${masked.length === 1 ? "entry" : "entries"} ${masked.join(", ")} a text was masked on the way out, because it is known as a secret now.\n        The hash of a masked entry cannot be recomputed from here; the others can.\n`}
1. Nothing was lost on the way here

     sha256sum -c MANIFEST.sha256

2. Nothing in the record was altered

   Each line of entries.ndjson is one entry as JSON: keys sorted, no spaces, UTF-8. It is what was
   hashed, so its SHA-256, without the line's end, is the hash of the entry. For entry 1:

     sed -n 1p entries.ndjson | tr -d '\\n' | sha256sum
     sed -n 1p chain.txt

   Each entry names the hash of the one before it as "prev"; the first names 64 zeros. Whoever
   changes, removes or inserts an entry would have to change every entry after it. All at once:

     sh verify.sh

   The last hash vouches for everything before it. Compare it with one that left the machine in
   time: a copy of this evidence, an export, or a message in Slack or PagerDuty, which carry its
   first eight characters.

3. What was approved is what ran

${digests(plans)}
   In entries.ndjson, "approval.given" names that digest, and the "step.started" after it name the
   keys of the plan's steps. "lock.taken" says under which fence they ran.

4. What is here

${[...names, "README.txt", "MANIFEST.sha256"]
  .toSorted((a, b) => (a < b ? -1 : 1))
  .map((name) => `     ${name.padEnd(22)}${meaning(name)}`)
  .join("\n")}

   Times are UTC. Secrets were masked before anything was written; a mask is part of the entry.
`;
}

function opening(state: RunState | undefined, entries: readonly JournalEntry[]): string {
  if (state === undefined)
    return "Its first entries cannot be read as a run; entries.ndjson has them as they are.";
  const { runbook, environment, tier, askedBy, askedAt, ended } = state;
  return [
    `${runbook} in ${environment["name"] ?? tier}, asked for by ${askedBy.name} at ${askedAt}.`,
    ended === undefined
      ? `It has not ended; its last entry is from ${entries.at(-1)?.at ?? ""}.`
      : `It ended at ${ended.at}: ${ended.outcome}.`,
  ]
    .map((text) => text.replace(/\s+/g, " "))
    .join("\n");
}

function digests(plans: readonly PlanEvidence[]): string {
  if (plans.length === 0) return "   No plan was made in this run.\n";
  return plans
    .map(({ round, seq, identity }) =>
      identity === undefined
        ? `   plan-${round}.json (entry ${seq}): what its digest covers is not whole in the record.\n`
        : `   The digest of a plan is the SHA-256 of what it covers: runbook, its content's hash,\n   environment, parameters and steps. It is "digest" in plan-${round}.json (entry ${seq}):\n\n     sha256sum plan-${round}.covered.json\n`,
    )
    .join("\n");
}

function meaning(name: string): string {
  if (name === "README.txt") return "This page.";
  if (name === "MANIFEST.sha256") return "SHA-256 of every other file.";
  return about.find(([pattern]) => pattern.test(name))?.[1] ?? "";
}
