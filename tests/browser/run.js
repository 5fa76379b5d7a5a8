// The page's tests: `node run.js [WORDS]` runs those with WORDS in their names. `.ci/browser` says what it needs.

import { readdirSync } from "node:fs";
import { runAll } from "./rig/runner.js";

if (!process.env.CAR_DAEMON) {
  console.error("CAR_DAEMON names no daemon: run .ci/browser");
  process.exit(2);
}
const folder = new URL("cases/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".js")).sort();
const failed = await runAll(files.map((name) => new URL(name, folder).pathname), process.argv[2] ?? "");
process.exit(failed === 0 ? 0 : 1);
