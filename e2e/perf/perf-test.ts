import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isFile, type PerfModel } from "./report/perf-models.ts";
import { STORED } from "./report/perf-rows.ts";
import { QUALITY_LEVELS } from "../../src/protocol/quality.ts";
import { KeptProfile } from "../pages/kept-profile.ts";
import { test as base } from "../pages/kept-test.ts";
import { converse, type Conversations } from "./perf-conversations.ts";

/** A browser profile with conversations in it. Its browser is not running. */
export interface HeldConversations extends Conversations {
  profile: KeptProfile;
}

interface WorkerFixtures {
  /** Makes the conversations once for all tests that use them. The browser is started anew for each test. */
  heldConversations: (model: PerfModel, tokens: number) => Promise<HeldConversations>;
}

/** The forms in which conversations with a model's file are kept: those of the levels. */
const STORED_OF_FILE = QUALITY_LEVELS;

export const test = base.extend<object, WorkerFixtures>({
  heldConversations: [
    async ({ playwright }, use, { project, workerIndex }) => {
      const { baseURL } = project.use;
      const held = new Map<string, Promise<HeldConversations>>();
      const directoryOf = (key: string) =>
        join(project.outputDir, `perf-${String(workerIndex)}-${key}`);
      const hold = async (key: string, model: PerfModel, tokens: number) => {
        const profile = new KeptProfile({ playwright, baseURL, directory: directoryOf(key) });
        const conversations = await converse(await profile.start(), model, {
          tokens,
          stored: isFile(model) ? STORED_OF_FILE : STORED,
        });
        await profile.close();
        return { ...conversations, profile };
      };
      await use((model, tokens) => {
        const key = `${model}-${String(tokens)}`;
        const found = held.get(key) ?? hold(key, model, tokens);
        held.set(key, found);
        return found;
      });
      for (const key of held.keys()) await rm(directoryOf(key), { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
});
