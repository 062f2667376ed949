import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryConversationStore } from "../conversations/memory-conversation-store.ts";
import { exportText } from "./export-text.ts";
import { CHATGPT_CONVERSATION, LLAMA_JSON, LLAMA_JSONL } from "./foreign-files-testing.ts";
import { importText } from "./import-text.ts";

/** Files as they should be, each of another format. */
async function files(): Promise<string[]> {
  const store = memoryConversationStore();
  await importText(store, new Blob([JSON.stringify([CHATGPT_CONVERSATION, LLAMA_JSON])]));
  const own = await (await exportText(store, {}, 5)).text();
  return [own, JSON.stringify([CHATGPT_CONVERSATION]), JSON.stringify(LLAMA_JSON), LLAMA_JSONL];
}

/** What an attacker, a broken disk or a person with an editor puts in place of some letters. */
const anyDamage = fc.oneof(
  fc.constantFrom(...'[]{}",:\\0-'.split("")),
  fc.constantFrom(
    "__proto__",
    "null",
    "1e999",
    "-1",
    "[[[[",
    "{}",
    '"parent":',
    "\u0000",
    "\ud800",
  ),
  fc.string({ maxLength: 20 }),
);

/** Replaces `length` letters at a part of the whole. */
const anyChange = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(30),
  by: anyDamage,
});

async function expectSoundTrees(text: string): Promise<void> {
  const store = memoryConversationStore();
  const summary = await importText(store, new Blob([text])).catch((error: unknown) => {
    expect(error).toMatchObject({ failure: { code: "import-refused" } });
  });
  const conversations = await store.conversations();
  expect(conversations).toHaveLength(summary?.conversations ?? 0);
  for (const { id, title, updatedAtMs, headId } of conversations) {
    const messages = await store.messages(id);
    expect(title.length).toBeLessThanOrEqual(1000);
    expect(updatedAtMs).toBeLessThanOrEqual(Date.now());
    expect(messages.some((one) => one.id === headId)).toBe(true);
    const times = new Map(messages.map((one) => [one.id, one.createdAtMs]));
    for (const { parentId, createdAtMs } of messages)
      if (parentId !== null) expect(times.get(parentId)).toBeLessThan(createdAtMs);
  }
}

test("a damaged file gives sound trees or is refused, and nothing else happens", async () => {
  const originals = await files();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(anyChange, { minLength: 1, maxLength: 8 }),
      async (original, changes) => {
        const text = changes.reduce((changed, { at, length, by }) => {
          const start = Math.floor(at * changed.length);
          return changed.slice(0, start) + by + changed.slice(start + length);
        }, original);
        await expectSoundTrees(text);
      },
    ),
    { numRuns: 200 },
  );
});

test("values of other kinds in any place do no harm", async () => {
  const anyId = fc.constantFrom("a", "b", "c", "__proto__", "constructor", 5, null, {});
  const anyTime = fc.oneof(fc.double(), fc.constantFrom("1", null, -1, 1e300));
  const anyNode = fc.record({
    parent: anyId,
    message: fc.oneof(
      fc.record({
        author: fc.record({ role: fc.constantFrom("user", "assistant", "tool", 1) }),
        create_time: anyTime,
        content: fc.record({
          content_type: fc.constantFrom("text", "thoughts", "code", "multimodal_text", 1),
          parts: fc.oneof(fc.array(fc.anything()), fc.anything()),
          text: fc.anything(),
          thoughts: fc.anything(),
        }),
      }),
      fc.anything(),
    ),
  });
  const anyLlama = fc.record({
    conv: fc.record({ name: fc.anything(), lastModified: anyTime, currNode: anyId }),
    messages: fc.array(
      fc.record({
        id: anyId,
        parent: anyId,
        role: fc.constantFrom("user", "assistant", "system"),
        content: fc.oneof(fc.string(), fc.anything()),
        timestamp: anyTime,
        extra: fc.anything(),
      }),
    ),
  });
  const anyChatGpt = fc.record({
    title: fc.anything(),
    create_time: anyTime,
    current_node: anyId,
    mapping: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__", "constructor"), anyNode),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(anyLlama, anyChatGpt)), async (all) => {
      const text = JSON.stringify(all, (_key, value: unknown) =>
        typeof value === "bigint" ? 0 : value,
      );
      await expectSoundTrees(text);
    }),
  );
});
