import { expect } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import { storeText } from "./stored-records.ts";

/** Shows a conversation in which the model has answered so. */
export async function showAnswer(chat: ChatPage, id: string, text: string): Promise<void> {
  const nowMs = Date.now();
  const message = { conversationId: id, status: "complete" } as const;
  await storeText(chat.page, {
    conversation: { id, title: id, createdAtMs: nowMs, updatedAtMs: nowMs, headId: `${id} reply` },
    messages: [
      { ...message, id: `${id} ask`, parentId: null, role: "user", text: "Hi", createdAtMs: nowMs },
      {
        ...message,
        id: `${id} reply`,
        parentId: `${id} ask`,
        role: "assistant",
        text,
        createdAtMs: nowMs + 1,
      },
    ],
  });
  await chat.page.evaluate((to) => (location.hash = to), `#/c/${id}`);
  await expect(chat.answers).toHaveCount(1);
}
