import { updateReadme } from "./bench/perf-readme.ts";

await updateReadme();
