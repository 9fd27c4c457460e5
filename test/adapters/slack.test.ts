import { WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSlackBinding, type SlackBinding } from "#adapters/slack/binding.ts";
import { slackDestination } from "#adapters/slack/destination.ts";
import type { Clock } from "#kit/clock.ts";
import { startSlackStandin, type SlackStandin } from "#sandbox/standins/start-slack-standin.ts";
import { destinationContract, tidings } from "../contracts/destination.ts";
import { situations } from "../scenarios/runs/index.ts";

const { acting, approvedAndSolved, waitsForApproval } = situations;

const token = "xoxb-practice-token-0001";
process.env["OPS_TEST_SLACK_TOKEN"] = token;

const bindingFor = (api: string, channel = "#incidents"): SlackBinding =>
  parseSlackBinding({ api, token: { env: "OPS_TEST_SLACK_TOKEN" }, channel });

/** A clock that moves only when told or slept on. */
function handClock(start: string): Clock & { advance(ms: number): void; slept: number } {
  let now = Date.parse(start);
  return {
    slept: 0,
    now: () => new Date(now),
    async sleep(ms) {
      now += ms;
      this.slept += ms;
    },
    advance(ms) {
      now += ms;
    },
  };
}

destinationContract("slack", async () => {
  const standin = await startSlackStandin({ token });
  const messages = () => standin.inbox().flatMap((channel) => channel.messages);
  return {
    open: () => slackDestination(bindingFor(standin.url), handClock("2026-11-21T03:30:00Z")),
    texts: () =>
      messages().flatMap(({ text, shown, replies }) => [text, shown, ...replies.map((reply) => reply.shown)]),
    conversations: () => messages().length,
    break: (kind, times) => standin.faults.add({ action: "chat.postMessage", kind, times }),
    close: () => standin.stop(),
  };
});

describe("slack destination", () => {
  let standin: SlackStandin;
  const parent = () => standin.inbox()[0]?.messages[0];

  beforeEach(async () => {
    standin = await startSlackStandin({ token });
  });
  afterEach(() => standin.stop());

  it("keeps one message per run in the channel and updates it in place", async () => {
    const clock = handClock("2026-11-21T03:12:30Z");
    const destination = slackDestination(bindingFor(standin.url), clock);

    const first = await destination.deliver(tidings(waitsForApproval));
    const second = await destination.deliver(tidings(acting, first.cursor, first.memory));
    await destination.deliver(tidings(approvedAndSolved, second.cursor, second.memory));

    expect(standin.inbox()[0]?.messages).toHaveLength(1);
    expect(parent()?.edits).toBe(2);
    expect(parent()?.text).toMatch(/^Done: platform-down on PRODUCTION\. Solved in 9 min 17 s/);
  });

  it("sends a reply to the channel only when somebody must act or it is over, and not twice for one thing", async () => {
    const destination = slackDestination(bindingFor(standin.url), handClock("2026-11-21T03:12:30Z"));
    const looking = await destination.deliver(tidings(waitsForApproval.slice(0, 4)));
    const asked = await destination.deliver(tidings(waitsForApproval, looking.cursor, looking.memory));
    await destination.deliver(tidings(approvedAndSolved, asked.cursor, asked.memory));

    const shouted = parent()?.replies.filter(({ broadcast }) => broadcast) ?? [];

    expect(shouted.map(({ shown }) => shown.split("\n")[0])).toEqual([
      ":hourglass_flowing_sand: *Waits for approval* · platform-down · *PRODUCTION*",
      ":white_check_mark: *Done* · platform-down · *PRODUCTION*",
    ]);
    expect(shouted[0]?.shown).toContain("`ops approve r-7f2a --plan ");
  });

  it("does not shout what its first message already says", async () => {
    await slackDestination(bindingFor(standin.url)).deliver(tidings(waitsForApproval));

    expect(parent()?.text).toMatch(/^Waits for approval: platform-down on PRODUCTION/);
    expect(parent()?.replies.filter(({ broadcast }) => broadcast)).toEqual([]);
  });

  it("paces its edits to one a second, but never the final one", async () => {
    const clock = handClock("2026-11-21T03:12:30Z");
    const destination = slackDestination(bindingFor(standin.url), clock);
    const first = await destination.deliver(tidings(waitsForApproval));
    const second = await destination.deliver(tidings(acting, first.cursor, first.memory));
    const slept = clock.slept;
    await destination.deliver(tidings(approvedAndSolved, second.cursor, second.memory));

    expect(slept).toBe(1_000);
    expect(clock.slept).toBe(1_000);
  });

  it("posts its message again when somebody deleted it", async () => {
    const destination = slackDestination(bindingFor(standin.url));
    const told = await destination.deliver(tidings(waitsForApproval));
    await standin.stop();
    standin = await startSlackStandin({ token });
    const elsewhere = slackDestination(bindingFor(standin.url));

    const again = await elsewhere.deliver(tidings(approvedAndSolved, told.cursor, told.memory));

    expect(again.failure).toBeUndefined();
    expect(parent()?.shown).toContain("Solved in 9 min 17 s");
  });

  it("owns up to a silence of more than a minute", async () => {
    const clock = handClock("2026-11-21T03:12:30Z");
    const destination = slackDestination(bindingFor(standin.url), clock);
    const told = await destination.deliver(tidings(waitsForApproval));
    standin.faults.add({ action: "chat.update", kind: "unavailable", times: 2 });

    const failed = await destination.deliver(tidings(acting, told.cursor, told.memory));
    clock.advance(90_000);
    const still = await destination.deliver(tidings(acting, failed.cursor, failed.memory));
    clock.advance(90_000);
    await destination.deliver(tidings(approvedAndSolved, still.cursor, still.memory));

    expect(parent()?.shown).toMatch(/silent 03:12:31–03:15:3\d/);
  });

  it.for(["chat.postMessage", "chat.update"] as const)(
    "says in plain words what Slack refuses for good of %s, and tells what follows",
    async (action) => {
      const destination = slackDestination(bindingFor(standin.url), handClock("2026-11-21T03:12:30Z"));
      const first = await destination.deliver(tidings(waitsForApproval));
      standin.faults.add({ action, kind: "refused", times: 1 });

      const second = await destination.deliver(tidings(acting, first.cursor, first.memory));
      const everything = JSON.stringify(standin.inbox());
      const last = await destination.deliver(tidings(approvedAndSolved, second.cursor, second.memory));

      expect(second.failure).toBeUndefined();
      expect(second.refused).toMatch(/^Slack refused .* entry \d+ \(invalid_blocks\) for good$/);
      expect(everything).toContain("(invalid_blocks)");
      expect(last).toMatchObject({ cursor: approvedAndSolved.length });
      expect(last.refused).toBeUndefined();
      expect(parent()?.shown).toContain("Solved in 9 min 17 s");
    },
  );

  it("finds its channel by id as well as by name", async () => {
    const delivery = await slackDestination(bindingFor(standin.url, "C000000001")).deliver(
      tidings(approvedAndSolved),
    );

    expect(delivery.failure).toBeUndefined();
    expect(standin.calls).not.toContain("conversations.list");
  });

  it.for([
    ["#nowhere", "channel_not_found"],
    ["#incidents", "invalid_auth"],
  ] as const)("says in Slack's own word why it cannot tell %s: %s", async ([channel, code]) => {
    process.env["OPS_TEST_SLACK_OTHER"] = code === "invalid_auth" ? "xoxb-another-token-0001" : token;
    const binding = { ...bindingFor(standin.url, channel), token: { env: "OPS_TEST_SLACK_OTHER" } };

    const { failure, cursor } = await slackDestination(binding).deliver(tidings(approvedAndSolved));

    expect(failure?.reason).toContain(code);
    expect(failure?.reason).not.toContain("xoxb-another");
    expect(cursor).toBe(0);
  });
});

describe("slack stand-in", () => {
  let standin: SlackStandin;
  const call = async (method: string, body: unknown, header: string | undefined = `Bearer ${token}`) => {
    const response = await fetch(`${standin.url}${method}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(header === undefined ? {} : { authorization: header }),
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return (await response.json()) as { readonly ok: boolean; readonly error?: string; readonly ts?: string };
  };

  beforeEach(async () => {
    standin = await startSlackStandin({ token });
  });
  afterEach(() => standin.stop());

  it.for([
    ["chat.postMessage", { channel: "nowhere", text: "x" }, "channel_not_found"],
    ["chat.postMessage", { channel: "incidents" }, "no_text"],
    ["chat.postMessage", { channel: "incidents", text: "x".repeat(40_001) }, "msg_too_long"],
    [
      "chat.postMessage",
      { channel: "incidents", text: "x", thread_ts: "1.000001" },
      "cannot_reply_to_message",
    ],
    ["chat.postMessage", { channel: "incidents", blocks: "[" }, "invalid_blocks_format"],
    [
      "chat.postMessage",
      {
        channel: "incidents",
        blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3_001) } }],
      },
      "invalid_blocks",
    ],
    [
      "chat.postMessage",
      { channel: "incidents", blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) },
      "invalid_blocks",
    ],
    ["chat.update", { channel: "incidents", ts: "1.000001", text: "x" }, "channel_not_found"],
    ["chat.update", { channel: "C000000001", ts: "1.000001", text: "x" }, "message_not_found"],
    ["chat.dance", {}, "unknown_method"],
    ["chat.postMessage", "not json", "invalid_json"],
  ] as const)("answers %s %o by %s", async ([method, body, code]) => {
    expect(await call(method, body)).toEqual({ ok: false, error: code });
  });

  it("lets nobody in without the right token", async () => {
    const wrong = await call("auth.test", {}, "Bearer xoxb-wrong");
    const response = await fetch(`${standin.url}auth.test`, { method: "POST" });

    expect(wrong.error).toBe("invalid_auth");
    expect(await response.json()).toEqual({ ok: false, error: "not_authed" });
  });

  it("serves the official client, with form bodies, threads, pages and metadata", async () => {
    const client = new WebClient(token, { slackApiUrl: standin.url });
    const { postMessage } = client.chat;
    const first = await postMessage({ channel: "#incidents", text: "a < b" });
    const where = { channel: first.channel ?? "", ts: first.ts ?? "" };
    for (const text of ["one", "two", "three"])
      await postMessage({
        channel: where.channel,
        thread_ts: where.ts,
        text,
        metadata: { event_type: "x", event_payload: { text } },
      });

    const page = await client.conversations.replies({ ...where, limit: 2, include_all_metadata: true });
    const rest = await client.conversations.replies({
      ...where,
      limit: 2,
      cursor: page.response_metadata?.next_cursor ?? "",
    });
    const history = await client.conversations.history({ channel: where.channel });

    expect((await client.auth.test()).ok).toBe(true);
    expect(page.messages?.map(({ text }) => text)).toEqual(["a < b", "one"]);
    expect(rest.messages?.map(({ text }) => text)).toEqual(["two", "three"]);
    expect(history.messages?.map(({ text, reply_count }) => [text, reply_count])).toEqual([["a < b", 3]]);
  });
});
