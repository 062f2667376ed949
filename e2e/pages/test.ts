import { test as base } from "@playwright/test";
import { ChatPage } from "./chat-page.ts";
import { GREEDY } from "./pip.ts";

interface TestFixtures {
  /** A new conversation on a page that other tests have used, too; its model is loaded. */
  chat: ChatPage;
}

interface WorkerFixtures {
  loadedPage: ChatPage;
}

/** For tests that need no page of their own: loading the model takes longer than most of them. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  loadedPage: [
    async ({ browser }, use, { project }) => {
      const { baseURL } = project.use;
      const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
      const chat = new ChatPage(await context.newPage());
      await chat.goto(GREEDY);
      await use(chat);
      await context.close();
    },
    { scope: "worker" },
  ],
  chat: async ({ loadedPage }, use) => {
    await loadedPage.ready();
    await loadedPage.slowDown(0);
    await loadedPage.newConversation();
    await use(loadedPage);
  },
});
