import { AwsBinding } from "#adapters/aws/binding.ts";
import { startAwsStandin, type AwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { groupArn, memoryCloud, ruleArn, type MemoryCloud } from "../sandbox/standins/memory-cloud.ts";
import type { AwsWorld } from "./aws.ts";

/** Key pairs made up for the stand-in. */
export const practiceKeys = {
  read: { accessKeyId: "AKIAPRACTICEREAD0001", secretAccessKey: "practice-read-secret-0000000000000001" },
  act: { accessKeyId: "AKIAPRACTICEACT00001", secretAccessKey: "practice-act-secret-00000000000000001" },
} as const;

/** The stand-in over the small cloud, with the world the contract asks for. */
export type StandinWorld = AwsWorld & { readonly cloud: MemoryCloud; readonly standin: AwsStandin };

/** Opens it; its keys are in this process's environment, as the binding refers to them. */
export async function openStandinWorld(options: { readonly pageSize?: number } = {}): Promise<StandinWorld> {
  const cloud = memoryCloud();
  const standin = await startAwsStandin({ cloud, keys: practiceKeys, ...options });
  process.env["OPS_TEST_READ_ID"] = practiceKeys.read.accessKeyId;
  process.env["OPS_TEST_READ_KEY"] = practiceKeys.read.secretAccessKey;
  process.env["OPS_TEST_ACT_ID"] = practiceKeys.act.accessKeyId;
  process.env["OPS_TEST_ACT_KEY"] = practiceKeys.act.secretAccessKey;
  return {
    cloud,
    standin,
    binding: AwsBinding.parse({
      region: cloud.region,
      endpoint: standin.url,
      read: { accessKeyId: { env: "OPS_TEST_READ_ID" }, secretAccessKey: { env: "OPS_TEST_READ_KEY" } },
      act: { accessKeyId: { env: "OPS_TEST_ACT_ID" }, secretAccessKey: { env: "OPS_TEST_ACT_KEY" } },
    }),
    account: cloud.account,
    instances: ["i-00000000000000001", "i-00000000000000002"],
    groups: [groupArn("blue"), groupArn("green")],
    rule: ruleArn,
    firewallGroup: "sg-00000001",
    logGroup: "/aws/csrd-platform",
    log: async (messages) => {
      const start = Date.now() - messages.length;
      cloud.state.logs.push(
        ...messages.map((message, index) => ({ stream: "api-1", timestamp: start + index, message })),
      );
    },
    close: () => standin.stop(),
  };
}
