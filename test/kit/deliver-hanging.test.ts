import { afterEach, beforeEach, expect, test } from "vitest";
import { parsePagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { pagerDutyDestination } from "#adapters/pagerduty/destination.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { slackDestination } from "#adapters/slack/destination.ts";
import { foldRun } from "#kit/fold.ts";
import type { Destination } from "#kit/outbox.ts";
import { drain, owed } from "#kit/run/deliver.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { startPagerDutyStandin, type PagerDutyStandin } from "#sandbox/standins/start-pagerduty-standin.ts";
import { startSlackStandin, type SlackStandin } from "#sandbox/standins/start-slack-standin.ts";
import { bench, lena } from "#test/fakes/engine.ts";

const tokens = {
  OPS_TEST_HANG_SLACK: "xoxb-practice-token-0009",
  OPS_TEST_HANG_ROUTING: "practice-routing-key-00000000009",
  OPS_TEST_HANG_PAGER: "practice-api-token-9",
} as const;
let slack: SlackStandin;
let pager: PagerDutyStandin;
let destinations: readonly Destination[];

beforeEach(async () => {
  Object.assign(process.env, tokens);
  slack = await startSlackStandin({ token: tokens.OPS_TEST_HANG_SLACK });
  pager = await startPagerDutyStandin({
    routingKey: tokens.OPS_TEST_HANG_ROUTING,
    apiToken: tokens.OPS_TEST_HANG_PAGER,
  });
  destinations = [
    slackDestination(
      parseSlackBinding({ api: slack.url, token: { env: "OPS_TEST_HANG_SLACK" }, channel: "#incidents" }),
    ),
    pagerDutyDestination(
      parsePagerDutyBinding({
        events: pager.url,
        api: pager.url,
        routingKey: { env: "OPS_TEST_HANG_ROUTING" },
        notes: { token: { env: "OPS_TEST_HANG_PAGER" }, from: "ops@example.com" },
      }),
    ),
  ];
});
afterEach(async () => {
  for (const name of Object.keys(tokens)) delete process.env[name];
  await Promise.all([slack.stop(), pager.stop()]);
});

test("Slack and PagerDuty silent for a whole run delay no entry of it, and hear all of it afterwards, once", async () => {
  for (const action of ["chat.postMessage", "chat.update", "conversations.list", "conversations.history"])
    slack.faults.add({ action, kind: "silent", times: 1_000 });
  for (const action of ["enqueue", "incidents", "notes"])
    pager.faults.add({ action, kind: "silent", times: 1_000 });
  const made = bench();
  for (const machine of made.world.machines) machine.mood = "dead";
  made.approveSoon();
  const unheard: Promise<unknown>[] = [];
  let telling: Promise<unknown> | undefined;

  // As the command line does it: one drain at a time, begun by entries and waited for by nobody.
  const state = await made
    .engine({
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        telling ??= drain(made.journal, "production", destinations, made.parts.clock, "a").finally(() => {
          telling = undefined;
        });
        unheard.push(telling);
      },
    })
    .run(platformDown, {}, { by: lena });
  const asked = slack.calls.length + pager.calls.length;
  const stillTelling = telling !== undefined;
  await Promise.all(unheard);
  const before = await owed(
    made.journal,
    "production",
    destinations.map(({ name }) => name),
  );
  slack.faults.clear();
  pager.faults.clear();
  await drain(made.journal, "production", destinations, made.parts.clock, "a", { now: true });
  await drain(made.journal, "production", destinations, made.parts.clock, "a", { now: true });

  const after = await owed(
    made.journal,
    "production",
    destinations.map(({ name }) => name),
  );
  const entries = await made.journal.read(state.run);
  made.close();
  // The run was over while the first call of each was still unanswered: nothing of it waited for them.
  expect(state.ended?.outcome).toBe("solved");
  expect(stillTelling).toBe(true);
  expect(asked).toBeLessThanOrEqual(2);
  expect(before.map(({ destination }) => destination).toSorted()).toEqual(["pagerduty", "slack:#incidents"]);
  expect(after).toEqual([]);
  expect(slack.inbox()[0]?.messages).toHaveLength(1);
  const verdict = foldRun(entries)?.ended?.verdict ?? "no verdict";
  expect(JSON.stringify(slack.inbox()).split(JSON.stringify(verdict).slice(1, -1)).length).toBeGreaterThan(1);
  expect(JSON.stringify(pager.inbox())).toContain(JSON.stringify(verdict).slice(1, -1));
  expect(pager.inbox()).toHaveLength(1);
});
