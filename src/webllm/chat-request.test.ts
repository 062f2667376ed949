import { expect, test } from "vitest";
import { chatRequest, sentMessages, withoutSystem } from "./chat-request.ts";

const ask = sentMessages([
  { role: "system", text: "Be brief." },
  { role: "user", text: "Hi" },
  { role: "assistant", text: "Hello", reasoning: "A greeting." },
  { role: "user", text: "Bye" },
]);

test("messages go without the reasoning, and the usage is asked for", () => {
  expect(chatRequest(ask)).toEqual({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Bye" },
    ],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test("a system message is written as it is, whatever WebLLM's template makes of a dollar sign", () => {
  const [system] = chatRequest(sentMessages([{ role: "system", text: "$& costs $5" }])).messages;
  const content = system?.content;
  expect("<{}>".replace("{}", typeof content === "string" ? content : "")).toBe("<$& costs $5>");
  expect(sentMessages([{ role: "system", text: "" }])).toEqual([]);
});

test("without a place for it, a system message begins the first message", () => {
  const [, ...rest] = ask;
  expect(withoutSystem(ask)).toEqual([
    { role: "user", content: "Be brief.\n\nHi" },
    ...ask.slice(2),
  ]);
  expect(withoutSystem(rest)).toEqual(rest);
});

test("what WebLLM samples by is passed on; it has no top-k and no min-p, and stops are found here", () => {
  const options = { temperature: 0, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.1 };
  expect(chatRequest(ask, { ...options, seed: 7, maxTokens: 12, stop: ["x"] })).toMatchObject({
    temperature: 0,
    top_p: 0.9,
    repetition_penalty: 1.1,
    seed: 7,
    max_tokens: 12,
  });
  expect(Object.keys(chatRequest(ask, options)).toSorted()).toEqual(
    [
      "messages",
      "repetition_penalty",
      "stream",
      "stream_options",
      "temperature",
      "top_p",
    ].toSorted(),
  );
});

test("numbers that WebLLM would refuse are left out or made to fit", () => {
  const sampling = { temperature: -1, topP: 0, repetitionPenalty: NaN };
  expect(chatRequest(ask, { ...sampling, seed: -(2 ** 40) - 0.5, maxTokens: 0.5 })).toEqual({
    ...chatRequest(ask),
    seed: 0,
    max_tokens: 1,
  });
});
