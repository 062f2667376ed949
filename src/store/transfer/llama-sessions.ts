import { fieldsOf, type Fields } from "../../shared/record-fields.ts";

/** Messages of one conversation. Those beyond are left out. */
const MAX_MESSAGES = 100_000;

interface Session {
  conv: Fields;
  messages: unknown[];
}

/**
 * The conversations of llama.cpp's JSONL: a line that says what a conversation is, and a line for each of its messages
 * behind it. Lines of other kinds are none of these.
 */
export class LlamaSessions {
  #growing: Session | undefined;
  #finished: Session[] = [];

  /** @returns whether the line is one of a conversation */
  take(line: Fields | undefined): boolean {
    const { type, message } = line ?? {};
    if (line && type === "session") {
      this.#finish();
      this.#growing = { conv: line, messages: [] };
      return true;
    }
    if (type !== "message" || !this.#growing || !fieldsOf(message)) return false;
    if (this.#growing.messages.length < MAX_MESSAGES) this.#growing.messages.push(message);
    return true;
  }

  /** The conversations that no further line can belong to. */
  finished(): Fields[] {
    return this.#finished.splice(0).map((session) => ({ ...session }));
  }

  /** The last conversation, when there are no more lines. */
  rest(): Fields[] {
    this.#finish();
    return this.finished();
  }

  #finish(): void {
    if (this.#growing) this.#finished.push(this.#growing);
    this.#growing = undefined;
  }
}
