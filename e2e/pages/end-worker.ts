import type { ChatPage } from "./chat-page.ts";

/** Ends it from within: the page gets no event of it, as when a worker runs out of memory. */
export async function endWorker(chat: ChatPage, name: "engine" | "store"): Promise<void> {
  const worker = chat.worker(name);
  const closed = worker.waitForEvent("close");
  // Not awaited: who answers is gone.
  worker.evaluate(() => self.close()).catch(() => undefined);
  await closed;
}
