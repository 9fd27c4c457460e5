#!/usr/bin/env node
import { launch } from "./launch.js";

await launch("ops", new URL("./ops.ts", import.meta.url).href, 2);
