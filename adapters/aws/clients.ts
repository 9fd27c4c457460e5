import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";
import { toMs } from "#kit/duration.ts";
import { readSecret } from "../secret.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { balancingSdk, ec2Sdk, iamSdk, logsSdk, scalingSdk, stsSdk, systemsSdk } from "./sdk.ts";

/** The vendor's clients under one set of credentials; each SDK is loaded when it is first asked for, and once. */
export type AwsClients = {
  readonly ec2: () => Promise<EC2Client>;
  readonly balancing: () => Promise<ElasticLoadBalancingV2Client>;
  readonly logs: () => Promise<CloudWatchLogsClient>;
  readonly sts: () => Promise<STSClient>;
  readonly iam: () => Promise<IAMClient>;
  readonly scaling: () => Promise<AutoScalingClient>;
  readonly systems: () => Promise<SSMClient>;
  /** Where the calls of this service go, for sentences. */
  readonly host: (service: AwsService) => string;
};

/** The services we call, by the name in their public endpoints. */
export type AwsService = "ec2" | "elasticloadbalancing" | "logs" | "sts" | "iam" | "autoscaling" | "ssm";

/**
 * Clients for one set of credentials. `attempts` counts the first call; acting uses 1, because the SDK would also repeat
 * a call whose answer was lost, and a reboot must not happen twice.
 */
export function awsClients(binding: AwsBinding, credentials: AwsCredentials, attempts: number): AwsClients {
  const timeoutMs = toMs(binding.timeout);
  const options = {
    region: binding.region,
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: Math.min(timeoutMs, 2_000),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
    ...(binding.endpoint === undefined ? {} : { endpoint: binding.endpoint }),
    ...credentialOptions(credentials),
  };
  return {
    ec2: once(async () => new (await ec2Sdk()).EC2Client(options)),
    balancing: once(async () => new (await balancingSdk()).ElasticLoadBalancingV2Client(options)),
    logs: once(async () => new (await logsSdk()).CloudWatchLogsClient(options)),
    sts: once(async () => new (await stsSdk()).STSClient(options)),
    iam: once(async () => new (await iamSdk()).IAMClient(options)),
    scaling: once(async () => new (await scalingSdk()).AutoScalingClient(options)),
    systems: once(async () => new (await systemsSdk()).SSMClient(options)),
    host: (service) =>
      binding.endpoint === undefined
        ? service === "iam" // the one of them that is the same in every region
          ? "iam.amazonaws.com"
          : `${service}.${binding.region}.amazonaws.com`
        : new URL(binding.endpoint).host,
  };
}

function credentialOptions(credentials: AwsCredentials) {
  if (credentials === "default-chain") return {};
  if ("profile" in credentials) return { profile: credentials.profile };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    credentials: async () => ({
      accessKeyId: (await readSecret(accessKeyId)).reveal(),
      secretAccessKey: (await readSecret(secretAccessKey)).reveal(),
      ...(sessionToken === undefined ? {} : { sessionToken: (await readSecret(sessionToken)).reveal() }),
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
