import { test as base, type Browser } from "@playwright/test";
import { ChatPage } from "./chat-page.ts";
import { FreshEngine } from "./fresh-engine.ts";
import { EXACT, GREEDY } from "./pip.ts";
import { MEASURING, SHIPPED } from "./servers.ts";

interface TestFixtures {
  /** A new conversation on a page that other tests have used too. Its model is loaded. */
  chat: ChatPage;
  /** The same in the build for measuring, with rows stored as they are and with all that is stored being read. */
  exactChat: ChatPage;
}

interface WorkerFixtures {
  loadedPage: ChatPage;
  exactPage: ChatPage;
  /** An engine that stores nothing, to compare answers with. */
  fresh: FreshEngine;
}

/**
 * Tests that need no page of their own share one, because loading the model takes longer than most of them. All tests
 * begin with these fixtures, whether they use them or not: those with others could not share a browser with them.
 */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  loadedPage: [({ browser }, use) => lendPage(browser, SHIPPED.url, use), { scope: "worker" }],
  exactPage: [({ browser }, use) => lendPage(browser, MEASURING.url, use), { scope: "worker" }],
  fresh: [
    async ({ browser }, use) => {
      const fresh = await FreshEngine.start(browser, MEASURING.url);
      await use(fresh);
      await fresh.chat.page.context().close();
    },
    { scope: "worker" },
  ],
  chat: async ({ loadedPage }, use) => {
    await beginConversation(loadedPage, GREEDY);
    await use(loadedPage);
  },
  exactChat: async ({ exactPage }, use) => {
    await beginConversation(exactPage, EXACT);
    await use(exactPage);
  },
});

async function lendPage(
  browser: Browser,
  baseURL: string,
  use: (chat: ChatPage) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ baseURL, serviceWorkers: "allow" });
  await use(new ChatPage(await context.newPage()));
  await context.close();
}

/** Begins a conversation on a page that has been nowhere yet, or that is wherever the test before has left it. */
async function beginConversation(chat: ChatPage, query: string): Promise<void> {
  const { search, origin } = new URL(chat.page.url());
  const isThere = origin !== "null" && search === new URL(query, origin).search;
  if (!isThere) await chat.goto(query);
  await chat.ready();
  await chat.slowDown(0);
  await chat.newConversation();
}
