import { expect, test } from "vitest";
import { evaluationTexts, parseChats, splitText, type EvaluationText } from "./evaluation-texts.ts";
import { TEXT_KINDS } from "./text-kinds.ts";

const tokensOf = (count: number, first: number) =>
  Array.from({ length: count }, (_, i) => first + i);
const probeOf = (tokens: number) => ({
  render: () => ({ system: [1, 2], turns: [tokensOf(tokens - 2, 3)], header: [9, 9] }),
});
const textOf = (kind: EvaluationText["kind"]): EvaluationText => ({
  name: "a",
  kind,
  messages: [],
});

test("there are texts of every kind, and no two of a kind have the same name", () => {
  const texts = evaluationTexts();
  for (const kind of TEXT_KINDS) {
    const names = texts.filter((text) => text.kind === kind).map(({ name }) => name);
    expect(names.length, kind).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
  }
});

test("the last tokens are judged, and the reply's header is none of them", () => {
  const { lead, judged } = splitText(probeOf(300), textOf("document"), 4096);
  expect(lead).toEqual(tokensOf(236, 1));
  expect(judged).toEqual(tokensOf(64, 237));
});

test("a first conversation has 500 tokens, a long one 2,000, and none more than there is room for", () => {
  const probe = probeOf(5000);
  const leads = (["first conversation", "long conversation", "chat"] as const).map(
    (kind) => splitText(probe, textOf(kind), 4096).lead.length,
  );
  expect(leads).toEqual([500, 2000, 4096 - 64]);
});

test("chats are read with or without a name, in the words of either format", () => {
  const bare = '[{"role":"user","content":"Hello"}]';
  const named = '{"name":"greeting","messages":[{"role":"assistant","text":"Hi"}]}';
  expect(parseChats(`${bare}\n${named}\n`)).toEqual([
    { name: "chat 1", messages: [{ role: "user", text: "Hello" }] },
    { name: "greeting", messages: [{ role: "assistant", text: "Hi" }] },
  ]);
  expect(() => parseChats('{"text":"no chat"}')).toThrow("line 1 of the chats has no messages");
});
