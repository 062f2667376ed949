import type { MessageTokens } from "../../protocol/engine-api.ts";
import { StopStrings } from "../../model/stop-strings.ts";
import { StreamDecoder } from "../../tokenizer/stream-decoder.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

/** A reply that grows token by token: its text as far as it is certain, and what ends it. */
export class Reply {
  readonly ids: number[] = [];
  text = "";
  /** Whether a stop string was met; the text ends before it. */
  stopped = false;
  readonly #decoder: StreamDecoder;
  readonly #stops: StopStrings;
  readonly #tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#decoder = new StreamDecoder(tokenizer);
    this.#stops = new StopStrings(stops);
  }

  /** @returns the text that has become certain: whole characters that begin no stop string */
  push(id: number): string {
    this.ids.push(id);
    const { emit, stopped } = this.#stops.push(this.#decoder.push(id));
    this.stopped = stopped;
    this.text += emit;
    return emit;
  }

  /** The rest of the text, when no token follows. */
  end(): string {
    if (this.stopped) return "";
    const { emit, stopped } = this.#stops.push(this.#decoder.flush());
    this.stopped = stopped;
    const rest = emit + this.#stops.flush();
    this.text += rest;
    return rest;
  }

  /** The tokens, if they are exactly the text. Undefined where a stop string may have ended it inside a token. */
  get tokens(): MessageTokens | undefined {
    if (this.stopped) return undefined;
    return { tokenizer: this.#tokenizer.fingerprint, ids: this.ids };
  }
}
