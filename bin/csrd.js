#!/usr/bin/env node
import { launch } from "./launch.js";

await launch("csrd", new URL("./csrd.ts", import.meta.url).href, 1);
