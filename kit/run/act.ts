import type { StepGroup } from "../plan.ts";
import type { StepState } from "../fold.ts";
import type { Acting, ItemEnd } from "./acting.ts";
import { stepOf } from "./acting.ts";
import { floorHolds } from "./floor.ts";
import { doStep } from "./step.ts";
import { doWait } from "./waiting.ts";
import { doWatch } from "./watching.ts";

/** Steps that run at the same time: one alone, those of a `together`, or one batch. */
type Unit = { readonly keys: readonly string[]; readonly group?: StepGroup };

/** Does what is not done yet, in the order that was approved. */
export async function act(acting: Acting): Promise<ItemEnd> {
  const { steps } = acting.recorder.state;
  const back = steps.filter((step) => step.undoes !== undefined);
  // A run that turns back does nothing but that, whatever was left undone before.
  if (back.length > 0) return turnBack(acting, back);
  for (const unit of unitsOf(steps)) {
    const ended = await doUnit(acting, unit);
    if (ended !== "done") return ended;
  }
  return "done";
}

/** One way back that fails does not leave the others untried; that it failed is said at the end. */
async function turnBack(acting: Acting, back: readonly StepState[]): Promise<ItemEnd> {
  let failed = false;
  for (const unit of unitsOf(back)) {
    const ended = await doUnit(acting, unit);
    if (ended === "failed") failed = true;
    else if (ended !== "done") return ended;
  }
  return failed ? "failed" : "done";
}

/** Neighbours of one group and batch belong together. */
function unitsOf(steps: readonly StepState[]): readonly Unit[] {
  const units: { keys: string[]; group?: StepGroup }[] = [];
  for (const { key, group } of steps) {
    const last = units.at(-1);
    if (group !== undefined && last?.group?.key === group.key && last.group.batch === group.batch)
      last.keys.push(key);
    else units.push({ keys: [key], ...(group === undefined ? {} : { group }) });
  }
  return units;
}

const finished = new Set(["done", "skipped", "undone"]);

async function doUnit(acting: Acting, { keys, group }: Unit): Promise<ItemEnd> {
  const open = keys.filter((key) => !finished.has(stepOf(acting, key).state));
  const first = open[0];
  if (first === undefined) return "done";
  if (group === undefined) return doItem(acting, first);
  // A failure that the plan allows for is not tried again; one too many stopped the run, and a person said go on.
  const spent = failures(acting, group) > group.mayFail;
  const todo = spent ? open : open.filter((key) => stepOf(acting, key).state !== "failed");
  if (todo.length === 0) return "done";
  if (group.kind === "batches" && !(await floorHolds(acting, todo, group))) return "failed";
  const ends = await allOf(todo.map((key) => doItem(acting, key)));
  return worst(ends, failures(acting, group) > group.mayFail);
}

/** Failed members of the group so far, over all its batches. */
function failures({ recorder }: Acting, { key }: StepGroup): number {
  return recorder.state.steps.filter((step) => step.group?.key === key && step.state === "failed").length;
}

/** One member's failure does not leave the others unobserved: all are finished before anything is thrown. */
async function allOf(works: readonly Promise<ItemEnd>[]): Promise<readonly ItemEnd[]> {
  const settled = await Promise.allSettled(works);
  const broken = settled.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

const order: readonly ItemEnd[] = ["unknown", "turn-back", "failed", "held", "left", "stopped"];

/** What a group's end is: the worst of its members'; failures within its budget do not count. */
function worst(ends: readonly ItemEnd[], overspent: boolean): ItemEnd {
  const counted = ends.filter((end) => end !== "failed" || overspent);
  return order.find((end) => counted.includes(end)) ?? "done";
}

async function doItem(acting: Acting, key: string): Promise<ItemEnd> {
  switch (stepOf(acting, key).kind) {
    case "step":
      return doStep(acting, key);
    case "watch":
      return doWatch(acting, key);
    case "wait":
      return doWait(acting, key);
  }
}
