import { z } from "zod";
import { defineAction, type AnyAction } from "#kit/action.ts";
import { defineCheck, healthy, unhealthy } from "#kit/check.ts";
import { allClear, escalate, handOver, plan } from "#kit/decision.ts";
import { batches, ref, together, waitFor } from "#kit/items.ts";
import type { PlanItem, StepCall } from "#kit/plan.ts";
import type { Readers } from "#kit/ports.ts";
import { eventually, type Runbook } from "#kit/runbook.ts";
import { defineWatch } from "#kit/watch.ts";
import type { RunSpec } from "./spec.ts";
import type { Script, ScriptedItem, ScriptedStep } from "./script.ts";

const Move = z.strictObject({
  id: z.string(),
  target: z.string(),
  delta: z.int(),
  token: z.string().optional(),
});
type Move = z.infer<typeof Move>;
const Restore = z.strictObject({ id: z.string(), target: z.string(), to: z.int() });
type Restore = z.infer<typeof Restore>;
const Boot = z.strictObject({ id: z.string(), target: z.string() });
type Boot = z.infer<typeof Boot>;
const Token = z.strictObject({ token: z.string() });
type Token = z.infer<typeof Token>;

async function ask(readers: Readers, question: string): Promise<any> {
  const answer = await readers.http.get(`chaos:${question}`);
  return answer.kind === "answered" ? JSON.parse(answer.body) : undefined;
}

async function valueOf(readers: Readers, target: string): Promise<number> {
  return (await readers.balancer.weights(target))[0]?.weight ?? 0;
}

/** Adds to its target and does not look first, so that doing it twice shows. */
const move = {
  title: "Move one target",
  input: Move,
  risk: "disruptive",
  label: ({ id, target, delta }: Move) => `Move ${target} by ${delta} (${id})`,
  preview: ({ target, delta }: Move) => `add ${delta} to ${target}`,
  targets: ({ target }: Move) => [target],
  within: "restart",
  before: (input: Move, readers: Readers) => valueOf(readers, input.target),
  async run(input: Move, { before, balancerAdmin, clock, signal }) {
    // One in nine takes so long before its call that leases are renewed, or not, meanwhile.
    if (input.delta === 8) await clock.sleep(25_000, signal);
    const group = input.token === undefined ? input.id : `${input.id}#${input.token}`;
    await balancerAdmin.setWeights(input.target, [{ group, weight: before + input.delta }]);
    return undefined;
  },
} as const satisfies Partial<AnyAction> & Record<string, unknown>;

async function confirm({ target, delta }: Move, before: number, readers: Readers) {
  const value = await valueOf(readers, target);
  return { met: value === before + delta, saw: `${target} is ${value}` };
}

async function settle({ target, delta }: Move, before: number, readers: Readers) {
  const value = await valueOf(readers, target);
  const outcome = value === before ? "not-done" : value === before + delta ? "done" : "unknown";
  return { outcome, because: `${target} is ${value}, it was ${before}` } as const;
}

const undo = ({ id, target }: Move, before: number): readonly StepCall[] => [
  { kind: "step", action: "restore", input: { id: `~${id}`, target, to: before } },
];

const restore = defineAction<Restore, number, undefined>({
  title: "Restore one target",
  input: Restore,
  risk: "disruptive",
  label: ({ id, target, to }) => `Restore ${target} to ${to} (${id})`,
  preview: ({ target, to }) => `set ${target} to ${to}`,
  targets: ({ target }) => [target],
  within: "restart",
  before: ({ target }, readers) => valueOf(readers, target),
  async run({ id, target, to }, { balancerAdmin }) {
    await balancerAdmin.setWeights(target, [{ group: id, weight: to }]);
    return undefined;
  },
  async confirm({ target, to }, _before, readers) {
    const value = await valueOf(readers, target);
    return { met: value === to, saw: `${target} is ${value}` };
  },
  async settle({ target, to }, before, readers) {
    const value = await valueOf(readers, target);
    const outcome = value === to ? "done" : value === before ? "not-done" : "unknown";
    return { outcome, because: `${target} is ${value}` } as const;
  },
});

const boot = defineAction<Boot, string, undefined>({
  title: "Restart one target",
  input: Boot,
  risk: "disruptive",
  label: ({ id, target }) => `Restart ${target} (${id})`,
  preview: ({ target }) => `restart ${target}`,
  targets: ({ target }) => [target],
  within: "restart",
  before: async ({ target }, readers) => (await readers.instances.describe([target]))[0]?.version ?? "0",
  async run({ id, target }, { instanceAdmin }) {
    await instanceAdmin.reboot(`${id}@${target}`);
    return undefined;
  },
  async confirm({ target }, before, readers) {
    const [seen] = await readers.instances.describe([target]);
    return {
      met: seen?.state === "running" && seen.version !== before,
      saw: `${target} is ${seen?.state}, started ${seen?.version} times`,
    };
  },
  async settle({ target }, before, readers) {
    const [seen] = await readers.instances.describe([target]);
    return {
      outcome: seen?.version === before ? "not-done" : "done",
      because: `started ${seen?.version} times`,
    };
  },
});

/** Whether a result is given as its schema says: one in five ids gives what the schema refuses. */
const givesBadly = (id: string, delta: number) => id.length > 0 && delta === 9;

const gives = defineAction<Move, number, Token>({
  ...move,
  returns: Token,
  confirm,
  undo,
  async run(input, context) {
    await move.run(input, context);
    return (givesBadly(input.id, input.delta) ? { token: 7 } : { token: `tok-${input.id}` }) as Token;
  },
  async settle(input, before, readers) {
    return { ...(await settle(input, before, readers)), result: { token: `tok-${input.id}` } };
  },
});

const actions = {
  full: defineAction<Move, number, undefined>({ ...move, confirm, settle, undo }),
  sure: defineAction<Move, number, undefined>({ ...move, confirm, undo }),
  blind: defineAction<Move, number, undefined>({ ...move }),
  oneway: defineAction<Move, number, undefined>({ ...move, confirm, settle }),
  take: defineAction<Move, number, undefined>({ ...move, confirm, settle, undo }),
  gives,
  boot,
  restore,
};

const Watched = z.strictObject({ id: z.string(), sees: z.array(z.string()) });
type Watched = z.infer<typeof Watched>;

const bake = defineWatch<Watched, string>({
  title: "Watch for a while",
  input: Watched,
  label: ({ id }) => `Watch ${id}`,
  preview: ({ id }) => `watch ${id} until it was well three times`,
  every: "10s",
  within: "1m",
  async look({ http, input }) {
    const answer = await http.get(`chaos:watch:${input.id.slice(0, 1)}:${input.id}`);
    const at = answer.kind === "answered" ? Number(JSON.parse(answer.body)) : 0;
    const sample = input.sees[at] ?? "ok";
    if (sample === "unknown") throw new Error("no answer in 5 s");
    return sample;
  },
  read: (sample) => `it is ${sample}`,
  judge(samples) {
    const seen = samples.map((sample) => (sample.known ? sample.value : "unknown"));
    if (seen.includes("bad")) return { verdict: "fail", because: "it was bad" };
    if (seen.filter((one) => one === "unknown").length >= 3)
      return { verdict: "inconclusive", because: "three looks failed" };
    if (seen.filter((one) => one === "ok").length >= 3)
      return { verdict: "pass", because: "well three times" };
    return { verdict: "continue", because: "not yet" };
  },
});

/** The runbook of a run: its questions, decisions and proof all come from the world's script. */
export function chaosRunbook(id: string, spec: RunSpec): Runbook {
  const prefix = id === "chaos-a" ? "a" : id === "chaos-b" ? "b" : "c";
  const cured = defineCheck<{ readonly ok: boolean; readonly says: string }>({
    id: `cured-${prefix}`,
    title: "Everything is there",
    every: "10s",
    timeout: "5s",
    look: (context) => ask(context, `cured:${prefix}`),
    judge: ({ ok, says }) => (ok ? healthy(says) : unhealthy(says)),
  });
  const beside = defineCheck<{ readonly bad: boolean }>({
    id: `beside-${prefix}`,
    title: "Nothing else breaks",
    every: "10s",
    timeout: "5s",
    look: (context) => ask(context, `during:${prefix}`),
    judge: ({ bad }) => (bad ? unhealthy("something else broke") : healthy("nothing broke")),
  });
  return {
    id,
    title: `Chaos ${prefix}`,
    summary: "A generated run.",
    severity: "P3",
    owner: "test",
    implements: [],
    symptoms: [],
    trigger: [],
    params: { prefix: z.string() },
    lock: "deploy",
    within: "30m",
    diagnose: {
      script: {
        ask: "What is to be done?",
        look: (context: Readers) => ask(context, `script:${prefix}`),
        read: () => ({ state: "bad", says: "something is to be done" }),
      },
    },
    rules: {},
    handsOverTo: ["chaos-c"],
    decide: (
      { script }: { readonly script: Script },
      _params: unknown,
      _calls: unknown,
      { round = 1 }: { readonly round?: number },
    ) => decideBy(script, round),
    mitigate: actions,
    watches: { bake },
    capacity: (context: Readers) => ask(context, `serving:${prefix}`),
    during: spec.duringAfter > 0 ? [beside] : [],
    vitals: [],
    verify: [eventually(cured, { within: "verify", steadyFor: "steady" })],
    notVerified: spec.notVerified,
    lockKind: spec.lockKind,
    lockWhileApproving: spec.lockWhileApproving,
    afterwards: [],
  } as unknown as Runbook;
}

function decideBy({ decides, rounds }: Script, round: number) {
  const items = rounds[round - 1] ?? [];
  if (decides === "all-clear") return allClear({ rule: "clear", because: "nothing is wrong" });
  if (decides === "hand-over")
    return handOver({ id: "chaos-c" }, { prefix: "c" }, { rule: "other", because: "another one fits" });
  if (decides === "escalate" || items.length === 0)
    return escalate({ rule: "stuck", because: "nothing is left to try" });
  const calls = new Map<string, StepCall>();
  return plan(
    { rule: `round-${round}`, because: "the script says so" },
    items.map((one) => itemOf(one, calls)),
  );
}

function itemOf(scripted: ScriptedItem, calls: Map<string, StepCall>): PlanItem {
  switch (scripted.item) {
    case "step":
      return callOf(scripted.step, calls);
    case "together":
      return together(scripted.steps.map((step) => callOf(step, calls)));
    case "batches":
      return batches(scripted.steps, (step) => callOf(step, calls), scripted);
    case "watch":
      return { kind: "watch", action: "bake", input: { id: scripted.id, sees: scripted.sees } };
    case "wait": {
      const { id, ifSilent, lock } = scripted;
      return waitFor(`go-${id}`, { ask: `Say that ${id} is done`, within: "1m", ifSilent, lock });
    }
  }
}

function callOf({ id, does, target, delta, from }: ScriptedStep, calls: Map<string, StepCall>): StepCall {
  const giver = from === undefined ? undefined : calls.get(from);
  const token = giver === undefined ? {} : { token: ref(giver as StepCall<Token>, "token") };
  const input = does === "boot" ? { id, target } : { id, target, delta, ...token };
  const call: StepCall = { kind: "step", action: does, input };
  calls.set(id, call);
  return call;
}
