import { describe, expect, onTestFinished, test } from "vitest";
import { pagerDutyProbes } from "#adapters/pagerduty/doctor.ts";
import { parsePagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { pagerDutyKeys } from "#adapters/pagerduty/permissions.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { slackDestination } from "#adapters/slack/destination.ts";
import { slackProbes } from "#adapters/slack/doctor.ts";
import { slackManifest, slackScopes } from "#adapters/slack/permissions.ts";
import { systemClock } from "#kit/clock.ts";
import { runProbe, type ReadinessProbe } from "#kit/readiness.ts";
import { serve } from "#sandbox/standins/serve.ts";
import { startPagerDutyStandin } from "#sandbox/standins/start-pagerduty-standin.ts";
import { startSlackStandin } from "#sandbox/standins/start-slack-standin.ts";
import { destinationContract, tidings } from "#test/contracts/destination.ts";
import { situations } from "#test/scenarios/runs/index.ts";

const token = "xoxb-practice-token-0002";
process.env["OPS_TEST_SLACK_RIGHTS"] = token;

const bindingFor = (api: string, channel = "#incidents") =>
  parseSlackBinding({ api, token: { env: "OPS_TEST_SLACK_RIGHTS" }, channel });
const bare = bindingFor("https://slack.com/api/");

/** A clock on which a pause takes no time. */
const swift = { now: () => new Date(), sleep: async () => undefined };

const examine = (probes: readonly ReadinessProbe[]) =>
  Promise.all(probes.map((probe) => runProbe(probe, systemClock, 10_000)));

async function workspace(scopes: readonly string[]) {
  const standin = await startSlackStandin({ token, scopes });
  onTestFinished(() => standin.stop().catch(() => undefined));
  return standin;
}

describe("a Slack token with exactly the manifest's scopes", () => {
  destinationContract("slack, least scopes", async () => {
    const standin = await startSlackStandin({ token, scopes: slackScopes(bare) });
    const messages = () => standin.inbox().flatMap((channel) => channel.messages);
    return {
      open: () => slackDestination(bindingFor(standin.url), swift),
      texts: () =>
        messages().flatMap(({ text, shown, replies }) => [
          text,
          shown,
          ...replies.map((reply) => reply.shown),
        ]),
      conversations: () => messages().length,
      break: (kind, times) => standin.faults.add({ action: "chat.postMessage", kind, times }),
      close: () => standin.stop(),
    };
  });

  test("is ready to the doctor, who posts nothing", async () => {
    const standin = await workspace(slackScopes(bare));

    const findings = await examine(slackProbes(bindingFor(standin.url), "production"));

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["slack.token", "ready"],
      ["slack.channel", "ready"],
      ["slack.clock", "ready"],
    ]);
    expect(standin.calls.filter((method) => method.startsWith("chat."))).toEqual([]);
  });

  test.for(slackScopes(bare).map((scope) => [scope] as const))(
    "cannot do without %s: a run is not told, or told twice, and the doctor names it",
    async ([lacking]) => {
      const standin = await workspace(slackScopes(bare).filter((scope) => scope !== lacking));
      const { approvedAndSolved } = situations;

      // Another process that was told nothing by the first: it has to recognise what is there.
      const [first, second] = [
        await slackDestination(bindingFor(standin.url), swift).deliver(tidings(approvedAndSolved)),
        await slackDestination(bindingFor(standin.url), swift).deliver(tidings(approvedAndSolved)),
      ];

      const told = standin.inbox()[0]?.messages.length ?? 0;
      expect(first.failure !== undefined || second.failure !== undefined || told !== 1).toBe(true);
      const [finding] = await examine(slackProbes(bindingFor(standin.url), "production"));
      expect(finding).toMatchObject({ state: lacking === "chat:write" ? "not-ready" : "warning" });
      expect(finding?.says).toContain(lacking);
      expect(finding?.now).toContain("ops permissions --env production --part slack");
    },
  );

  test("needs fewer scopes for a channel that is bound by its id", async () => {
    const standin = await workspace(slackScopes(bindingFor("https://slack.com/api/", "C000000001")));
    const open = () => slackDestination(bindingFor(standin.url, "C000000001"), swift);

    await open().deliver(tidings(situations.approvedAndSolved));
    const again = await open().deliver(tidings(situations.approvedAndSolved));

    expect(again.failure).toBeUndefined();
    expect(standin.inbox()[0]?.messages).toHaveLength(1);
    expect(slackScopes(bindingFor("https://slack.com/api/", "G000000001"))).toEqual([
      "chat:write",
      "groups:history",
    ]);
  });

  test("is what the manifest asks for, and nothing else", () => {
    expect(slackManifest(bare).oauth_config.scopes.bot).toEqual(slackScopes(bare));
  });
});

test.for([
  ["a token that Slack does not know", "xoxb-other", "#incidents", "slack.token", "not-ready"],
  ["a channel that is not there", token, "#nosuch", "slack.channel", "not-ready"],
] as const)("the doctor finds %s", async ([, given, channel, id, state]) => {
  const standin = await startSlackStandin({ token });
  onTestFinished(() => standin.stop());
  process.env["OPS_TEST_SLACK_OTHER"] = given;
  const binding = parseSlackBinding({ api: standin.url, token: { env: "OPS_TEST_SLACK_OTHER" }, channel });

  const findings = await examine(slackProbes(binding, "production"));

  expect(findings.find((finding) => finding.id === id)?.state).toBe(state);
  expect(JSON.stringify(findings)).not.toContain(given);
});

test("a Slack that throws the token back is quoted without it", async () => {
  const secret = "xoxb-thrown-back-0123456789";
  process.env["OPS_TEST_SLACK_ECHO"] = secret;
  const echo = await serve(async ({ headers }) => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ok: false, error: `bad ${headers.authorization}`, url: "x" }),
  }));
  onTestFinished(() => echo.stop());
  const binding = parseSlackBinding({
    api: `${echo.url}/api/`,
    token: { env: "OPS_TEST_SLACK_ECHO" },
    channel: "incidents",
  });

  const findings = await examine(slackProbes(binding, "production"));

  expect(findings[0]?.says).toContain("refused: bad");
  expect(JSON.stringify(findings)).not.toContain(secret);
});

describe("PagerDuty", () => {
  const routingKey = "0123456789abcdef0123456789abcdef";
  const apiToken = "practice-rest-token-01";

  async function paged(given: { readonly key?: string; readonly token?: string } = {}) {
    const standin = await startPagerDutyStandin({ routingKey, apiToken });
    onTestFinished(() => standin.stop().catch(() => undefined));
    process.env["OPS_TEST_PD_KEY"] = given.key ?? routingKey;
    process.env["OPS_TEST_PD_TOKEN"] = given.token ?? apiToken;
    const binding = parsePagerDutyBinding({
      events: standin.url,
      api: standin.url,
      routingKey: { env: "OPS_TEST_PD_KEY" },
      notes: { token: { env: "OPS_TEST_PD_TOKEN" }, from: "ops@example.com" },
    });
    return { standin, binding };
  }

  test("is looked at without paging anybody", async () => {
    const { standin, binding } = await paged();

    const findings = await examine(pagerDutyProbes(binding));

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["pagerduty.key", "ready"],
      ["pagerduty.events", "ready"],
      ["pagerduty.notes", "ready"],
    ]);
    expect(standin.inbox()).toEqual([]);
    expect(standin.calls.filter((call) => call.startsWith("POST"))).toEqual([]);
  });

  test.for([
    ["a key that cannot be one", { key: "too-short" }, "pagerduty.key"],
    ["a token that it does not know", { token: "some-other-token-0000" }, "pagerduty.notes"],
  ] as const)("shows %s, and never the value", async ([, given, id]) => {
    const { binding } = await paged(given);

    const findings = await examine(pagerDutyProbes(binding));

    expect(findings.filter(({ state }) => state !== "ready").map((finding) => finding.id)).toEqual([id]);
    for (const value of Object.values(given)) expect(JSON.stringify(findings)).not.toContain(value);
  });

  test("that does not answer hides nothing else", async () => {
    const { standin, binding } = await paged();
    await standin.stop();

    const findings = await examine(pagerDutyProbes(binding));

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["pagerduty.key", "ready"],
      ["pagerduty.events", "not-ready"],
      ["pagerduty.notes", "not-ready"],
    ]);
  });

  test("needs two keys where notes are written, one where they are not", () => {
    const { notes: _, ...events } = parsePagerDutyBinding({
      routingKey: { env: "OPS_TEST_PD_KEY" },
      notes: { token: { env: "OPS_TEST_PD_TOKEN" }, from: "ops@example.com" },
    });

    expect(pagerDutyKeys(events)).toHaveLength(1);
    expect(pagerDutyKeys({ ...events, notes: { token: { env: "X" }, from: "a@b.c" } })).toHaveLength(2);
  });
});
