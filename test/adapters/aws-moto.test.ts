import { awsContract } from "../contracts/aws.ts";
import { onPath, openMotoWorld } from "../contracts/aws-elsewhere.ts";

awsContract(
  "moto_server",
  openMotoWorld,
  onPath("moto_server") ? undefined : "moto_server is not on the PATH",
);
