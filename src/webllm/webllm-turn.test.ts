import { expect, test } from "vitest";
import type {
  ChatMessage,
  EngineEvent,
  GenerateRequest,
  ReplyDelta,
} from "../protocol/engine-api.ts";
import type { Result } from "../protocol/errors.ts";
import { createWebLlmEngine } from "./create-webllm-engine.ts";
import { REFERENCE, surroundings } from "./webllm-testing.ts";

const user = (text: string): ChatMessage => ({ role: "user", text });
const assistant = (text: string): ChatMessage => ({ role: "assistant", text });

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

const request = (messages: readonly ChatMessage[]): GenerateRequest => ({
  runId: `r${messages.length}`,
  conversationId: "c",
  messages,
});

/** An engine with its model, and what it told. */
async function start() {
  const { parts, engines } = surroundings();
  const api = createWebLlmEngine(parts);
  const events: EngineEvent[] = [];
  await api.subscribe((event) => void events.push(event));
  unwrap(await api.load(REFERENCE));
  let said = "";
  const onDelta = ({ text }: ReplyDelta) => void (said += text);
  return { api, engines, events, onDelta, said: () => said };
}

test("an error of WebLLM's own in an answer is told as data, and a new engine gives the next one", async () => {
  const { api, engines, onDelta, said } = await start();
  const [engine] = engines;
  if (engine) engine.decodeError = new TypeError("bad index");
  const answered = api.generate(request([user("one two three four")]), onDelta);
  expect(await answered).toEqual({
    ok: false,
    failure: { code: "webllm-failed", detail: "bad index", wasAnswering: true },
  });
  expect(said()).toContain("one");
  const next = await api.generate(request([user("one two three")]), onDelta);
  expect(unwrap(next).text).toBe("one two three");
  expect(engines).toHaveLength(2);
});

test("what a prompt takes is told before it is run, once an earlier one has told it", async () => {
  const { api, events, onDelta } = await start();
  const told = () =>
    events.flatMap((event) =>
      event.type === "progress" && event.progress.work === "prompt"
        ? [event.progress.promptTokens]
        : [],
    );
  const { text, promptTokens, generatedTokens } = unwrap(
    await api.generate(request([user("one two three")]), onDelta),
  );
  const messages = [user("one two three"), assistant(text), user("four five")];
  unwrap(await api.generate(request(messages), onDelta));
  const [first, second = 0] = told();
  expect(first).toBeUndefined();
  expect(second).toBeGreaterThan(promptTokens + generatedTokens);
});
