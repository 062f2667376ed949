import "fake-indexeddb/auto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { asMessage, inOrder } from "../records/message-record.ts";
import { openDatabase, type Database } from "../database/open-database.ts";
import { readMessages } from "./read-messages.ts";

let databases = 0;
const fresh = async () => {
  const db = await openDatabase(`tampered-${++databases}`);
  return {
    db,
    store: idbConversationStore(
      () => Promise.resolve(db),
      () => 1000,
    ),
  };
};

const message = (id: string, fields: object = {}) => ({
  id,
  conversationId: "c",
  parentId: null,
  role: "user",
  text: `text of ${id}`,
  status: "complete",
  createdAtMs: 1,
  ...fields,
});
const putMessage = (db: Database, record: object) => db.put("messages", record as never);
const putConversation = (db: Database, record: object) => db.put("conversations", record as never);

const STATUSES = ["complete", "streaming", "stopped", "failed"];

/** Any value that a disk can hold in a field's place, some of them especially likely to do harm. */
const anything = fc.oneof(
  fc.constantFrom(undefined, null, NaN, Infinity, -1, 1e308, "", "c", "m1", "m2", new Date(NaN)),
  fc.anything({ maxDepth: 2, withDate: true, withBigInt: true }),
);
const field = (...usual: unknown[]) => fc.oneof(fc.constantFrom(...usual), anything);
const anyMessage = fc.record(
  {
    parentId: field(null, "m0", "m1", "m2", "m3"),
    role: field("user", "assistant"),
    text: field("Hello", ""),
    status: field(...STATUSES),
    createdAtMs: field(1, 2, 3),
    finishReason: field("stop"),
    tokens: field({ tokenizer: "t", ids: [1, 2] }, { tokenizer: "t", ids: [1], reasoningIds: [2] }),
    context: field({ droppedMessages: 2, approximate: true }),
    quality: anything,
    isRenamed: anything,
    isPinned: anything,
    reasoning: field("Hm", ""),
    reasoningMs: field(1500),
    model: field({ url: "https://x.example/m/", name: "m", quantization: "q", weightBytes: 5 }),
    rereading: field({ tokens: 5, ms: 7 }),
    figures: field({ promptTokens: 5, prefilledTokens: 2, generatedTokens: 3 }),
  },
  { requiredKeys: [] },
);

describe("messages, whatever is stored of them,", () => {
  test("are read as messages, each once and in order, and readable text is kept", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 5 }), async (records) => {
        const { db, store } = await fresh();
        await putConversation(db, { id: "c", headId: "m0", updatedAtMs: "yesterday" });
        for (const [i, fields] of records.entries())
          await putMessage(db, { id: `m${i}`, conversationId: "c", ...fields });
        const read = await store.messages("c");
        // The head stands behind all others, if it is a message.
        if (records.length > 0) expect(read.at(-1)?.id).toBe("m0");
        const times = read.slice(0, -1).map(({ createdAtMs }) => createdAtMs);
        expect(times).toEqual(times.toSorted((some, other) => some - other));
        expect(new Set(read.map(({ id }) => id)).size).toBe(read.length);
        for (const one of read) expectMessage(one, records[Number(one.id.slice(1))]);
        for (const [i, { createdAtMs }] of records.entries())
          if (createdAtMs === 1) expect(read.some(({ id }) => id === `m${i}`)).toBe(true);
        db.close();
      }),
      { numRuns: 150 },
    );
  });

  function expectMessage(read: ReturnType<typeof asMessage>, stored: { text?: unknown } = {}) {
    expect(read).toMatchObject({ conversationId: "c" });
    expect(["user", "assistant"]).toContain(read?.role);
    expect(STATUSES).toContain(read?.status);
    expect(read?.text).toBe(typeof stored.text === "string" ? stored.text : "");
    expect(read?.parentId === null || typeof read?.parentId === "string").toBe(true);
    expect(asMessage(read, "c")).toEqual(read);
  }

  test("say nothing that a message cannot say", async () => {
    const { db, store } = await fresh();
    const own = JSON.parse('{ "__proto__": { "role": "system" }, "constructor": 1 }') as object;
    await putMessage(db, message("m1", { role: "system", status: "signed", ...own, extra: "x" }));
    await putMessage(db, message("m2", { role: "assistant", text: 5, tokens: { ids: [1] } }));
    await putMessage(db, message("m3", { conversationId: "another" }));
    const [first, second, ...others] = await store.messages("c");
    expect(first).toEqual({ ...message("m1"), role: "user", status: "complete" });
    expect(second).toEqual({ ...message("m2"), role: "assistant", text: "" });
    expect(others).toEqual([]);
  });

  test("have tokens only if these can be tokens of the text, and not too many", () => {
    const withIds = (ids: unknown) => {
      const record = message("m1", { text: "Moo", tokens: { tokenizer: "t", ids } });
      return asMessage(record, "c")?.tokens?.ids;
    };
    expect(withIds([1, 2, 3])).toEqual([1, 2, 3]);
    for (const ids of [[-1], [1.5], [NaN], ["1"], [null], [2 ** 32], new Array(11).fill(1), 7, {}])
      expect(withIds(ids)).toBeUndefined();
  });

  test("have reasoning only if they are replies, with its time and its tokens if these can be", () => {
    const read = (fields: object) => {
      const record = message("m1", { role: "assistant", text: "", ...fields });
      const { reasoning, reasoningMs, tokens } = asMessage(record, "c") ?? {};
      return { reasoning, reasoningMs, ids: tokens?.reasoningIds };
    };
    const tokens = { tokenizer: "t", ids: [], reasoningIds: [1, 2] };
    const whole = { reasoning: "Hm", reasoningMs: 1500, tokens };
    expect(read(whole)).toEqual({ reasoning: "Hm", reasoningMs: 1500, ids: [1, 2] });
    for (const reasoning of [undefined, "", 5, ["Hm"], { length: 2 }])
      expect(read({ ...whole, reasoning })).toEqual({});
    expect(read({ ...whole, role: "user" })).toEqual({});
    for (const reasoningMs of [-1, NaN, "5", 1e300])
      expect(read({ ...whole, reasoningMs }).reasoningMs).toBeUndefined();
    for (const reasoningIds of [[-1], ["1"], new Array(1000).fill(1), {}, null])
      expect(read({ ...whole, tokens: { ...tokens, reasoningIds } })).toEqual({
        reasoning: "Hm",
        reasoningMs: 1500,
      });
  });

  test("have a model only if they are replies and it can be one, and so with what was read again", () => {
    const model = { url: "https://x.example/m/", name: "m", quantization: "q", weightBytes: 5 };
    const read = (fields: object) => {
      const known = asMessage(message("m1", { role: "assistant", ...fields }), "c");
      return { model: known?.model, rereading: known?.rereading };
    };
    const rereading = { tokens: 5, ms: 7 };
    expect(read({ model, rereading })).toEqual({ model, rereading });
    const revised = { ...model, revision: "abc" };
    expect(read({ model: { ...revised, extra: 1 } }).model).toEqual(revised);
    expect(read({ role: "user", model, rereading })).toEqual({});
    for (const change of [
      { url: "javascript:alert(1)" },
      { url: "models/pip/" },
      { name: "" },
      { name: 5 },
      { quantization: "x".repeat(300) },
      { weightBytes: -1 },
      { weightBytes: NaN },
    ])
      expect(read({ model: { ...model, ...change } }).model).toBeUndefined();
    expect(read({ model: { ...model, revision: {} } }).model).toEqual(model);
    for (const change of [{ tokens: 0.5 }, { tokens: -1 }, { ms: NaN }, { ms: "5" }])
      expect(read({ rereading: { ...rereading, ...change } }).rereading).toBeUndefined();
  });

  test("without a time stand behind those they follow, and are found by those that follow them", async () => {
    const { db, store } = await fresh();
    await putConversation(db, { id: "c", headId: "m4", updatedAtMs: 5 });
    await putMessage(db, message("m1"));
    await putMessage(db, message("m2", { parentId: "m1", createdAtMs: NaN }));
    await putMessage(db, message("m3", { parentId: "m2", createdAtMs: undefined }));
    await putMessage(db, message("m4", { parentId: "m3", createdAtMs: new Date(5) }));
    expect((await store.messages("c")).map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4"]);
    await store.deleteConversation("c");
    expect(await db.getAllKeys("messages")).toEqual([]);
  });

  test("that follow each other in a circle, or one of another conversation, are read once", async () => {
    const { db, store } = await fresh();
    await putMessage(db, message("m1", { parentId: "m2" }));
    await putMessage(db, message("m2", { parentId: "m1", createdAtMs: 2 }));
    await putMessage(db, message("m3", { parentId: "m3", createdAtMs: 3 }));
    await putMessage(db, message("x", { conversationId: "d" }));
    await putMessage(db, message("m4", { parentId: "x", createdAtMs: 4 }));
    const read = await store.messages("c");
    expect(read.map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(read[2]?.parentId).toBeNull();
  });

  test("of impossible times never come after what is written next", async () => {
    const { db, store } = await fresh();
    for (const createdAtMs of [8.64e15, Infinity, "z", NaN]) {
      await putConversation(db, { id: "c", headId: "m1", updatedAtMs: createdAtMs, title: 7 });
      await putMessage(db, message("m1", { createdAtMs }));
      await store.appendMessage({
        id: "m2",
        conversationId: "c",
        parentId: "m1",
        role: "user",
        text: "new",
        status: "complete",
      });
      expect((await store.messages("c")).map(({ id }) => id)).toEqual(["m1", "m2"]);
      expect(await store.conversations()).toMatchObject([{ id: "c", title: "new" }]);
      await store.deleteConversation("c");
    }
  });
});

describe("very many or large messages", () => {
  const many = async (count: number, fields: (i: number) => object) => {
    const { db } = await fresh();
    const tx = db.transaction("messages", "readwrite");
    for (let i = 0; i < count; i++)
      void tx.store.put(message(`m${i}`, { createdAtMs: i, ...fields(i) }) as never);
    await tx.done;
    return (limits: { messages: number; characters: number }) =>
      readMessages(db.transaction(["conversations", "messages"]), "c", limits);
  };
  const ids = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `m${from + i}`);
  const NONE = { messages: 20_000, characters: Infinity };

  test.each([0, 1, 63, 64, 65, 192, 300])("%d are read in order", async (count) => {
    const read = await many(count, (i) => ({ parentId: `m${i - 1}` }));
    expect((await read(NONE)).map(({ id }) => id)).toEqual(ids(0, count));
  });

  test.each([1, 2, 64, 100, 299])(
    "of 300, the newest %d are read if that is the limit",
    async (messages) => {
      const read = await many(300, (i) => ({ parentId: `m${i - 1}` }));
      const newest = (await read({ ...NONE, messages })).map(({ id }) => id);
      expect(newest).toEqual(ids(300 - messages, 300));
    },
  );

  test("no more text is read than the limit, but for the newest message", async () => {
    const read = await many(100, () => ({ text: "x".repeat(10) }));
    const within = async (characters: number) =>
      (await read({ ...NONE, characters })).map(({ id }) => id);
    expect(await within(1005)).toEqual(ids(0, 100));
    expect(await within(995)).toEqual(ids(1, 100));
    expect(await within(45)).toEqual(ids(96, 100));
    expect(await within(5)).toEqual(ids(99, 100));
  });

  test("of one time are bounded, too", async () => {
    const read = await many(300, () => ({ createdAtMs: 7 }));
    expect((await read({ ...NONE, messages: 100 })).length).toBe(100);
  });

  test("a hundred thousand are put into order, however they follow each other", () => {
    const records = Array.from({ length: 100_000 }, (_, i) => {
      return { ...message(`m${i}`, { parentId: `m${i - 1}` }), createdAtMs: NaN };
    });
    const ordered = inOrder(records.flatMap((record) => asMessage(record, "c") ?? []));
    expect(ordered.at(-1)?.id).toBe("m99999");
    expect(ordered[0]?.createdAtMs).toBe(0);
  });
});

describe("conversations, whatever is stored of them,", () => {
  test("are listed, the last updated first, and those without a time last", async () => {
    const { db, store } = await fresh();
    await putConversation(db, { id: "a", title: "A", createdAtMs: 1, updatedAtMs: 2, headId: 7 });
    await putConversation(db, { id: "b", title: "x".repeat(5_000_000), updatedAtMs: NaN });
    await putConversation(db, {
      id: "d",
      title: { toString: 1 },
      updatedAtMs: 9,
      quality: "best",
      isPinned: "yes",
    });
    await putConversation(db, { id: 5, title: "a number for an id" });
    const read = await store.conversations();
    expect(read).toMatchObject([
      { id: "d", title: "", headId: null },
      { id: "a", title: "A", createdAtMs: 1, updatedAtMs: 2 },
      { id: "b", createdAtMs: 0, updatedAtMs: 0 },
    ]);
    expect(read[2]?.title.length).toBe(1000);
    expect(read[0]).not.toHaveProperty("quality");
    expect(read[0]).not.toHaveProperty("isPinned");
  });

  test("go on as they are, with all that only a later version knows", async () => {
    const { db, store } = await fresh();
    await putConversation(db, { id: "c", title: "T", updatedAtMs: NaN, colour: "blue" });
    const first = message("m1", { status: "complete" });
    await store.appendMessage(first as never);
    expect(await db.get("conversations", "c")).toMatchObject({ colour: "blue", headId: "m1" });
    expect(await store.conversations()).toMatchObject([{ title: "T", updatedAtMs: 1000 }]);
  });
});
