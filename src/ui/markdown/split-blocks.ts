import { markdownParser } from "./parser.ts";

/** A block on the top level: a paragraph, a list, a table. */
interface Block {
  /** Its lines. */
  text: string;
  /** Where it begins in the text, at the beginning of a line. */
  start: number;
  /** Whether it says what a mark elsewhere means: an address of links, or a footnote. */
  isDefinition: boolean;
}

/**
 * Cuts a growing text into its blocks. What follows a block never changes it, so only the last one is parsed again when
 * the text has grown.
 */
export class BlockSplitter {
  #text = "";
  #blocks: Block[] = [];

  /**
   * @returns the blocks, of which all but the last stay as they are while the text grows. Blocks that refer to one
   *   another, by links whose addresses or footnotes that stand elsewhere, are one.
   */
  split(text: string): string[] {
    const kept = text.startsWith(this.#text) ? this.#blocks.slice(0, -1) : [];
    const from = kept.length === 0 ? 0 : (this.#blocks.at(-1)?.start ?? 0);
    this.#blocks = [...kept, ...parsed(text, from)];
    this.#text = text;
    return joined(this.#blocks);
  }
}

function parsed(text: string, from: number): Block[] {
  const tail = text.slice(from);
  const nodes = markdownParser.parse(tail).children;
  const starts = nodes.map(({ position }) =>
    // A block may be indented, and what is inside of it is indented relative to its line.
    Math.max(0, tail.lastIndexOf("\n", (position?.start.offset ?? 0) - 1) + 1),
  );
  return nodes.map(({ type }, i) => {
    const start = starts[i] ?? 0;
    return {
      text: tail.slice(start, starts[i + 1]).trimEnd(),
      start: from + start,
      isDefinition: type === "definition" || type === "footnoteDefinition",
    };
  });
}

function joined(blocks: readonly Block[]): string[] {
  const texts = blocks.map(({ text }) => text);
  const last = blocks.findLastIndex(({ isDefinition }) => isDefinition);
  if (last === -1) return texts;
  const refers = (text: string) => text.includes("[");
  const first = texts.findIndex(refers);
  const end = texts.findLastIndex(refers) + 1;
  return [...texts.slice(0, first), texts.slice(first, end).join("\n\n"), ...texts.slice(end)];
}
