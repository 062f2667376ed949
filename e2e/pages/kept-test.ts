import { KeptProfile } from "./kept-profile.ts";
import { MEASURING } from "./servers.ts";
import { test as base } from "./test.ts";

interface TestFixtures {
  /** An empty profile, whose browser is not running. */
  profile: KeptProfile;
}

/** Tests of what outlives a page. They use the build for measuring, where no option says otherwise. */
export const test = base.extend<TestFixtures>({
  baseURL: MEASURING.url,
  profile: async ({ playwright, baseURL }, use, testInfo) => {
    const directory = testInfo.outputPath("profile");
    const profile = new KeptProfile({ playwright, baseURL, directory });
    await use(profile);
    await profile.close();
  },
});
