import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { MessageRecord, ReplyModel } from "../../protocol/store-api.ts";
import { ModelChange, modelChanges } from "./ModelChange.tsx";

const small: ReplyModel = {
  url: "https://x.example/pip/q4f16_1/",
  name: "Pip",
  quantization: "q4f16_1",
  weightBytes: 5,
};
const large = { ...small, url: "https://x.example/pip/q0f16/", quantization: "q0f16" };
const other = { ...small, url: "https://x.example/smol/", name: "SmolLM2" };

let ids = 0;
const reply = (model?: ReplyModel): MessageRecord => ({
  id: `m${++ids}`,
  conversationId: "c",
  parentId: null,
  role: "assistant",
  text: "Hi",
  status: "complete",
  createdAtMs: 1,
  ...(model && { model }),
});

test("a change is where the last reply that names its model names another one", () => {
  const messages = [reply(), reply(small), reply(), reply(small), reply(large), reply(small)];
  const again = reply({ ...small, url: "https://x.example/pip/q4f16_1" });
  expect([...modelChanges([...messages, again])]).toEqual([
    [messages[4]?.id, small],
    [messages[5]?.id, large],
  ]);
});

test("it names the model, and its format where both have one name", () => {
  const html = (model: ReplyModel, before: ReplyModel) =>
    renderToStaticMarkup(<ModelChange model={model} before={before} />);
  expect(html(large, small)).toContain("From here on Pip (q0f16) answers.");
  expect(html(other, small)).toContain("From here on SmolLM2 answers.");
});
