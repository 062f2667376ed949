import {
  createCssVariablesTheme,
  createHighlighterCore,
  type GrammarState,
  type HighlighterCore,
} from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { ColouredLines } from "../protocol/code-colours.ts";
import { grammarOf } from "./languages.ts";

/** Told the lines that have got their colours. */
type OnColoured = (coloured: ColouredLines) => void;

const VARIABLE = "--code-";

/** Names a kind of token in place of a colour, so that the page's own style sheet says what colour that is. */
const THEME = createCssVariablesTheme({
  name: "kinds",
  variablePrefix: VARIABLE,
  fontStyle: false,
});

/** A line that is longer is shown in one colour. */
const MAX_LINE_LENGTH = 1000;

/** After this time the rest of a line is shown in one colour. The first line also waits for the grammar's expressions. */
const MAX_LINE_MS = 5000;

/** Lines that are coloured at a time. Other blocks get their turn between two pieces. */
const LINES_AT_A_TIME = 20;

let shared: Promise<HighlighterCore> | undefined;

const highlighter = (): Promise<HighlighterCore> =>
  (shared ??= createHighlighterCore({
    themes: [THEME],
    // The other engine is WebAssembly of half a megabyte.
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  }));

/** The kind behind a colour: `var(--code-token-keyword)` is that of a keyword. */
const kindOf = (color: string | undefined): string | undefined =>
  /token-([a-z-]+)/.exec(color ?? "")?.[1];

/**
 * Colours code that may be growing. Lines are coloured once, from the first to the last, a few at a time.
 */
export class CodeColouring {
  /** Lines that have their colours. */
  #lines = 0;
  /** Their code, to the end of a line. */
  #coloured = "";
  #state: GrammarState | undefined;
  #code = "";
  #isRunning = false;
  #isEnded = false;
  readonly #language: string;
  readonly #onColoured: OnColoured;

  /** @param language any name of it; code in an unknown language gets no colours */
  constructor(language: string, onColoured: OnColoured) {
    this.#language = language;
    this.#onColoured = onColoured;
  }

  /** @param code whole lines, each with its line break */
  colour(code: string): void {
    if (!code.startsWith(this.#coloured)) {
      this.#coloured = "";
      this.#lines = 0;
      this.#state = undefined;
    }
    this.#code = code;
    if (!this.#isRunning) void this.#run().catch(() => undefined);
  }

  end(): void {
    this.#isEnded = true;
  }

  async #run(): Promise<void> {
    const grammar = grammarOf(this.#language);
    if (!grammar) return;
    this.#isRunning = true;
    try {
      const colours = await highlighter();
      const { default: registrations } = await grammar.load();
      await colours.loadLanguage(...registrations);
      while (this.#colourNext(colours, grammar.language)) {
        await new Promise((resolve) => setTimeout(resolve));
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** @returns whether there was anything to colour */
  #colourNext(colours: HighlighterCore, language: string): boolean {
    const rest = this.#code.slice(this.#coloured.length);
    if (this.#isEnded || rest === "") return false;
    const piece = firstLines(rest, LINES_AT_A_TIME);
    const { tokens, grammarState } = colours.codeToTokens(piece.replace(/\n$/, ""), {
      lang: language,
      theme: THEME.name ?? "kinds",
      tokenizeMaxLineLength: MAX_LINE_LENGTH,
      tokenizeTimeLimit: MAX_LINE_MS,
      ...(this.#state && { grammarState: this.#state }),
    });
    const lines = tokens.map((line) =>
      line.map(({ content, color }) => ({ text: content, kind: kindOf(color) })),
    );
    const before = this.#lines;
    this.#lines += lines.length;
    this.#coloured += piece;
    this.#state = grammarState;
    this.#onColoured({ before, lines, code: this.#coloured });
    return true;
  }
}

/** So many lines from the beginning, or all of them. */
function firstLines(code: string, count: number): string {
  let end = 0;
  for (let i = 0; i < count && end < code.length; i++) {
    const at = code.indexOf("\n", end);
    end = at === -1 ? code.length : at + 1;
  }
  return code.slice(0, end);
}
