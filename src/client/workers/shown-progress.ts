import type { EngineProgress } from "../../protocol/engine-progress.ts";
import { ObservableValue } from "../observable-value.ts";

/**
 * How far the engine has come with what the page has asked it for. Answers of a worker and what it tells meanwhile come
 * by ways of their own, so what arrives after the answer is dropped.
 */
export class ShownProgress {
  readonly #shown = new ObservableValue<EngineProgress | undefined>(undefined);
  /** The conversation of each call that is under way. */
  readonly #calls: string[] = [];

  readonly subscribe = this.#shown.subscribe;

  readonly getSnapshot = this.#shown.getSnapshot;

  receive(progress: EngineProgress): void {
    if (this.#calls.includes(progress.conversationId)) this.#shown.set(progress);
  }

  /** Shows what is told of a conversation while this call of it runs. */
  async during<T>(conversationId: string, call: () => Promise<T>): Promise<T> {
    this.#calls.push(conversationId);
    try {
      return await call();
    } finally {
      this.#calls.splice(this.#calls.indexOf(conversationId), 1);
      const isShown = this.getSnapshot()?.conversationId === conversationId;
      if (isShown && !this.#calls.includes(conversationId)) this.#shown.set(undefined);
    }
  }
}
