import type { ChatPage } from "./chat-page.ts";

/** Ends a worker from within. The page gets no event, as when a worker runs out of memory. */
export async function endWorker(chat: ChatPage, name: "engine" | "store"): Promise<void> {
  const worker = chat.worker(name);
  const closed = worker.waitForEvent("close");
  // The call is not awaited, because the worker is gone before it could answer.
  worker.evaluate(() => self.close()).catch(() => undefined);
  await closed;
}
