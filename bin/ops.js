#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is wrong instead of failing on a type.
import module from "node:module";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    `ops needs Node 24 or newer; this is ${process.version}. Run it through npm (npm run ops -- …), which brings Node 24. Nothing was changed.\n`,
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  await import("./ops.ts");
}
