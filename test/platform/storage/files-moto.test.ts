import { motoServer, onPath } from "../../contracts/aws-elsewhere.ts";
import { reportFilesContract } from "../../contracts/report-files.ts";
import { openMotoFilesWorld } from "../../contracts/report-files-worlds.ts";

reportFilesContract(
  "moto_server",
  openMotoFilesWorld,
  onPath(motoServer) ? undefined : "moto_server is not on the PATH",
);
