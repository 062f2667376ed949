import { updateMeasurements } from "../e2e/perf/report/perf-document.ts";

await updateMeasurements();
