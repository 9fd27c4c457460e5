import { describe, expect, onTestFinished, test } from "vitest";
import { slackAnnouncements, slackAnnouncer } from "#adapters/slack/announcer.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { slackProbes } from "#adapters/slack/doctor.ts";
import { slackScopes } from "#adapters/slack/permissions.ts";
import { systemClock } from "#kit/clock.ts";
import { saidForMs } from "#kit/ports/announcer.ts";
import { runProbe } from "#kit/readiness.ts";
import { startSlackStandin } from "#sandbox/standins/start-slack-standin.ts";

const token = "xoxb-practice-token-0003";
process.env["OPS_TEST_SLACK_ANNOUNCER"] = token;

const key = "llm-api-outage:all-out:anthropic+openai";
const text = "The language models do not answer.\nNobody knows yet for how long.";

async function slack(audiences: Readonly<Record<string, string>>, scopes?: readonly string[]) {
  const standin = await startSlackStandin({
    token,
    channels: ["incidents", "status", "compliance"],
    ...(scopes === undefined ? {} : { scopes }),
  });
  onTestFinished(() => standin.stop().catch(() => undefined));
  const binding = {
    api: standin.url,
    token: { env: "OPS_TEST_SLACK_ANNOUNCER" },
    channel: "incidents",
    audiences,
  };
  const inChannel = (name: string) =>
    standin
      .inbox()
      .find((channel) => channel.name === name)
      ?.messages.map(({ shown }) => shown) ?? [];
  return { standin, binding, inChannel };
}

const both = { users: "#status", "compliance-manager": "compliance" };

describe("people are told in Slack", () => {
  test("each audience in its own channel, once for a key, whoever says it", async () => {
    const { binding, inChannel } = await slack(both);

    const first = await slackAnnouncer(binding).say("users", key, text);
    const again = await slackAnnouncer(binding).say("users", key, "The same in other words, by another run.");
    await slackAnnouncer(binding).say("compliance-manager", key, text);

    expect(again).toEqual(first);
    expect(inChannel("status")).toEqual([text]);
    expect(inChannel("compliance")).toEqual([text]);
    expect(inChannel("incidents")).toEqual([]);
  });

  test("what was said is found again by another process, and forgotten after its time", async () => {
    const { binding } = await slack(both);
    const later = { ...systemClock, now: () => new Date(Date.now() + saidForMs + 60_000) };

    const said = await slackAnnouncer(binding).say("users", key, text);

    expect(await slackAnnouncements(binding).said("users", key)).toEqual(said);
    expect(await slackAnnouncements(binding).said("users", `${key}:other`)).toBeUndefined();
    expect(await slackAnnouncements(binding).said("compliance-manager", key)).toBeUndefined();
    expect(await slackAnnouncements(binding, later).said("users", key)).toBeUndefined();
  });

  test("a lost reply is settled by looking, and the next attempt says nothing twice", async () => {
    const { standin, binding, inChannel } = await slack(both);
    standin.faults.add({ action: "chat.postMessage", kind: "reply-lost", times: 1 });

    await expect(slackAnnouncer(binding).say("users", key, text)).rejects.toMatchObject({
      code: "tool-unreachable",
    });
    const said = await slackAnnouncements(binding).said("users", key);
    await slackAnnouncer(binding).say("users", key, text);

    expect(said?.where).toContain("#status");
    expect(inChannel("status")).toHaveLength(1);
  });

  test("is found behind more messages than one page holds", async () => {
    const { binding } = await slack(both);
    const announcer = slackAnnouncer(binding);
    await announcer.say("users", key, text);
    const { WebClient } = await import("@slack/web-api");
    const { postMessage } = new WebClient(token, { slackApiUrl: binding.api }).chat;
    for (let count = 0; count < 230; count += 1)
      await postMessage({ channel: "status", text: `chatter ${count}` });

    expect(await slackAnnouncements(binding).said("users", key)).toBeDefined();
  });

  test("foreign words in it mention nobody, link nowhere and format nothing", async () => {
    const { standin, binding } = await slack(both);
    const hostile = "Status page says: <!channel> @here <https://evil.example|ok> *bold* `x` :fire: & more";

    await slackAnnouncer(binding).say("users", key, hostile);

    const [raw] = standin.inbox().find(({ name }) => name === "status")?.messages ?? [];
    expect(raw?.shown).not.toContain("@here");
    expect(raw?.shown).not.toMatch(/\*bold\*|`x`|:fire:/);
    expect(raw?.shown).toContain("<!channel>");
    expect(raw?.text).toBe(raw?.shown);
  });

  test("an audience for which no channel is named is refused, and not among those who can be told", async () => {
    const { binding, standin } = await slack({ users: "status" });

    await expect(slackAnnouncer(binding).say("engineering", key, text)).rejects.toMatchObject({
      code: "binding-missing",
    });
    expect(await slackAnnouncements(binding).audiences()).toEqual(["users"]);
    expect(await slackAnnouncements(undefined).audiences()).toEqual([]);
    expect(standin.calls).not.toContain("chat.postMessage");
  });

  test("who may not read the channel still tells; what was said cannot be looked up, which is not the same as nothing", async () => {
    const { binding, inChannel } = await slack(both, ["chat:write"]);

    await slackAnnouncer(binding).say("users", key, text);

    expect(inChannel("status")).toEqual([text]);
    await expect(slackAnnouncements(binding).said("users", key)).rejects.toMatchObject({
      code: "tool-refused",
    });
  });

  test("the doctor names a channel that is not there, and the manifest asks for what each channel needs", async () => {
    const { binding } = await slack({ users: "status", engineering: "#gone" });
    const parsed = parseSlackBinding(binding);

    const findings = await Promise.all(
      slackProbes(parsed, "production").map((probe) => runProbe(probe, systemClock, 10_000)),
    );

    expect(Object.fromEntries(findings.map(({ id, state }) => [id, state]))).toMatchObject({
      "slack.audience.users": "ready",
      "slack.audience.engineering": "not-ready",
    });
    expect(slackScopes({ ...parsed, channel: "C0123456789", audiences: { users: "G0123456789" } })).toEqual([
      "chat:write",
      "channels:history",
      "groups:history",
    ]);
  });
});
