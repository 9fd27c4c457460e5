import { describe, expect, test } from "vitest";
import type { Readers } from "#kit/ports.ts";
import type { KillSwitch, SwitchSeen } from "#kit/ports/switches.ts";
import { parseParams } from "#kit/run/begin.ts";
import { decideWith } from "#kit/run/decide.ts";
import { loadPolicy } from "#bin/policy.ts";
import { switchesObeyed } from "#checks/switches-obeyed.ts";
import { agentNames } from "#platform/contract.ts";
import { switchScopes } from "#platform/service/switches.ts";
import { agentKillSwitch } from "#runbooks/agent-kill-switch.ts";
import { obedience } from "#rules/switches.ts";
import { productionTimes } from "#test/fakes/world.ts";

const services = ["worker", ...agentNames];
const known = <T>(value: T) => ({ known: true, value });
const all = (...off: readonly string[]): readonly SwitchSeen[] =>
  services.map((process) => ({ process, off }));
const but = (name: string, ...off: readonly string[]): readonly SwitchSeen[] =>
  all(...off).map((one) => (one.process === name ? { ...one, off: [] } : one));
const without = (name: string, ...off: readonly string[]): readonly SwitchSeen[] =>
  all(...off).filter(({ process }) => process !== name);
const thrown = (scope: string): KillSwitch => ({
  scope,
  off: true,
  reason: "INC-7 wrong figures",
  by: "operator:omar@desk",
  since: "2026-11-21T01:00:00.000Z",
});

function seen(switches: readonly KillSwitch[], processes: readonly SwitchSeen[] | undefined = all()) {
  return {
    switches,
    seen:
      processes.length === 0
        ? { known: false, reason: "no answer in 5 s" }
        : known({ seen: processes, services }),
    audiences: known(["ai-platform-owner", "compliance-manager"]),
  };
}

function decide(findings: ReturnType<typeof seen>, params: Readonly<Record<string, string>> = {}) {
  return decideWith(agentKillSwitch, findings, parseParams(agentKillSwitch, { scope: "all", ...params }), {
    now: "2026-11-21T03:12:00.000Z",
    times: productionTimes,
  });
}

const on = { to: "on", validation: "CHG-12" };

describe("agent-kill-switch decides", () => {
  test.for([
    ["plan", "off", "everything is on", seen([]), {}],
    ["plan", "off", "another agent is off", seen([thrown("intake")], all("intake")), { scope: "calculator" }],
    ["plan", "off", "nobody answers: it is thrown all the same", seen([], []), {}],
    ["hand-over", "not-obeyed", "a process goes on", seen([thrown("all")], but("calculator", "all")), {}],
    ["escalate", "no-word", "a process says nothing", seen([thrown("all")], without("audit", "all")), {}],
    ["escalate", "no-word", "no process could be asked", seen([thrown("all")], []), {}],
    ["all-clear", "off-and-obeyed", "all obey", seen([thrown("all")], all("all")), {}],
    [
      "all-clear",
      "off-and-obeyed",
      "the agent and the worker obey, whatever its neighbours do",
      seen([thrown("calculator")], but("audit", "calculator")),
      { scope: "calculator" },
    ],
    ["escalate", "no-record", "no record is named", seen([thrown("all")], all("all")), { to: "on" }],
    ["all-clear", "on-already", "it is on", seen([]), on],
    ["plan", "on", "it is off and a record is named", seen([thrown("all")], all("all")), on],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings, params]) => {
    expect(decide(findings, params)).toMatchObject({ kind, rule });
  });

  test("a process that goes on is restarted by force, by the name of its service", () => {
    const processes = all("all").map((one) =>
      one.process === "audit" ? { process: "audit 10.0.0.7", off: [] } : one,
    );

    expect(decide(seen([thrown("all")], processes))).toMatchObject({
      runbook: "restart-service",
      params: { service: "audit", how: "forced" },
    });
  });
});

describe("where the environment names nobody who obeys", () => {
  test("nobody is said to obey: a person looks", () => {
    const nobody = { ...seen([thrown("all")]), seen: known({ seen: [], services: [] }) };

    expect(decide(nobody)).toMatchObject({
      kind: "escalate",
      rule: "no-word",
      because: expect.stringContaining("names neither the worker nor an agent"),
    });
  });

  test("nothing is proven by asking nobody", async () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the two readers that the action takes, and no other
    const readers = {
      switches: { seen: async () => [] },
      inventory: { services: [{ name: "api" }] },
    } as unknown as Readers;

    expect(
      await agentKillSwitch.mitigate.obeyed.confirm?.({ scope: "all", off: true }, {}, readers),
    ).toMatchObject({ met: false, hopeless: expect.stringContaining("Nobody is known to obey") });
  });
});

describe("who has to say yes", () => {
  const asked = (risk: "safe" | "destructive", at: string) =>
    loadPolicy()({ risk, tier: "production", severity: "P0", at: new Date(at), zone: "UTC", onCall: [] });

  test("to stop: nobody, because it is the safe direction and loses nothing", () => {
    const { off, obeyed, tell } = agentKillSwitch.mitigate;

    expect([off.risk, obeyed.risk, tell.risk]).toEqual(["safe", "safe", "safe"]);
    expect(asked("safe", "2026-11-21T03:00:00Z").count).toBe(0);
    expect(off).not.toHaveProperty("undo");
  });

  test("to go on: another person than the one who asks, at any hour, who types what it is about", () => {
    expect(agentKillSwitch.mitigate.on.risk).toBe("destructive");
    for (const at of ["2026-11-20T10:00:00Z", "2026-11-21T03:00:00Z"])
      expect(asked("destructive", at)).toMatchObject({ requesterMay: false, strength: "target" });
    expect(asked("destructive", "2026-11-21T03:00:00Z").count).toBeGreaterThanOrEqual(1);
  });

  test.for(["CHG", "CHG-", "chg-1", "CHG-1; drop", "https://x/CHG-1", "CHG-1\n", "$(CHG-1)"])(
    "no record is %j",
    (validation) => {
      expect(() => parseParams(agentKillSwitch, { scope: "all", validation })).toThrow(
        /must be like CHG-123/,
      );
    },
  );
});

test("every switch that the platform has can be thrown here, and no other", () => {
  for (const scope of switchScopes) expect(parseParams(agentKillSwitch, { scope })).toMatchObject({ scope });
  expect(() => parseParams(agentKillSwitch, { scope: "everything" })).toThrow();
  expect(() => parseParams(agentKillSwitch, {})).toThrow();
});

describe("obedience", () => {
  test.for([
    ["everything is about everybody", "all", but("audit", "all"), ["audit"], []],
    ["an agent's switch is about it", "calculator", but("calculator", "calculator"), ["calculator"], []],
    ["and about the worker", "calculator", but("worker", "calculator"), ["worker"], []],
    ["and about nobody else", "calculator", but("intake", "calculator"), [], []],
    [
      "language models are the materiality agent's",
      "llm-openai",
      but("materiality", "llm-openai"),
      ["materiality"],
      [],
    ],
    ["who says nothing is named", "all", without("reporting", "all"), [], ["reporting"]],
  ] as const)("%s", ([, scope, processes, defy, silent]) => {
    expect(obedience(scope, true, { seen: processes, services })).toMatchObject({ defy, silent });
  });
});

describe("every process obeys the kill switches", () => {
  test.for([
    ["healthy", "nothing is off", [], all()],
    ["healthy", "what is off is off for all", [thrown("all")], all("all")],
    ["unhealthy", "one goes on", [thrown("all")], but("audit", "all")],
    ["unhealthy", "one stays off", [{ ...thrown("all"), off: false }], all("all")],
    ["degraded", "one says nothing", [thrown("all")], without("audit", "all")],
  ] as const)("%s when %s", ([state, , switches, processes]) => {
    expect(switchesObeyed.judge({ all: switches, seen: processes, services })).toMatchObject({ state });
  });
});
