import { updateReadme } from "../e2e/perf/report/perf-readme.ts";

await updateReadme();
