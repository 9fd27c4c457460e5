import { letAgentsGoOn, letQueueGoOn, pauseAndSend } from "./queue-faults.ts";
import {
  mendErrors,
  startBehindSlowLine,
  startWithWrongSettings,
  takeTime,
  whileReadersCome,
} from "./error-faults.ts";
import type { CloudKind } from "./cloud-kinds.ts";
import { sendBadData } from "./data-faults.ts";
import { mendModels, whileReportsCome } from "./model-faults.ts";
import { openRules } from "./firewall.ts";
import { feed } from "./hogs/feed.ts";
import { deployTags, isApi, machineNamed } from "./machines.ts";
import { firstWeights, type Production } from "./production.ts";
import { firewallGroups } from "./names.ts";

/** One thing that can be broken on purpose, with the sentence that says what it does. */
export type SandboxFault = {
  readonly title: string;
  /** Where it can be; on both clouds when left out. */
  readonly on?: CloudKind;
  readonly inject: (production: Production) => void | Promise<void>;
};

const apiMachines = (production: Production) => production.machines.filter(isApi);
const kill = (name: string) => (production: Production) =>
  void machineNamed(production.machines, name)?.signal("SIGKILL");

/** Everything `ops sandbox break` can do; each is real (a signal, a removed rule, a broken setting) and undone by `ops sandbox mend`. */
export const faults = {
  "api-down": {
    title: "Both API processes are killed; the balancer has nobody left to ask.",
    inject: (production) => apiMachines(production).forEach((machine) => machine.signal("SIGKILL")),
  },
  "api-one-down": {
    title: "One of two API processes is killed; users notice little, and the next failure is an outage.",
    inject: kill("api-2"),
  },
  "api-hang": {
    title: "One API process stops without ending: its port still accepts connections, and nothing answers.",
    inject: (production) => void machineNamed(production.machines, "api-2")?.signal("SIGSTOP"),
  },
  "bad-deploy": {
    // A Deployment that cannot start leaves the pods before it where they are, so that nobody notices.
    on: "aws",
    title: "A new version is deployed to both API instances just now, and it cannot start with its settings.",
    inject: (production) => {
      const at = new Date();
      for (const machine of apiMachines(production)) {
        const { args, env } = machine.program();
        const before = production.around.version;
        machine.setTags({ ...machine.tags(), ...deployTags("0.2.0", before, at) });
        machine.setProgram({
          args,
          env: { ...env, CSRD_VERSION: "0.2.0", CSRD_REDIS_URL: "redis.internal" },
        });
        machine.reboot();
      }
    },
  },
  "firewall-closed": {
    title: "The rule that lets the balancer reach the API is removed from the security group.",
    inject: ({ firewall }) =>
      firewall.setRules(firewall.rules().filter(({ group }) => group !== firewallGroups.api)),
  },
  "memory-hog": {
    title: "The process of api-2 is started anew with a leak: it fills its machine's memory and grows.",
    inject: (production) => feed(production, "api-2", "memory"),
  },
  "cpu-hog": {
    title: "The process of api-2 is started anew with threads that spin and do nothing.",
    inject: (production) => feed(production, "api-2", "cpu"),
  },
  "worker-down": {
    title: "The worker is killed; reports are accepted and wait in the queue.",
    inject: kill("worker"),
  },
  "calculator-down": {
    title: "The calculator agent is killed; reports stop at that stage.",
    inject: kill("calculator"),
  },
  "redis-down": {
    title: "Redis is killed; reports are accepted and wait until it is back.",
    inject: (production) => void process.kill(production.data.redis().pid, "SIGKILL"),
  },
  "database-down": {
    title: "PostgreSQL is killed; the API is alive and not ready.",
    inject: (production) => void process.kill(production.data.postgres().pid, "SIGKILL"),
  },
  "disk-full": {
    title:
      "An export fills the data disk that every machine sees to 97 %: a real, small file system where this user may mount one, else a counted folder.",
    inject: ({ dataDisk }) => dataDisk.fill(0.97),
  },
  "database-host-frozen": {
    title:
      "The machine of the database's primary hangs: its port accepts, nothing answers, and it may go on at any moment. A standby follows until then.",
    inject: ({ data }) => data.machines.freezePrimary(),
  },
  "database-pool-full": {
    title:
      "An export script leaves its transactions open and has every connection that the platform may have.",
    inject: ({ data }) => data.leak(),
  },
  "database-pool-full-seen": {
    title:
      "An export script has every connection that the platform may have, and customers who look at their reports get errors.",
    inject: (production) => whileReadersCome(production, () => production.data.leak()),
  },
  "latency-added": {
    title:
      "Whatever crosses the network between the platform and its database takes 450 ms each way, while customers look at their reports.",
    inject: (production) => whileReadersCome(production, () => production.data.machines.delay(450)),
  },
  "slow-instance": {
    title:
      "One of two API instances was started with an address of the database that leads over a slow line; the setting is right again, its process is not. Customers look at their reports.",
    inject: startBehindSlowLine,
  },
  "agent-failing": {
    title:
      "The calculator was started with too little memory for any report; the setting is right again, the process is not. Reports fail.",
    inject: startWithWrongSettings,
  },
  "slow-reporting": {
    title:
      "Something takes nearly all of the time in which one of two reporting agents would write, while reports come; whoever is started anew is free of it.",
    inject: takeTime,
  },
  "queue-paused": {
    title: "Somebody pauses the queue and forgets it; a report that comes in waits.",
    inject: pauseAndSend,
  },
  "slack-down": {
    title: "Nothing reaches Slack any more; what is to be said there waits in the outbox.",
    inject: ({ vendors }) => vendors.lines.slack.cut(),
  },
  "pagerduty-down": {
    title: "Nothing reaches PagerDuty any more; pages wait in the outbox.",
    inject: ({ vendors }) => vendors.lines.pagerduty.cut(),
  },
  "aws-down": {
    title: "Nothing reaches the cloud's control plane any more; the platform itself keeps serving.",
    inject: ({ vendors }) => vendors.lines.aws.cut(),
  },
  "llm-down": {
    title:
      "No language model's vendor can be reached; the rules assess materiality alone, and the report says so.",
    inject: whileReportsCome(
      async ({ lines }) => void (await Promise.all(Object.values(lines).map((line) => line.cut()))),
    ),
  },
  "llm-hang": {
    title:
      "Both vendors of language models accept questions and never answer; the materiality stage ends within its time.",
    inject: whileReportsCome(({ faults: vendors }) => {
      vendors.set("anthropic", "hang");
      vendors.set("openai", "hang");
    }),
  },
  "bad-data": {
    title:
      "A customer's export has gone bad: its reports arrive with guessed figures, without sources and without texts.",
    inject: sendBadData,
  },
  "llm-one-hangs": {
    title:
      "The first language model's vendor accepts questions and never answers; each report waits for it in vain before the second one is asked.",
    inject: whileReportsCome(({ faults: vendors }) => vendors.set("anthropic", "hang")),
  },
  "llm-529": {
    title: "The first language model's vendor is overloaded (529); the second one is asked.",
    inject: whileReportsCome(({ faults: vendors }) => vendors.set("anthropic", "overloaded")),
  },
} as const satisfies Record<string, SandboxFault>;

/** Name of a fault. */
export type FaultName = keyof typeof faults;

/** True for the name of a fault we have. */
export function isFault(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

/** Puts everything back as it was after `ops sandbox up`: servers, settings, tags, firewall, weights, processes, and what was measured. */
export async function mend(production: Production): Promise<void> {
  await mendErrors(production);
  await production.data.revive();
  production.dataDisk.unmount();
  await letQueueGoOn(production);
  await letAgentsGoOn(production);
  production.firewall.setRules(openRules(production.around));
  production.balancer.setWeights(firstWeights(production.groups));
  await Promise.all(Object.values(production.vendors.lines).map((line) => line.restore()));
  await mendModels(production);
  await production.restoreMachines();
  await production.prometheus?.forget();
}
