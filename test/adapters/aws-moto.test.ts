import { awsContract } from "../contracts/aws.ts";
import { motoServer, onPath, openMotoWorld } from "../contracts/aws-elsewhere.ts";

awsContract("moto_server", openMotoWorld, onPath(motoServer) ? undefined : "moto_server is not on the PATH");
