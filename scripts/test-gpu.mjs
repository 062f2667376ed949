// `npm run test:gpu [-- --dawn] [filter…]` runs the kernel suite in Chromium, or in Node over Dawn.
import { spawnSync } from "node:child_process";

const IN_CHROMIUM = ["--project", "gpu", "--project", "browser"];
const IN_DAWN = ["--config", "scripts/vitest-on-request.config.ts", "--project", "gpu-dawn"];

const args = process.argv.slice(2);
const suite = args.includes("--dawn") ? IN_DAWN : IN_CHROMIUM;
const rest = args.filter((argument) => argument !== "--dawn");
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...suite, ...rest];
const { status } = spawnSync(process.execPath, vitest, { stdio: "inherit" });
process.exitCode = status ?? 1;
