import { test as base } from "@playwright/test";
import { FreshEngine } from "./fresh-engine.ts";
import { KeptProfile } from "./kept-profile.ts";

interface TestFixtures {
  /** Empty, and not running. */
  profile: KeptProfile;
}

interface WorkerFixtures {
  /** To compare answers with. */
  fresh: FreshEngine;
}

/** For what outlives a page. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  profile: async ({ playwright, baseURL }, use, testInfo) => {
    const directory = testInfo.outputPath("profile");
    const profile = new KeptProfile({ playwright, baseURL, directory });
    await use(profile);
    await profile.close();
  },
  fresh: [
    async ({ browser }, use, { project }) => {
      const fresh = await FreshEngine.start(browser, project.use.baseURL);
      await use(fresh);
      await fresh.chat.page.context().close();
    },
    { scope: "worker" },
  ],
});
