import type { Behaviour, ItemSpec, Kind, RunSpec, StepSpec } from "./spec.ts";

/** A step as `decide` and the world know it. Ids are unique in a case: "a1.2.0" is run a, round 1, third item, first member. */
export type ScriptedStep = {
  readonly id: string;
  readonly does: Kind | "take" | "boot";
  readonly target: string;
  readonly delta: number;
  readonly behaves: readonly Behaviour[];
  /** For `take`: whose token it needs. */
  readonly from?: string;
  /** For `boot`: it does not come back, and how many must stay in service. */
  readonly stuck?: boolean;
  readonly floor?: number;
};

/** A plan item as `decide` builds it. */
export type ScriptedItem =
  | { readonly item: "step"; readonly step: ScriptedStep }
  | { readonly item: "together"; readonly steps: readonly ScriptedStep[] }
  | {
      readonly item: "batches";
      readonly steps: readonly ScriptedStep[];
      readonly size: number;
      readonly ramp: boolean;
      readonly floor: number;
      readonly mayFail: number;
    }
  | { readonly item: "watch"; readonly id: string; readonly sees: readonly ("ok" | "bad" | "unknown")[] }
  | {
      readonly item: "wait";
      readonly id: string;
      readonly ifSilent: "stop" | "undo" | "go-on";
      readonly lock: "hold" | "release";
    };

/** What a run's round is made of, with names and ids in it. */
function scriptOf(prefix: string, round: number, items: readonly ItemSpec[]): readonly ScriptedItem[] {
  const made: ScriptedItem[] = [];
  let giver: string | undefined;
  for (const [index, spec] of items.entries()) {
    const id = (member: number) => `${prefix}${round}.${index}.${member}`;
    const own = (step: StepSpec, member: number, target: string): ScriptedStep => ({
      id: id(member),
      does: step.kind,
      target,
      delta: step.delta,
      behaves: step.behaves,
    });
    if (spec.item === "step") made.push({ item: "step", step: own(spec, 0, `${prefix}-t${spec.target}`) });
    else if (spec.item === "ref")
      made.push({
        item: "step",
        step: {
          id: id(0),
          does: giver === undefined ? "full" : "take",
          target: `${prefix}-t${spec.target}`,
          delta: 1,
          behaves: spec.behaves,
          ...(giver === undefined ? {} : { from: giver }),
        },
      });
    else if (spec.item === "together")
      made.push({
        item: "together",
        steps: spec.steps.map((step, member) => own(step, member, `${prefix}-g${round}.${index}.${member}`)),
      });
    else if (spec.item === "batches")
      made.push({
        ...spec,
        steps: Array.from({ length: spec.targets }, (_, member) => ({
          id: id(member),
          does: "boot" as const,
          target: `${prefix}-b${member}`,
          delta: 1,
          behaves: member === 1 ? spec.behaves : [],
          stuck: spec.stuck.includes(member),
          floor: spec.floor,
        })),
      });
    else if (spec.item === "watch") made.push({ item: "watch", id: id(0), sees: spec.sees });
    else made.push({ item: "wait", id: id(0), ifSilent: spec.ifSilent, lock: spec.lock });
    if (spec.item === "step" && spec.kind === "gives") giver = id(0);
  }
  return made;
}

/** Every step of an item. */
export function stepsOf(item: ScriptedItem): readonly ScriptedStep[] {
  if (item.item === "step") return [item.step];
  return item.item === "together" || item.item === "batches" ? item.steps : [];
}

/** What a probe of a run finds. */
export type Script = {
  readonly decides: RunSpec["decides"];
  readonly rounds: readonly (readonly ScriptedItem[])[];
};

/** The script as the world has it now: it may have moved since the plan was made. */
export function scriptNow(prefix: string, spec: RunSpec, moved: boolean): Script {
  const first = scriptOf(prefix, 1, spec.items);
  const second = scriptOf(prefix, 2, spec.second);
  const rounds = [first, second];
  // A child does what its parent only named.
  const decides = prefix === "c" ? "plan" : spec.decides;
  if (!moved || spec.moves === "not") return { decides, rounds };
  if (spec.moves === "gone") return { decides: "all-clear", rounds };
  if (spec.moves === "fewer") return { decides, rounds: [first.slice(0, -1), second] };
  const more: ScriptedItem = {
    item: "step",
    step: { id: `${prefix}1.99.0`, does: "full", target: `${prefix}-t9`, delta: 1, behaves: [] },
  };
  return { decides, rounds: [[...first, more], second] };
}
