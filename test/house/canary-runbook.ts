import { z } from "zod";
import {
  defineAction,
  defineCheck,
  defineRunbook,
  degraded,
  eventually,
  healthy,
  plan,
  unhealthy,
} from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { Request } from "#kit/engine.ts";
import { lena } from "../fakes/engine.ts";

/** One way in which a secret gets out of a vendor, a person or a mistake: what is spilled, and where. */
export type Leak = {
  readonly where: string;
  readonly runbook: Runbook;
  readonly request: Request;
  readonly params?: Readonly<Record<string, unknown>>;
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
};

/** A runbook of one safe step with a hole in it. */
function leaky(holes: Holes): Runbook {
  const poke = defineAction({
    title: `Poke ${holes.texts ?? ""}`,
    input: z.object({ target: z.string(), note: z.string() }),
    risk: "safe",
    label: () => `Poke api-1 ${holes.label ?? ""}`,
    preview: () => `poke it ${holes.label ?? ""}`,
    targets: ({ target }) => [target],
    within: "30s",
    before: holes.before ?? (async () => ({})),
    run: holes.run ?? (async () => undefined),
    async confirm() {
      const { met, saw, hopeless }: Seen = await (holes.confirm?.() ?? { met: true, saw: "it was poked" });
      return met ? { met, saw } : { met, saw, ...(hopeless === undefined ? {} : { hopeless }) };
    },
    ...(holes.settle === undefined ? {} : { settle: holes.settle }),
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
  return defineRunbook({
    id: "canary",
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
    decide(_findings, _params, actions) {
      if (holes.decideThrows !== undefined) throw new Error(holes.decideThrows);
      return plan(
        {
          rule: "always",
          because: holes.because ?? "it is a test",
          leavesAlone: [`api-2 ${holes.label ?? ""}`],
        },
        [actions.poke({ target: "api-1", note: holes.input ?? "" })],
      );
    },
    mitigate: { poke },
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
    { ...leak("a parameter", {}), params: { word: spill } },
    { ...leak("the refusal of a parameter", { refusal: spill }), params: { word: "x" } },
  ];
}

const alert = { name: "Canary", since: "2026-11-21T03:10:00.000Z", summary: "it sings" };
