import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import { message } from "../testing-store.ts";
import { readDraft } from "./drafts.ts";
import { askSession, openSession } from "./testing-session.ts";
import { stubLocalStorage } from "./testing-storage.ts";

beforeEach(() => void stubLocalStorage());
afterEach(() => void vi.unstubAllGlobals());

const tokens = { tokenizer: "t", ids: [1, 2] };

/** A conversation with a reply that was cut, and an engine that was asked to go on with it. */
async function continued(cut: Parameters<typeof message>[1] = {}) {
  const opened = openSession();
  const { store, engine, session } = opened;
  store.stored.set("q", message("q"));
  const reply = { role: "assistant", parentId: "q", text: "Once upon", status: "stopped" } as const;
  store.stored.set("a", message("a", { ...reply, tokens, ...cut }));
  const asked = engine.asked();
  expect(await session.continueReply({ conversationId: "c", messageId: "a" })).toEqual(
    ok(undefined),
  );
  await asked;
  return opened;
}

test("a reply that was cut goes on: the engine is given it, and it stays the same message", async () => {
  const { engine, session, state, messages } = await continued();
  expect(engine.requests.at(-1)?.messages).toEqual([
    { role: "user", text: "text of q" },
    { role: "assistant", text: "Once upon", tokens },
  ]);
  expect(messages()[1]).toMatchObject({ id: "a", status: "streaming" });
  engine.say(" a time");
  expect(state()).toMatchObject({ reply: { messageId: "a", text: "Once upon a time" } });
  engine.finish({ text: "Once upon a time", tokens: { tokenizer: "t", ids: [1, 2, 3] } });
  await session.settled();
  expect(messages()).toHaveLength(2);
  expect(messages()[1]).toMatchObject({
    text: "Once upon a time",
    status: "complete",
    finishReason: "stop",
    tokens: { ids: [1, 2, 3] },
  });
});

test("one that was cut while it thought goes on thinking, and its time with it", async () => {
  const { engine, session, messages } = await continued({
    text: "",
    reasoning: "Hm",
    reasoningMs: 5000,
  });
  expect(engine.requests.at(-1)?.messages.at(-1)).toMatchObject({ text: "", reasoning: "Hm" });
  engine.think(", a cow");
  engine.say("Moo");
  engine.finish({ reasoning: "Hm, a cow", text: "Moo" });
  await session.settled();
  expect(messages()[1]).toMatchObject({ reasoning: "Hm, a cow", text: "Moo" });
  expect(messages()[1]?.reasoningMs).toBeGreaterThanOrEqual(5000);
});

test("one that fails again keeps all that it has", async () => {
  const { engine, session, state, messages } = await continued();
  engine.say(" a");
  engine.fail({ code: "device-lost", message: "" });
  await session.settled();
  expect(messages()[1]).toMatchObject({ text: "Once upon a", status: "failed" });
  expect(state()).toMatchObject({ phase: "failed" });
});

test("only a reply goes on", async () => {
  const { store, session } = openSession();
  store.stored.set("q", message("q"));
  for (const messageId of ["q", "gone"])
    expect(await session.continueReply({ conversationId: "c", messageId })).toEqual(
      fail({ code: "cancelled" }),
    );
});

const TOO_LONG = { code: "prompt-too-long", promptTokens: 9, contextTokens: 5 } as const;

test("a message that is too long comes back to where it was written", async () => {
  const { engine, session, state, messages } = await askSession();
  engine.fail(TOO_LONG);
  await session.settled();
  expect(readDraft("c")).toBe("Hi");
  expect(messages()).toEqual([]);
  expect(state()).toMatchObject({ phase: "failed", failure: TOO_LONG });
});

test("one that was answered once, or cannot be kept elsewhere, stays", async () => {
  const first = await askSession();
  const question = first.messages()[0]?.id ?? "";
  first.store.stored.set("a", message("a", { role: "assistant", parentId: question }));
  first.engine.fail(TOO_LONG);
  await first.session.settled();
  expect(first.messages()[0]).toMatchObject({ text: "Hi" });

  vi.stubGlobal("localStorage", undefined);
  const second = await askSession();
  second.engine.fail(TOO_LONG);
  await second.session.settled();
  expect(second.messages()[0]).toMatchObject({ text: "Hi" });
});
