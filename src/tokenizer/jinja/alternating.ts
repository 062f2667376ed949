import type { JinjaMessage } from "./template-renderer.ts";

/**
 * The same conversation for templates that take none but a user and an assistant in turn: what stands in front of a
 * user's message, another one or the system's, becomes part of it. So a question whose reply never began, and the next
 * one, are asked as one.
 */
export function asAlternating(messages: readonly JinjaMessage[]): JinjaMessage[] {
  const joined: JinjaMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last && message.role === "user" && last.role !== "assistant")
      joined[joined.length - 1] = {
        role: "user",
        content: `${last.content}\n\n${message.content}`,
      };
    else joined.push(message);
  }
  return joined;
}
