import { describe, expect, onTestFinished, test } from "vitest";
import { renderParent } from "#adapters/slack/render.ts";
import { definitionsOf } from "#bin/definitions.ts";
import type { EngineParts } from "#kit/engine.ts";
import { isCodedError, OpsError } from "#kit/errors.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import { inventoryOf } from "#kit/inventory.ts";
import type { Operators, Readers, Service } from "#kit/ports.ts";
import { renderTimeline, timelineMarkdown } from "#kit/render/timeline.ts";
import { operatorNames, readerNames } from "#kit/uses.ts";
import { scenarios } from "#runbooks/scenarios/index.ts";
import type { Scenario } from "#runbooks/scenarios/scenario.ts";
import { bench, lena, omar, type Bench } from "#test/fakes/engine.ts";

const { runbooks } = await definitionsOf(undefined);

/** Every runbook with the situation in which it does the most: the first that it solves, else its first. */
const table = runbooks.flatMap((runbook) => {
  const own = Object.entries(scenarios[runbook.id] ?? {});
  const [name, scenario] =
    own.find(([, one]) => one.outcome === "solved" && one.silence !== true) ?? own[0] ?? [];
  return name === undefined || scenario === undefined ? [] : [{ id: runbook.id, name, runbook, scenario }];
});
const acting = table.filter(({ scenario }) => scenario.outcome === "solved");

type Case = (typeof table)[number];

test("every runbook has a situation to be put into", () => {
  expect(table.map(({ id }) => id)).toEqual(runbooks.map(({ id }) => id));
});

function situation(scenario: Scenario): Bench {
  const made = bench({ services: scenario.services ?? [], journalIn: "memory" });
  onTestFinished(() => made.close());
  scenario.prepare(made.world);
  return made;
}

const started = (made: Bench, { runbook, scenario }: Case, changes: Partial<EngineParts> = {}) =>
  made.engine({ runbooks, ...changes }).run(runbook, scenario.params ?? {}, { by: lena });

/** Whatever happened, there is one record of it, it is whole, and no part of the tool broke. */
async function mustBeRecorded(made: Bench, state: RunState): Promise<void> {
  expect(state.ended, "it has an end").toBeDefined();
  expect(state.ended?.outcome, state.ended?.verdict).not.toBe("defect");
  expect((await made.journal.verify(state.run)).intact).toBe(true);
  expect(foldRun(await made.journal.read(state.run))?.ended).toEqual(state.ended);
}

/** The same ports, each call answered by `answer` instead where it gives something. */
function answering<Ports extends object>(
  ports: Ports,
  names: readonly string[],
  answer: (port: string, member: string, args: readonly unknown[]) => Promise<unknown> | undefined,
): Ports {
  const changed = names.map((name) => {
    const port: unknown = Reflect.get(ports, name);
    if (typeof port !== "object" || port === null) return [name, port];
    return [
      name,
      new Proxy(port, {
        get(target, member, receiver) {
          const own: unknown = Reflect.get(target, member, receiver);
          if (typeof own !== "function" || typeof member !== "string") return own;
          return (...args: readonly unknown[]) =>
            answer(name, member, args) ?? (Reflect.apply(own, target, args) as unknown);
        },
      }),
    ];
  });
  return { ...ports, ...Object.fromEntries(changed) };
}

const refusal = () =>
  Promise.reject(
    new OpsError("tool-refused", {
      summary: "AccessDenied: the credentials may not do this.",
      hint: "ops permissions prints what they need.",
    }),
  );

/** Operators that reach what an inventory names; the others work on the platform itself. */
const reaching = ["instanceAdmin", "balancerAdmin", "workloadAdmin"];

/** What a run asks of these operators. */
function watched(made: Bench): { readonly operators: Operators; readonly calls: readonly string[] } {
  const calls: string[] = [];
  const operators = answering(made.world.operators, operatorNames, (port, member) => {
    if (reaching.includes(port)) calls.push(`${port}.${member}`);
    return undefined;
  });
  return { operators, calls };
}

const without = ({ name, url, floor }: Service): Service => ({
  name,
  url,
  floor,
  instances: [],
  firewallGroups: [],
});
const elsewhere = (service: Service): Service => ({
  ...service,
  instances: service.instances.map((_, at) => `i-unknown${at}`),
  ...(service.group === undefined ? {} : { group: `${service.group}-unknown` }),
  ...(service.workload === undefined ? {} : { workload: "csrd-unknown" }),
});

/** Real adapters' words for what is not named, and for what is not there. */
function strictly(readers: Readers, known: readonly Service[]): Readers {
  return answering(readers, ["workloads", "instances", "balancer", "hosts"], (port, member, [what]) => {
    if (port === "balancer")
      return known.some(({ group, rule }) => group === what || rule === what) || member === "weights"
        ? undefined
        : refusal();
    const ids = port === "instances" && Array.isArray(what) ? what : undefined;
    const service = ids === undefined ? (what as Service) : undefined;
    const isEmpty =
      ids?.length === 0 ||
      (service !== undefined && service.instances.length === 0 && service.workload === undefined);
    if (isEmpty)
      return Promise.reject(
        new OpsError("selector-empty", { summary: "Nothing is named.", hint: "Empty is never all." }),
      );
    const isKnown =
      ids?.every((id) => known.some(({ instances }) => instances.includes(String(id)))) ??
      known.some(
        ({ name, workload, instances }) =>
          name === service?.name &&
          workload === service.workload &&
          instances.join() === service.instances.join(),
      );
    return isKnown ? undefined : refusal();
  });
}

describe("an environment that names nothing, or what is not there", () => {
  test.for(
    table.flatMap((one) => [
      { ...one, which: "empty selectors", change: without },
      { ...one, which: "unknown ids", change: elsewhere },
    ]),
  )("$id with $which: nothing that they would reach is touched", async ({ change, ...one }) => {
    const made = situation(one.scenario);
    made.approveSoon();
    const { services } = made.world.readers.inventory;
    const { operators, calls } = watched(made);
    const readers = {
      ...strictly(made.world.readers, services),
      inventory: inventoryOf("production", services.map(change)),
    };

    const state = await started(made, one, { readers, operators: async () => operators });

    await mustBeRecorded(made, state);
    expect(calls).toEqual([]);
  });
});

test.for(table)(
  "$id where no target is healthy and no unit ready: ends as one of its rules says",
  async (one) => {
    const made = situation(one.scenario);
    made.approveSoon();
    for (const machine of made.world.machines) machine.mood = "stuck";
    if (made.world.workloads.services !== "silent")
      for (const { units } of made.world.workloads.services.values())
        for (const unit of units) Object.assign(unit, { ready: false, state: "failed", stuck: true });

    const state = await started(made, one);

    await mustBeRecorded(made, state);
    expect(Object.keys(one.runbook.rules)).toContain(state.decision?.rule);
  },
);

describe("the world changed between plan and act", () => {
  test.for(acting)("$id: nothing is done by a plan that the findings no longer ask for", async (one) => {
    const made = situation(one.scenario);
    const calm = bench({ services: one.scenario.services ?? [], journalIn: "memory" });
    onTestFinished(() => calm.close());
    const now = answering(made.world.readers, readerNames, (port, member, args) => {
      if (!isAsked(made)) return undefined;
      const other: unknown = Reflect.get(calm.world.readers, port);
      const own: unknown =
        typeof other === "object" && other !== null ? Reflect.get(other, member) : undefined;
      return typeof own === "function" ? (Reflect.apply(own, other, args) as Promise<unknown>) : undefined;
    });
    made.approveSoon();
    const fresh = await calm.engine({ runbooks }).plan(one.runbook, one.scenario.params ?? {}, { by: lena });

    const state = await started(made, one, { readers: now });

    await mustBeRecorded(made, state);
    // A plan of safe steps alone asks nobody; one that a calm world asks for as well may go on.
    if (!isAsked(made) || fresh.plan?.digest === state.plan?.digest) return;
    expect([state.ended?.outcome, state.ended?.fault?.code]).toEqual(["guarded", "plan-stale"]);
    expect(made.world.effects).toEqual([]);
  });
});

function isAsked(made: Bench): boolean {
  return made.entries.some(({ event }) => event.type === "approval.asked");
}

test.for(acting)(
  "$id against an API that says yes and does nothing: not one step counts as a cure",
  async (one) => {
    const made = situation(one.scenario);
    made.approveSoon();
    // What a world of its own answers is said, and nothing happens in the one that is looked at.
    const shadow = situation(one.scenario);
    const saying = async () => shadow.world.operators;

    const state = await started(made, one, { operators: saying });

    await mustBeRecorded(made, state);
    expect(made.world.effects).toEqual([]);
    expect(state.ended?.outcome, state.ended?.verdict).not.toBe("solved");
  },
);

describe("defect 11: a command that never ends, a probe that hangs", () => {
  test.for(table)(
    "$id: whichever tool never answers, the look is over in time and says what is not known",
    async (one) => {
      for (const silent of readerNames) {
        const made = situation(one.scenario);
        const readers = answering(made.world.readers, readerNames, (port) =>
          port === silent ? new Promise(() => undefined) : undefined,
        );

        const state = await made
          .engine({ runbooks, readers })
          .plan(one.runbook, one.scenario.params ?? {}, { by: lena });

        await mustBeRecorded(made, state);
        const hung = state.probes.filter(({ finding }) => finding?.known === false);
        for (const { name, finding } of hung)
          expect(finding, `${silent}: ${name}`).toMatchObject({ reason: expect.stringMatching(/\w/) });
        if (hung.some(({ optional }) => !optional)) expect(state.ended?.outcome, silent).toBe("escalated");
        expect(made.world.effects).toEqual([]);
      }
    },
  );
});

test.for(acting)("$id approved after its plan has expired: refused, and nothing is done", async (one) => {
  const made = situation(one.scenario);
  const left = await made
    .engine({ runbooks })
    .run(one.runbook, one.scenario.params ?? {}, { by: lena, wait: false });
  if (left.approvalAsked === undefined) return mustBeRecorded(made, left);
  await made.parts.clock.sleep(16 * 60_000);

  const approved = await made
    .engine({ runbooks })
    .approve(left.run, { digest: left.plan?.digest ?? "", by: omar })
    .then(
      () => "approved",
      (error: unknown) => (isCodedError(error) ? error.code : "not coded"),
    );
  const state = await made
    .engine({ runbooks, owner: "desk:2:bbbbbb" })
    .resume(left.run, { by: lena })
    .catch(async () => foldRun(await made.journal.read(left.run)));

  expect(approved).not.toBe("approved");
  expect(approved).not.toBe("not coded");
  expect(state?.ended?.outcome).toBe("approval-expired");
  expect(made.world.effects).toEqual([]);
});

test.for(acting)(
  "$id run by two engineers at once: each effect once, the second is told who works there",
  async (one) => {
    const alone = situation(one.scenario);
    alone.approveSoon();
    await started(alone, one);
    const made = situation(one.scenario);
    made.approveSoon();

    const [first, second] = await Promise.all([
      started(made, one),
      made
        .engine({ runbooks, owner: "laptop:2:bbbbbb" })
        .run(one.runbook, one.scenario.params ?? {}, { by: { ...omar, name: "ana" } }),
    ]);

    await mustBeRecorded(made, first);
    await mustBeRecorded(made, second);
    expect(made.world.effects.toSorted()).toEqual(alone.world.effects.toSorted());
    const ends = [first, second].map(({ ended }) => ended?.fault?.code ?? ended?.outcome);
    expect(ends).toContain("solved");
    expect(ends.some((end) => end === "lock-held" || end === "plan-stale")).toBe(true);
  },
);

const hostile = [
  "$(reboot); `reboot` && rm -rf / | tee /etc/passwd",
  "<!channel> <!everyone> <@U123> <https://evil.example|click here>",
  "*bold* _it_ ~no~ `code` ```block```",
  "\u001b[2J\u001b[31mred\u001b]8;;https://evil.example\u0007link",
  "line one\nSOLVED  All is well\r\nX-Injected: 1",
  "\u202Eesrever \u200Bhidden\u0000",
  '"; DROP TABLE run; --',
  "{{ .Values.secret }} ${IFS} %s%n",
];

test.for(table)(
  "$id begun by an alert whose label carries shell and Slack syntax: it is text, and nothing else",
  async (one) => {
    const plain = situation(one.scenario);
    plain.approveSoon();
    await started(plain, one);
    const made = situation(one.scenario);
    made.approveSoon();
    const text = hostile.join(" ");

    const state = await made.engine({ runbooks }).run(one.runbook, one.scenario.params ?? {}, {
      by: { ...lena, via: "webhook" },
      reason: text,
      alert: { name: hostile[1] ?? "", since: "2026-11-21T03:00:00.000Z", summary: text },
    });

    await mustBeRecorded(made, state);
    expect(made.world.effects).toEqual(plain.world.effects);
    const entries = await made.journal.read(state.run);
    const screen = { columns: 80, rows: 24, color: false, ascii: false, suffix: "" };
    const shown = renderTimeline(screen, entries).join("\n");
    expect(`${shown}${timelineMarkdown(entries)}`).not.toMatch(
      // oxlint-disable-next-line no-control-regex -- that there is none is what is held
      /[\u0000-\u0008\u000b-\u001f\u007f\u200b\u202e]/,
    );
    expect(shown).not.toMatch(/^SOLVED {2}All is well/m);
    const slack = JSON.stringify(renderParent(state));
    expect(slack).not.toMatch(/<!(channel|everyone|here)>|<@U123>|<https:\/\/evil/);
  },
);

describe("credentials without permission", () => {
  test.for(table)("$id may not look: what is not known is said, nothing is done", async (one) => {
    const made = situation(one.scenario);
    made.approveSoon();
    const readers = answering(made.world.readers, readerNames, refusal);

    const state = await started(made, one, { readers });

    await mustBeRecorded(made, state);
    expect(made.world.effects).toEqual([]);
    expect(state.ended?.outcome).not.toBe("solved");
    expect(state.probes.some(({ finding }) => finding?.known === false)).toBe(true);
  });

  test.for(acting)(
    "$id may not act: it stops at the step that was refused, and says by whom",
    async (one) => {
      const made = situation(one.scenario);
      made.approveSoon();
      const operators = answering(made.world.operators, operatorNames, refusal);

      const state = await started(made, one, { operators: async () => operators });

      await mustBeRecorded(made, state);
      expect(made.world.effects).toEqual([]);
      expect(state.ended?.outcome).not.toBe("solved");
      expect(JSON.stringify(state.steps)).toContain("AccessDenied");
    },
  );
});
