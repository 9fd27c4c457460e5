import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePagerDutyBinding, type PagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { pagerDutyDestination } from "#adapters/pagerduty/destination.ts";
import { startPagerDutyStandin, type PagerDutyStandin } from "#sandbox/standins/start-pagerduty-standin.ts";
import { destinationContract, tidings } from "../contracts/destination.ts";
import { situations } from "../scenarios/runs/index.ts";

const { acting, allClear, approvedAndSolved, notVerified, plannedOnly, stepFailed, waitsForApproval } =
  situations;

const keys = { routingKey: "practice-routing-key-00000000001", apiToken: "practice-api-token-1" };
process.env["OPS_TEST_PD_KEY"] = keys.routingKey;
process.env["OPS_TEST_PD_TOKEN"] = keys.apiToken;

const bindingFor = (url: string): PagerDutyBinding =>
  parsePagerDutyBinding({
    events: url,
    api: url,
    routingKey: { env: "OPS_TEST_PD_KEY" },
    notes: { token: { env: "OPS_TEST_PD_TOKEN" }, from: "ops@example.com" },
  });

destinationContract("pagerduty", async () => {
  const standin = await startPagerDutyStandin(keys);
  return {
    open: () => pagerDutyDestination(bindingFor(standin.url)),
    texts: () =>
      standin.inbox().flatMap(({ title, notes }) => [title, ...notes.map(({ content }) => content)]),
    conversations: () => standin.inbox().length,
    break: (kind, times) =>
      standin.faults.add({ action: standin.inbox().length === 0 ? "enqueue" : "notes", kind, times }),
    close: () => standin.stop(),
  };
});

describe("pagerduty destination", () => {
  let standin: PagerDutyStandin;
  const incident = () => standin.inbox()[0];
  const types = () => incident()?.log.map(({ type }) => type.replace("_log_entry", "")) ?? [];

  beforeEach(async () => {
    standin = await startPagerDutyStandin(keys);
  });
  afterEach(() => standin.stop());

  it("opens an incident, acknowledges it when approved, resolves it only when verified solved", async () => {
    const destination = pagerDutyDestination(bindingFor(standin.url));

    const waits = await destination.deliver(tidings(waitsForApproval));
    const whileWaiting = incident()?.status;
    const acts = await destination.deliver(tidings(acting, waits.cursor, waits.memory));
    const whileActing = incident()?.status;
    await destination.deliver(tidings(approvedAndSolved, acts.cursor, acts.memory));

    expect([whileWaiting, whileActing, incident()?.status]).toEqual([
      "triggered",
      "acknowledged",
      "resolved",
    ]);
    expect(incident()?.title).toBe("P0 PRODUCTION platform-down: API unreachable from outside");
    expect(types().filter((type) => type !== "annotate")).toEqual(["trigger", "acknowledge", "resolve"]);
  });

  it.for([
    ["not verified", notVerified],
    ["failed", stepFailed],
    ["all clear", allClear],
  ] as const)("leaves the incident open when the run ended %s", async ([, entries]) => {
    await pagerDutyDestination(bindingFor(standin.url)).deliver(tidings(entries));

    expect(incident()?.status).not.toBe("resolved");
    expect(types()).not.toContain("resolve");
  });

  it("pages nobody for a plan that was only looked at", async () => {
    const entries = plannedOnly.map((entry) =>
      entry.event.type === "run.asked" ? { ...entry, event: { ...entry.event, planOnly: true } } : entry,
    );

    await pagerDutyDestination(bindingFor(standin.url)).deliver(tidings(entries));

    expect(standin.calls).toEqual([]);
  });

  it.for([
    ["P2", approvedAndSolved, []],
    ["P2", stepFailed, ["warning"]],
    ["P3", notVerified, ["info"]],
  ] as const)(
    "pages for a %s run only when it ended needing a person",
    async ([severity, story, severities]) => {
      const entries = story.map((entry) =>
        entry.event.type === "run.asked" ? { ...entry, event: { ...entry.event, severity } } : entry,
      );

      await pagerDutyDestination(bindingFor(standin.url)).deliver(tidings(entries));

      expect(standin.inbox().map((each) => each.severity)).toEqual(severities);
    },
  );

  it("waits for an incident that PagerDuty has accepted and not made yet", async () => {
    const destination = pagerDutyDestination(bindingFor(standin.url));
    standin.faults.add({ action: "incidents", kind: "not-yet", times: 2 });

    const early = await destination.deliver(tidings(approvedAndSolved));
    const later = await destination.deliver(tidings(approvedAndSolved, early.cursor, early.memory));

    expect(early.failure?.retryAfterMs).toBeGreaterThan(0);
    expect(later.failure).toBeUndefined();
    expect(incident()?.notes.at(-1)?.content).toMatch(/^Solved in 9 min 17 s/);
    expect(types().filter((type) => type === "trigger")).toHaveLength(1);
  });

  it("pages although the notes cannot be written, and says so", async () => {
    process.env["OPS_TEST_PD_WRONG"] = "wrong-api-token-0001";
    const binding = {
      ...bindingFor(standin.url),
      notes: { token: { env: "OPS_TEST_PD_WRONG" }, from: "ops@example.com" },
    };

    const { failure } = await pagerDutyDestination(binding).deliver(tidings(waitsForApproval));

    expect(incident()?.status).toBe("triggered");
    expect(failure?.reason).toContain("401");
    expect(failure?.reason).not.toContain("wrong-api-token");
  });

  it("does not try an event again that can never be accepted, and owns up to it", async () => {
    const { notes: _, ...binding } = bindingFor(standin.url);
    const destination = pagerDutyDestination(binding);
    standin.faults.add({ action: "enqueue", kind: "refused", times: 1 });

    const refused = await destination.deliver(tidings(waitsForApproval));
    await destination.deliver(tidings(waitsForApproval, refused.cursor, refused.memory));

    expect(refused.failure).toBeUndefined();
    expect(refused.refused).toContain("400");
    expect(refused.cursor).toBe(waitsForApproval.length);
    expect(standin.calls).toEqual(["POST /v2/enqueue"]);
  });

  it("keeps a page that a wrong key refused, and sends it once the key is put right", async () => {
    process.env["OPS_TEST_PD_OTHER"] = "another-routing-key-0000000000001";
    const { notes: _, ...binding } = bindingFor(standin.url);
    const wrong = pagerDutyDestination({ ...binding, routingKey: { env: "OPS_TEST_PD_OTHER" } });

    const kept = await wrong.deliver(tidings(waitsForApproval));
    const sent = await pagerDutyDestination(binding).deliver(
      tidings(waitsForApproval, kept.cursor, kept.memory),
    );

    expect(kept.failure?.reason).toContain("400");
    expect(kept.failure?.reason).not.toContain("another-routing-key");
    expect(kept.cursor).toBe(0);
    expect(sent.failure).toBeUndefined();
    expect(incident()?.status).toBe("triggered");
  });

  it("passes over a note that is refused for good, names it, and writes what follows", async () => {
    const destination = pagerDutyDestination(bindingFor(standin.url));
    const first = await destination.deliver(tidings(approvedAndSolved.slice(0, 14)));
    standin.faults.add({ action: "notes", kind: "refused", times: 1 });

    const rest = await destination.deliver(tidings(approvedAndSolved, first.cursor, first.memory));

    expect(rest.refused).toMatch(/400.*note up to entry \d+/);
    expect(rest.cursor).toBe(approvedAndSolved.length);
    expect(JSON.stringify(standin.inbox())).toContain("Solved in 9 min 17 s");
  });

  it("opens no second incident for a solved run although it remembers nothing", async () => {
    await pagerDutyDestination(bindingFor(standin.url)).deliver(tidings(approvedAndSolved));

    await pagerDutyDestination(bindingFor(standin.url)).deliver(tidings(approvedAndSolved));

    expect(standin.inbox()).toHaveLength(1);
    expect(types().filter((type) => type === "trigger")).toHaveLength(1);
  });
});

describe("pagerduty stand-in", () => {
  let standin: PagerDutyStandin;
  const enqueue = async (event: unknown) =>
    (await fetch(`${standin.url}/v2/enqueue`, { method: "POST", body: JSON.stringify(event) })).status;
  const trigger = {
    routing_key: keys.routingKey,
    event_action: "trigger",
    dedup_key: "k",
    payload: { summary: "s", source: "here", severity: "critical" },
  };
  const rest = (
    path: string,
    init: {
      readonly method?: string;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    } = {},
  ) =>
    fetch(`${standin.url}${path}`, {
      ...init,
      headers: { authorization: `Token token=${keys.apiToken}`, ...init.headers },
    });

  beforeEach(async () => {
    standin = await startPagerDutyStandin(keys);
  });
  afterEach(() => standin.stop());

  it.for([
    ["another routing key", { ...trigger, routing_key: "no" }],
    ["no payload", { ...trigger, payload: undefined }],
    [
      "a summary over 1,024 characters",
      { ...trigger, payload: { ...trigger.payload, summary: "x".repeat(1_025) } },
    ],
    ["an unknown severity", { ...trigger, payload: { ...trigger.payload, severity: "P0" } }],
    ["a dedup key over 255 characters", { ...trigger, dedup_key: "x".repeat(256) }],
    ["no dedup key to resolve", { routing_key: keys.routingKey, event_action: "resolve" }],
    [
      "more than 512 KB",
      { ...trigger, payload: { ...trigger.payload, custom_details: "x".repeat(525_000) } },
    ],
  ] as const)("refuses an event with %s", async ([, event]) => {
    expect(await enqueue(event)).toBe(400);
    expect(standin.inbox()).toEqual([]);
  });

  it("folds repeats into the open incident, drops what has none, and opens a new one after a resolve", async () => {
    const closing = { routing_key: keys.routingKey, event_action: "resolve", dedup_key: "k" };

    const statuses = [
      await enqueue(closing),
      await enqueue(trigger),
      await enqueue(trigger),
      await enqueue(closing),
      await enqueue(trigger),
    ];

    expect(statuses).toEqual([202, 202, 202, 202, 202]);
    expect(standin.inbox().map(({ status, log }) => [status, log.length])).toEqual([
      ["resolved", 3],
      ["triggered", 1],
    ]);
  });

  it("asks for a token, and for a From header before it takes a note", async () => {
    await enqueue(trigger);
    const id = standin.inbox()[0]?.id ?? "";
    const body = JSON.stringify({ note: { content: "hello" } });

    const stranger = await fetch(`${standin.url}/incidents`);
    const nameless = await rest(`/incidents/${id}/notes`, { method: "POST", body });
    const signed = await rest(`/incidents/${id}/notes`, {
      method: "POST",
      body,
      headers: { from: "ops@example.com" },
    });
    const log = (await (await rest(`/incidents/${id}/log_entries`)).json()) as {
      log_entries: { type: string }[];
    };

    expect([stranger.status, nameless.status, signed.status]).toEqual([401, 400, 200]);
    expect(log.log_entries.map(({ type }) => type).sort()).toEqual([
      "annotate_log_entry",
      "trigger_log_entry",
    ]);
    expect((await rest("/incidents/NONE")).status).toBe(404);
  });
});
