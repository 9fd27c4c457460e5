import { OpsError } from "../errors.ts";
import type { PlanCall, PlanItem, StepCall, StepGroup } from "../plan.ts";
import { placeRefs } from "./refs.ts";

/** One call with its place in the plan. */
export type Placed = { readonly key: string; readonly call: PlanCall; readonly group?: StepGroup };

/**
 * The items as a flat list in order, each with its key: "1", "3.2" for the second of a group, "R2-1" in a second round.
 * Throws `definition-invalid` for two waits of one name, and for a reference to what is not done before.
 */
export function expand(items: readonly PlanItem[], round: number): readonly Placed[] {
  const placed: Placed[] = [];
  const keys = new Map<StepCall, string>();
  const before = round === 1 ? "" : `R${round}-`;
  for (const [index, item] of items.entries()) {
    const key = `${before}${index + 1}`;
    // A reference reaches what is finished before its own item begins, so a group's members are known only after it.
    const fresh = membersOf(item, key).map((member) => ({ ...member, call: withRefs(member.call, keys) }));
    for (const [at, { call, key: own }] of membersOf(item, key).entries()) {
      if (call.kind === "step") keys.set(call, own);
      const done = fresh[at];
      if (done !== undefined) placed.push(done);
    }
  }
  refuseTwins(placed);
  return placed;
}

function withRefs(call: PlanCall, keys: ReadonlyMap<StepCall, string>): PlanCall {
  if (call.kind === "wait") return call;
  return { ...call, input: placeRefs(call.input, (step) => keys.get(step)) };
}

function membersOf(item: PlanItem, key: string): readonly Placed[] {
  if (item.kind === "together") {
    const group: StepGroup = { key, kind: "together", batch: 1, of: 1, floor: 0, mayFail: 0 };
    return item.steps.map((call, index) => ({ key: `${key}.${index + 1}`, call, group }));
  }
  if (item.kind !== "batches") return [{ key, call: item }];
  const { batches, floor, mayFail } = item;
  let count = 0;
  return batches.flatMap((batch, index) => {
    const group: StepGroup = { key, kind: "batches", batch: index + 1, of: batches.length, floor, mayFail };
    return batch.map((call) => {
      count += 1;
      return { key: `${key}.${count}`, call, group };
    });
  });
}

function refuseTwins(placed: readonly Placed[]) {
  const names = placed.flatMap(({ call }) => (call.kind === "wait" ? [call.action] : []));
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  throw new OpsError("definition-invalid", {
    summary: `The plan waits for "${twin}" twice, so one signal would answer both.`,
    hint: "Give each wait a name of its own.",
  });
}
