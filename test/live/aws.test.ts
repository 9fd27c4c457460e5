import { awsContract } from "../contracts/aws.ts";
import { openAwsWorld } from "../contracts/aws-elsewhere.ts";
import { workloadContract } from "../contracts/workloads.ts";
import { openAwsWorkloads } from "../contracts/workloads-aws.ts";

const endpoint = process.env["OPS_TEST_AWS_ENDPOINT"];
const skip = endpoint === undefined ? "OPS_TEST_AWS_ENDPOINT is not set" : undefined;

awsContract(
  "the endpoint in OPS_TEST_AWS_ENDPOINT",
  () => openAwsWorld(endpoint ?? "", async () => undefined),
  skip,
);

workloadContract(
  "the endpoint in OPS_TEST_AWS_ENDPOINT",
  () => openAwsWorkloads(endpoint ?? "", async () => undefined),
  skip,
);
