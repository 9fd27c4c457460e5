import { reportFilesContract } from "../../contracts/report-files.ts";
import { openFolderWorld, openS3StandinWorld } from "../../contracts/report-files-worlds.ts";

reportFilesContract("a folder", openFolderWorld);
reportFilesContract("the stand-in for S3", openS3StandinWorld);
