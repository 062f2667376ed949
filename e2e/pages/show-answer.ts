import { expect } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import { storeText } from "./stored-records.ts";

/** Shows a conversation in which the model has answered so. */
export async function showAnswer(chat: ChatPage, id: string, text: string): Promise<void> {
  const message = { conversationId: id, status: "complete" } as const;
  await storeText(chat.page, {
    conversation: { id, title: id, createdAtMs: 1, updatedAtMs: 2, headId: `${id} reply` },
    messages: [
      { ...message, id: `${id} ask`, parentId: null, role: "user", text: "Hi", createdAtMs: 1 },
      {
        ...message,
        id: `${id} reply`,
        parentId: `${id} ask`,
        role: "assistant",
        text,
        createdAtMs: 2,
      },
    ],
  });
  await chat.page.evaluate((to) => (location.hash = to), `#/c/${id}`);
  await expect(chat.answers).toHaveCount(1);
}
