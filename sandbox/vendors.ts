import { randomBytes } from "node:crypto";
import type { Audience } from "#kit/ports/announcer.ts";
import { freePort } from "./backends/free-port.ts";
import type { Cloud } from "./cloud.ts";
import type { Inbox } from "./inbox.ts";
import { type Line, startLine } from "./line.ts";
import { region } from "./names.ts";
import { keepSecret } from "./secrets.ts";
import { startAwsStandin } from "./standins/start-aws-standin.ts";
import { startPagerDutyStandin } from "./standins/start-pagerduty-standin.ts";
import { startSlackStandin } from "./standins/start-slack-standin.ts";

/** The vendors' clouds, as the practice production has them: stand-ins that speak the real protocols, each behind a line that can be cut. */
export type Vendors = {
  readonly lines: Readonly<Record<"aws" | "slack" | "pagerduty", Line>>;
  /** The `bindings` of the environment file; secrets by the file that holds them. */
  readonly bindings: Readonly<Record<string, unknown>>;
  /** What people would see in Slack and PagerDuty. */
  inbox(): Inbox;
  /** Takes away what audiences were told, so that the next practice begins with people who know nothing. */
  forgetTold(): void;
  stop(): Promise<void>;
};

/** Where the practice's audiences are told things. */
const audienceChannels = {
  users: "status",
  "compliance-manager": "compliance",
  "ai-platform-owner": "ai-platform",
  "data-quality": "esg-data",
  engineering: "engineering",
} as const satisfies Record<Audience, string>;

/** Starts the stand-ins over the practice cloud; their credentials are made up here and written to files only the owner can read. */
export async function startVendors(dir: string, cloud: Cloud): Promise<Vendors> {
  const keys = { read: newKeyPair(), act: newKeyPair() };
  const slackToken = `xoxb-${newToken()}`;
  const routingKey = randomBytes(16).toString("hex");
  const apiToken = newToken();

  const aws = await startAwsStandin({ cloud, keys });
  const slack = await startSlackStandin({
    token: slackToken,
    channels: ["incidents", ...Object.values(audienceChannels)],
  });
  const pagerduty = await startPagerDutyStandin({ routingKey, apiToken });
  const lines = {
    aws: await startLine(aws.url),
    slack: await startLine(slack.url),
    pagerduty: await startLine(pagerduty.url),
  };

  const pair = (name: "read" | "act") => ({
    accessKeyId: keepSecret(dir, `aws-${name}-key-id`, keys[name].accessKeyId),
    secretAccessKey: keepSecret(dir, `aws-${name}-secret`, keys[name].secretAccessKey),
  });
  return {
    lines,
    bindings: {
      aws: {
        region,
        endpoint: lines.aws.url,
        read: pair("read"),
        act: pair("act"),
        machines: { lookDocument: "csrd-ops-look", restartDocument: "csrd-ops-restart" },
      },
      slack: {
        api: `${lines.slack.url}/api/`,
        token: keepSecret(dir, "slack-token", slackToken),
        channel: "incidents",
        audiences: audienceChannels,
      },
      pagerduty: {
        events: lines.pagerduty.url,
        api: lines.pagerduty.url,
        routingKey: keepSecret(dir, "pagerduty-routing-key", routingKey),
        notes: { token: keepSecret(dir, "pagerduty-token", apiToken), from: "ops@practice.invalid" },
      },
      control: {
        port: await freePort(),
        secret: keepSecret(dir, "control-key", randomBytes(32).toString("hex")),
      },
    },
    inbox: () => ({ slack: slack.inbox(), pagerduty: pagerduty.inbox() }),
    forgetTold: () => Object.values(audienceChannels).forEach((channel) => slack.forget(channel)),
    stop: async () => {
      await Promise.all(Object.values(lines).map((line) => line.stop()));
      await Promise.all([aws.stop(), slack.stop(), pagerduty.stop()]);
    },
  };
}

function newKeyPair() {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
  };
}

function newToken(): string {
  return randomBytes(20).toString("hex");
}
