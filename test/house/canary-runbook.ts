import { z } from "zod";
import {
  defineAction,
  defineCheck,
  defineRunbook,
  defineWatch,
  degraded,
  eventually,
  handOver,
  healthy,
  plan,
  ref,
  together,
  unhealthy,
  waitFor,
} from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { Engine, Request } from "#kit/engine.ts";
import type { PlanItem, StepCall, WatchCall } from "#kit/plan.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Judgement } from "#kit/watch.ts";
import { lena, omar } from "../fakes/engine.ts";

/** One way in which a secret gets out of a vendor, a person or a mistake: what is spilled, and where. */
export type Leak = {
  readonly where: string;
  readonly runbook: Runbook;
  readonly request: Request;
  readonly params?: Readonly<Record<string, unknown>>;
  /** What people and tools say while it runs, by the entry that has just been written. */
  readonly meanwhile?: (engine: Engine, entry: JournalEntry) => Promise<unknown> | undefined;
  /** What is said once it is over. */
  readonly afterwards?: (engine: Engine, run: string) => Promise<unknown>;
  /** Runbooks that it hands over to. */
  readonly others?: readonly Runbook[];
};

type Seen = { readonly met: boolean; readonly saw: string; readonly hopeless?: string };

type Holes = {
  readonly probe?: () => Promise<unknown>;
  readonly extra?: () => Promise<unknown>;
  readonly reads?: string;
  readonly because?: string;
  readonly decideThrows?: string;
  readonly input?: string;
  readonly label?: string;
  readonly before?: () => Promise<unknown>;
  readonly run?: () => Promise<void>;
  readonly confirm?: () => Promise<Seen>;
  readonly settle?: () => Promise<{
    readonly outcome: "done" | "not-done" | "unknown";
    readonly because: string;
  }>;
  readonly check?: () => Promise<string>;
  readonly unit?: string;
  readonly refusal?: string;
  readonly texts?: string;
  readonly result?: string;
  readonly undo?: boolean;
  readonly glance?: {
    readonly look?: () => Promise<unknown>;
    readonly reads?: string;
    readonly verdict: Judgement["verdict"];
    readonly because?: string;
    readonly label?: string;
    readonly judgeThrows?: string;
  };
  readonly wait?: { readonly ask: string; readonly ifSilent: "stop" | "undo" | "go-on" };
  readonly handOver?: string;
  readonly beside?: () => Promise<string>;
  readonly again?: boolean;
  readonly risk?: "safe" | "destructive";
  readonly together?: boolean;
};

/** A runbook with a hole in it: one step, and whatever else the hole needs. */
function leaky(holes: Holes, id = "canary"): Runbook {
  const poke = defineAction({
    title: `Poke ${holes.texts ?? ""}`,
    input: z.object({ target: z.string(), note: z.string() }),
    risk: holes.risk ?? "safe",
    label: ({ target }) => `Poke ${target} ${holes.label ?? ""}`,
    preview: () => `poke it ${holes.label ?? ""}`,
    targets: ({ target }) => [target],
    within: "30s",
    before: holes.before ?? (async () => ({})),
    returns: z.object({ given: z.string() }),
    async run() {
      await holes.run?.();
      return { given: holes.result ?? "none" };
    },
    async confirm() {
      const { met, saw, hopeless }: Seen = await (holes.confirm?.() ?? { met: true, saw: "it was poked" });
      return met ? { met, saw } : { met, saw, ...(hopeless === undefined ? {} : { hopeless }) };
    },
    ...(holes.settle === undefined ? {} : { settle: holes.settle }),
    ...(holes.undo === true
      ? {
          undo: (_: unknown, before: unknown) => [
            {
              kind: "step" as const,
              action: "poke",
              input: { target: "api-1", note: JSON.stringify(before) },
            },
          ],
        }
      : {}),
  });
  const glance = defineWatch({
    title: `Glance ${holes.texts ?? ""}`,
    input: z.object({ target: z.string() }),
    label: ({ target }) => `Glance at ${target} ${holes.glance?.label ?? ""}`,
    preview: () => `look at it ${holes.glance?.label ?? ""}`,
    every: "5s",
    within: "10s",
    look: holes.glance?.look ?? (async () => 1),
    read: () => holes.glance?.reads ?? "something",
    judge() {
      if (holes.glance?.judgeThrows !== undefined) throw new Error(holes.glance.judgeThrows);
      return { verdict: holes.glance?.verdict ?? "pass", because: holes.glance?.because ?? "it looks so" };
    },
  });
  const beside = defineCheck({
    id: "canary-beside",
    title: `Nobody is hurt ${holes.texts ?? ""}`,
    every: "30s",
    timeout: "5s",
    look: holes.beside ?? (async () => "fine"),
    judge: (says) =>
      says === "fine" ? healthy(says) : says.includes("hurt") ? unhealthy(says) : degraded(says),
  });
  const answers = defineCheck({
    id: "canary-answers",
    title: `It answers ${holes.texts ?? ""}`,
    every: "30s",
    timeout: "5s",
    look: holes.check ?? (async () => "fine"),
    judge: (says) =>
      says === "fine" ? healthy(says) : says.length % 2 === 0 ? unhealthy(says) : degraded(says),
  });
  type Poke = StepCall<{ readonly given: string }>;
  type Calls = {
    readonly poke: (input: { readonly target: string; readonly note: string }) => Poke;
    readonly glance: (input: { readonly target: string }) => WatchCall;
  };
  const itemsOf = (round: number, { poke, glance }: Calls): readonly PlanItem[] => {
    const first = poke({ target: `api-${round}`, note: holes.input ?? "" });
    const { wait } = holes;
    return [
      holes.together === true ? together([first, poke({ target: "api-8", note: holes.input ?? "" })]) : first,
      ...(holes.glance === undefined ? [] : [glance({ target: "api-1" })]),
      ...(wait === undefined ? [] : [waitFor("canary-says", { ...wait, within: "30s" })]),
      ...(holes.result === undefined ? [] : [poke({ target: "api-9", note: ref(first, "given") })]),
    ];
  };
  return defineRunbook({
    id,
    title: `Canary ${holes.texts ?? ""}`,
    summary: `Finds out whether secrets get out ${holes.texts ?? ""}`,
    severity: "P0",
    owner: "platform",
    implements: [],
    symptoms: [],
    rules: {},
    trigger: [],
    params: {
      word: z
        .string()
        .refine(() => holes.refusal === undefined, { error: holes.refusal ?? "" })
        .default("w"),
    },
    lock: "canary",
    within: "10m",
    diagnose: {
      look: {
        ask: `What is there? ${holes.texts ?? ""}`,
        look: holes.probe ?? (async () => 1),
        read: () => ({ state: "bad", says: holes.reads ?? "something" }),
      },
    },
    optional: {
      extra: {
        ask: "What else?",
        look: holes.extra ?? (async () => 1),
        read: () => ({ state: "note", says: "nothing" }),
      },
    },
    decide(_findings, _params, actions, { round = 1 }) {
      if (holes.decideThrows !== undefined) throw new Error(holes.decideThrows);
      if (holes.handOver !== undefined)
        return handOver(
          { id: "canary-child" },
          { word: holes.handOver },
          { rule: "other", because: "another fits" },
        );
      return plan(
        {
          rule: "always",
          because: holes.because ?? "it is a test",
          leavesAlone: [`api-2 ${holes.label ?? ""}`],
        },
        itemsOf(round, actions),
      );
    },
    mitigate: { poke },
    watches: { glance },
    during: holes.beside === undefined ? [] : [beside],
    handsOverTo: ["canary-child"],
    ...(holes.again === true ? { notVerified: "again" as const } : {}),
    vitals: [{ label: "healthy", look: async () => ({ value: 1, unit: holes.unit ?? "" }) }],
    verify: [eventually(answers, { within: "30s", steadyFor: "10s" })],
    afterwards: [`Tell everybody ${holes.texts ?? ""}`],
  });
}

/** Every place where something foreign enters a run. `spill` says the secret in a sentence, in many forms. */
export function leaksWith(spill: string): readonly Leak[] {
  const vendor = () =>
    new OpsError("tool-refused", {
      summary: `The cloud refused: ${spill}.`,
      hint: `Try ${spill}`,
      details: `body ${spill}`,
      cause: new AggregateError([new Error(spill)], spill),
    });
  const lost = () => new OpsError("tool-unreachable", { summary: `No answer: ${spill}.`, hint: spill });
  const fails = async (error: Error) => {
    throw error;
  };
  const leak = (where: string, holes: Holes, request: Partial<Request> = {}): Leak => ({
    where,
    runbook: leaky(holes),
    request: { by: lena, alert, ...request },
  });
  let looks = 0;
  return [
    leak("a required probe throws", { probe: () => fails(new Error(spill)) }),
    leak("an optional probe throws", { extra: () => fails(vendor()) }),
    leak("a finding's value", { probe: async () => ({ deep: [{ [spill]: spill }], list: [spill] }) }),
    leak("a reading", { reads: spill }),
    leak("the reason of a decision", { because: spill }),
    leak("deciding throws", { decideThrows: spill }),
    leak("a step's label, preview and what is left alone", { label: spill }),
    leak("titles, questions and afterwards", { texts: spill }),
    leak("what was seen before a step", { before: async () => ({ [spill]: [spill] }) }),
    leak("looking before a step throws", { before: () => fails(vendor()) }),
    leak("an action throws", { run: () => fails(new Error(spill, { cause: new Error(spill) })) }),
    leak("an action is refused by a vendor", { run: () => fails(vendor()) }),
    leak("an answer is lost and settling says unknown", {
      run: () => fails(lost()),
      settle: async () => ({ outcome: "unknown", because: spill }),
    }),
    leak("an answer is lost and settling says not done", {
      run: () => fails(lost()),
      settle: async () => ({ outcome: "not-done", because: spill }),
    }),
    leak("an answer is lost and settling says done", {
      run: () => fails(lost()),
      settle: async () => ({ outcome: "done", because: spill }),
    }),
    leak("an answer is lost and settling throws", {
      run: () => fails(lost()),
      settle: () => fails(vendor()),
    }),
    leak("what confirming saw", {
      confirm: async () => {
        looks += 1;
        return { met: looks % 3 === 0, saw: `${spill} ${looks}` };
      },
    }),
    leak("confirming throws", { confirm: () => fails(vendor()) }),
    leak("confirming is hopeless", { confirm: async () => ({ met: false, saw: spill, hopeless: spill }) }),
    leak("what a check says", { check: async () => spill }),
    leak("a check throws", { check: () => fails(vendor()) }),
    leak("the unit of a vital sign", { unit: spill }),
    leak("the reason of a run", {}, { reason: spill }),
    leak("an alert", {}, { alert: { name: spill, since: alert.since, summary: spill } }),
    leak("the name of a person", {}, { by: { ...lena, name: spill } }),
    leak("a step's input", { input: spill }),
    ...watchLeaks(spill, leak),
    ...waitLeaks(spill, leak),
    ...peopleLeaks(spill, leak),
    leak("what a step gave back, and the step that needs it", { result: spill }),
    leak("what was seen before a step that is taken back", {
      before: async () => ({ was: spill }),
      undo: true,
      glance: { verdict: "fail" },
    }),
    leak("steps at the same time, one of which throws", {
      together: true,
      run: () => fails(new Error(spill)),
    }),
    leak("a check beside the work, bad", { beside: async () => `bad ${spill}` }),
    leak("a check beside the work, so bad that the run stops", { beside: async () => `hurt ${spill}` }),
    leak("a check beside the work throws", { beside: () => fails(vendor()) }),
    leak("the proof that fails, and the round after it", { check: async () => `${spill}!`, again: true }),
    {
      ...leak("a parameter of the runbook that takes over", { handOver: spill }),
      others: [leaky({}, "canary-child")],
    },
    {
      ...leak("the verdict of the runbook that takes over", { handOver: "w" }),
      others: [leaky({ run: () => fails(vendor()) }, "canary-child")],
    },
    { ...leak("a parameter", {}), params: { word: spill } },
    { ...leak("the refusal of a parameter", { refusal: spill }), params: { word: "x" } },
  ];
}

type MakeLeak = (where: string, holes: Holes, request?: Partial<Request>) => Leak;

/** A watch: its samples, how they read, and what its judge says of them. */
function watchLeaks(spill: string, leak: MakeLeak): readonly Leak[] {
  const decided = (engine: Engine, { event, run }: JournalEntry) =>
    event.type === "watch.judged" && event.verdict === "inconclusive"
      ? engine.signal(run, { signal: event.key, by: lena, value: "go-on", text: spill })
      : undefined;
  return [
    leak("a watch's samples", { glance: { verdict: "pass", look: async () => ({ [spill]: [spill] }) } }),
    leak("a watch's look throws", {
      glance: { verdict: "pass", look: () => Promise.reject(new Error(spill)) },
    }),
    leak("how a sample reads", { glance: { verdict: "pass", reads: spill } }),
    leak("a watch's label", { glance: { verdict: "pass", label: spill } }),
    leak("why a watch passed", { glance: { verdict: "pass", because: spill } }),
    leak("why a watch failed", { glance: { verdict: "fail", because: spill }, undo: true }),
    leak("why a watch is still undecided", { glance: { verdict: "continue", because: spill } }),
    leak("a judge that throws", { glance: { verdict: "pass", judgeThrows: spill } }),
    {
      ...leak("why a watch cannot tell, and what a person says to it", {
        glance: { verdict: "inconclusive", because: spill },
      }),
      meanwhile: decided,
    },
  ];
}

/** A wait: what is asked, and what is said to it. */
function waitLeaks(spill: string, leak: MakeLeak): readonly Leak[] {
  const saying =
    (more: { readonly value?: unknown; readonly text?: string }) =>
    (engine: Engine, { event, run }: JournalEntry) =>
      event.type === "step.started" && event.key === "2"
        ? engine.signal(run, { signal: "canary-says", by: lena, ...more })
        : undefined;
  const wait = { ask: "Say so", ifSilent: "stop" } as const;
  return [
    leak("what is waited for, in vain", { wait: { ask: spill, ifSilent: "stop" } }),
    leak("what is waited for, and gone on without", { wait: { ask: spill, ifSilent: "go-on" } }),
    { ...leak("the text of a signal", { wait }), meanwhile: saying({ text: spill }) },
    { ...leak("the value of a signal", { wait }), meanwhile: saying({ value: { [spill]: [spill] } }) },
  ];
}

/** What people write beside a run: reasons, reviews, revocations. */
function peopleLeaks(spill: string, leak: MakeLeak): readonly Leak[] {
  const glass = { reason: `nobody answers the pager and it burns, ${spill}`, confirm: async () => true };
  return [
    {
      ...leak("the reason for breaking the glass, and the review of it", { risk: "destructive" }, { glass }),
      afterwards: (engine, run) =>
        engine.review(run, { by: omar, text: `it was the right thing to do here, ${spill}` }),
    },
    {
      ...leak("the reason for taking an approval back", { risk: "destructive" }),
      meanwhile: (engine, { event, run }) => {
        if (event.type === "approval.asked")
          return engine
            .approve(run, { digest: event.digest, by: omar })
            .then(() => engine.revoke(run, { by: omar, reason: spill }));
        return undefined;
      },
    },
  ];
}

const alert = { name: "Canary", since: "2026-11-21T03:10:00.000Z", summary: "it sings" };
