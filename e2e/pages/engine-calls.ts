import type { Page } from "@playwright/test";
import type { GenerateRequest, OpenRequest } from "../../src/protocol/engine-api.ts";
import type { QualityLevel } from "../../src/protocol/quality.ts";

/** A call by which the page has the engine restore a conversation, when it is opened or before, or begin a turn. */
export interface EngineCall {
  name: "open" | "prefetch" | "generate";
  /** How many messages it was given. */
  messages: number;
  quality: QualityLevel | undefined;
}

/** Records what the page asks of its engine worker from the page's next start on. Each start begins a new record. */
export async function recordEngineCalls(page: Page): Promise<() => Promise<EngineCall[]>> {
  await page.addInitScript(recordPosts);
  return () => page.evaluate(() => Reflect.get(window, "engineCalls") as EngineCall[]);
}

/** The message that Comlink posts for a call, as far as it is looked at here. */
interface Posted {
  path?: readonly string[];
  argumentList?: readonly { value: OpenRequest | GenerateRequest }[];
}

/** Notes what is posted to workers. It runs in the page, so it refers to nothing outside itself. */
function recordPosts(): void {
  const calls: EngineCall[] = [];
  Reflect.set(window, "engineCalls", calls);
  type Post = (message: unknown, ...rest: unknown[]) => void;
  const post = Reflect.get(Worker.prototype, "postMessage") as Post;
  function recordAndPost(this: Worker, message: unknown, ...rest: unknown[]): void {
    const { path = [], argumentList = [] } = message as Posted;
    const name = path.at(-1);
    if (name === "open" || name === "prefetch" || name === "generate") {
      const { messages = [], quality } = argumentList[0]?.value ?? {};
      calls.push({ name, messages: messages.length, quality });
    }
    post.call(this, message, ...rest);
  }
  Reflect.set(Worker.prototype, "postMessage", recordAndPost);
}
