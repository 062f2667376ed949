import { Tokenizer as Library } from "@huggingface/tokenizers";
import { sha256 } from "hash-wasm";
import { assert } from "../shared/assert.ts";
import { EngineError } from "../shared/engine-error.ts";
import { StreamDecoder, type TokenBytes } from "./stream-decoder.ts";
import { parseTokenizerFile, type AddedToken, type TokenizerFile } from "./tokenizer-file.ts";
import { withoutPrefixSpace } from "./prefix-space.ts";

/**
 * Has to be raised when the same text gets other ids than before, so that stored ids are not mistaken for new ones.
 */
const ENCODING_VERSION = 1;

/**
 * A text with something of each kind. It is tokenised once, to see that a tokenizer works before its model is
 * loaded.
 */
const PROBE = "Hello, it's 12 o'clock.\n\n  Caf\u00e9 \u65e5\u672c \ud83d\ude00\t!";

const NOTHING = new Uint8Array();
const utf8 = new TextEncoder();

/**
 * Turns text into tokens and back, as a model's `tokenizer.json` says (byte-level or SentencePiece BPE).
 *
 * The library's tokenizer is given no added tokens, so nothing that a person types can become one. Added tokens are
 * only looked for in template text, before the library gets it.
 */
export class Tokenizer implements TokenBytes {
  readonly fingerprint: string;
  /** The largest id that ordinary text can get. */
  readonly largestId: number;
  readonly addedTokens: readonly AddedToken[];
  readonly stripsLeadingSpace: boolean;
  readonly #file: TokenizerFile;
  readonly #url: string;
  readonly #library: Library;
  /** The steps before the model, for text that follows other text. */
  readonly #textSteps: Library;
  readonly #addedIds: ReadonlyMap<string, number>;
  readonly #addedTokens: ReadonlyMap<number, AddedToken>;
  readonly #addedPattern: RegExp | null;
  /**
   * The ids of template texts, and of those behind a message's content. A model has only a few, and a prompt needs some
   * of them for each message.
   */
  readonly #templateIds = new Map<string, readonly number[]>();
  readonly #closingIds = new Map<string, readonly number[]>();

  #longestPiece: number | undefined;

  /** See `createTokenizer`. */
  constructor(file: TokenizerFile, fingerprint: string, url: string) {
    this.#file = file;
    this.#url = url;
    this.fingerprint = fingerprint;
    this.largestId = file.largestId;
    this.addedTokens = file.addedTokens;
    this.stripsLeadingSpace = file.decoder.stripsLeadingSpace;
    this.#library = createLibrary(file.normalizer, file.preTokenizer, file.model);
    this.#textSteps = createLibrary(
      withoutPrefixSpace(file.normalizer),
      withoutPrefixSpace(file.preTokenizer),
      { type: "BPE", vocab: {}, merges: [] },
    );
    this.#addedIds = new Map(file.addedTokens.map((token) => [token.content, token.id]));
    this.#addedTokens = new Map(file.addedTokens.map((token) => [token.id, token]));
    this.#addedPattern = patternOf(file.addedTokens);
    // A pattern is compiled at its first use. If that fails, it has to fail here, where the error is caught.
    this.#addedPattern?.test("");
  }

  /** The ids of text from outside. It never becomes an added token, and no space is put before it. */
  encodeText(text: string): number[] {
    return this.#encode(text, this.#textSteps, 0);
  }

  /** The ids of text of the model's own template, with its added tokens. No token is put before them. */
  encodeTemplate(text: string): number[] {
    const known = this.#templateIds.get(text) ?? this.#encodeSections(text, this.#library);
    this.#templateIds.set(text, known);
    return [...known];
  }

  /** The same for text of the template that stands behind a message's content: no space is put before it either. */
  encodeTemplateAfterText(text: string): number[] {
    const known = this.#closingIds.get(text) ?? this.#encodeSections(text, this.#textSteps);
    this.#closingIds.set(text, known);
    return [...known];
  }

  /** The ids of the added tokens in template text. */
  addedTokensIn(text: string): number[] {
    return this.#sectionsOf(text).flatMap((section) => this.#addedIds.get(section) ?? []);
  }

  /** The most characters of a text that one token stands for. */
  get longestPiece(): number {
    this.#longestPiece ??= longestOf(this.#library.model?.tokens_to_ids.keys() ?? []);
    return this.#longestPiece;
  }

  /** The id of the added token spelled `content`, if there is one. */
  addedTokenId(content: string): number | undefined {
    return this.#addedIds.get(content);
  }

  isSpecial(id: number): boolean {
    return this.#addedTokens.get(id)?.special ?? false;
  }

  tokenBytes(id: number): Uint8Array {
    const added = this.#addedTokens.get(id);
    if (added) return added.special ? NOTHING : utf8.encode(added.content);
    const piece = this.#library.id_to_token(id);
    return piece === undefined ? NOTHING : this.#file.decoder.bytes(piece);
  }

  /** The text of all these tokens together; special tokens have none. `StreamDecoder` does it token by token. */
  decode(ids: readonly number[]): string {
    const stream = new StreamDecoder(this);
    return ids.map((id) => stream.push(id)).join("") + stream.flush();
  }

  #sectionsOf(text: string): string[] {
    return this.#addedPattern === null ? [text] : text.split(this.#addedPattern);
  }

  /** @param firstSteps the steps before the model for what stands before the first added token */
  #encodeSections(text: string, firstSteps: Library): number[] {
    const sections = this.#sectionsOf(text);
    return sections.flatMap((section, index) => {
      const added = this.#addedIds.get(section);
      if (added !== undefined) return [added];
      const steps = index === 0 ? firstSteps : this.#library;
      return this.#encode(this.#strip(section, sections, index), steps, index);
    });
  }

  #encode(text: string, steps: Library, section: number): number[] {
    const { model } = this.#library;
    assert(model !== null, "a tokenizer was made without a model");
    return this.#pieces(text, steps, section).map((piece) => {
      const id = model.tokens_to_ids.get(piece);
      assert(id !== undefined, () => `the model made ${piece}, which it does not have`);
      return id;
    });
  }

  /** The steps come from the file. Only when the library runs them does it find out that some are invalid. */
  #pieces(text: string, steps: Library, section: number): string[] {
    try {
      const normalized = steps.normalizer === null ? text : steps.normalizer(text);
      if (text === "" || normalized === "") return [];
      // An optional call would become `pre_tokenizer.call(…)` for older browsers, and the library's steps are functions
      // without that method.
      const words =
        steps.pre_tokenizer === null
          ? [normalized]
          : steps.pre_tokenizer(normalized, { section_index: section });
      return this.#library.model?.encode(words) ?? [];
    } catch (cause) {
      throw unusable(this.#url, "goes through no text", cause);
    }
  }

  #strip(section: string, sections: readonly string[], index: number): string {
    const before = this.#addedTokenOf(sections[index - 1]);
    const after = this.#addedTokenOf(sections[index + 1]);
    const start = before?.rstrip ? section.trimStart() : section;
    return after?.lstrip ? start.trimEnd() : start;
  }

  #addedTokenOf(section: string | undefined): AddedToken | undefined {
    const id = section === undefined ? undefined : this.#addedIds.get(section);
    return id === undefined ? undefined : this.#addedTokens.get(id);
  }
}

/**
 * Makes a tokenizer, and tries it once. `tokenizer_config.json` is not needed: no token is added to a text by itself,
 * and the template comes from elsewhere.
 *
 * @param json the text of `tokenizer.json`
 * @param url where the file came from, for the error
 * @throws EngineError `model-invalid`
 */
export async function createTokenizer(json: string, url: string): Promise<Tokenizer> {
  const file = parseTokenizerFile(json, url);
  const fingerprint = await digestOf(`${ENCODING_VERSION}\n${json}`);
  try {
    const tokenizer = new Tokenizer(file, fingerprint, url);
    tokenizer.decode(tokenizer.encodeText(PROBE));
    return tokenizer;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw unusable(url, "cannot be built", cause);
  }
}

function unusable(url: string, problem: string, cause: unknown): EngineError {
  const detail = `the tokenizer ${problem}: ${String(cause).slice(0, 200)}`;
  return new EngineError({ code: "model-invalid", url, detail }, { cause });
}

function longestOf(pieces: Iterable<string>): number {
  let longest = 1;
  for (const { length } of pieces) longest = Math.max(longest, length);
  return longest;
}

function createLibrary(normalizer: unknown, preTokenizer: unknown, model: object): Library {
  return new Library(
    {
      normalizer,
      pre_tokenizer: preTokenizer,
      model,
      added_tokens: [],
      post_processor: null,
      decoder: null,
    },
    {},
  );
}

/**
 * A pattern that splits a text at added tokens and keeps them. If two begin at the same place, the longer one
 * counts.
 */
function patternOf(addedTokens: readonly AddedToken[]): RegExp | null {
  const contents = addedTokens.map((token) => token.content).filter((content) => content !== "");
  if (contents.length === 0) return null;
  const longestFirst = contents.toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`(${escaped.join("|")})`);
}

/** The first 128 bits of the digest, in hex. */
async function digestOf(text: string): Promise<string> {
  return (await sha256(utf8.encode(text))).slice(0, 32);
}
