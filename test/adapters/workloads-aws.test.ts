import { workloadContract } from "../contracts/workloads.ts";
import { openStandinWorkloads } from "../contracts/workloads-aws.ts";

workloadContract("AWS stand-in", openStandinWorkloads);
