import { awsContract } from "../contracts/aws.ts";
import { openAwsWorld } from "../contracts/aws-elsewhere.ts";

const endpoint = process.env["OPS_TEST_AWS_ENDPOINT"];

awsContract(
  "the endpoint in OPS_TEST_AWS_ENDPOINT",
  () => openAwsWorld(endpoint ?? "", async () => undefined),
  endpoint === undefined ? "OPS_TEST_AWS_ENDPOINT is not set" : undefined,
);
