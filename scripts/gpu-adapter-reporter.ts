import type { Reporter, TestModule } from "vitest/node";

/** Prints after a run which adapters its GPU tests ran on. */
class AdapterReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const runs = modules.flatMap((module) => {
      const { adapter } = module.meta();
      return adapter === undefined ? [] : [`${module.project.name}: ${adapter}`];
    });
    for (const run of new Set(runs)) console.log(`   Adapter  ${run}`);
  }
}

// Vitest loads a reporter named by its path through the default export.
export default AdapterReporter;
