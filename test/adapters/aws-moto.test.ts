import { awsContract } from "../contracts/aws.ts";
import { motoServer, onPath, openMotoWorld } from "../contracts/aws-elsewhere.ts";
import { workloadContract } from "../contracts/workloads.ts";
import { openMotoWorkloads } from "../contracts/workloads-aws.ts";

awsContract("moto_server", openMotoWorld, onPath(motoServer) ? undefined : "moto_server is not on the PATH");

workloadContract(
  "moto_server",
  openMotoWorkloads,
  onPath(motoServer) ? undefined : "moto_server is not on the PATH",
);
