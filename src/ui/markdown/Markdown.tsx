import { memo, useState } from "react";
import "../styles/markdown.css";
import { MarkdownBlock } from "./MarkdownBlock.tsx";
import { withMathMarks } from "./math-marks.ts";
import { BlockSplitter } from "./split-blocks.ts";

interface MarkdownProps {
  text: string;
  /** More of the text is about to come. */
  isGrowing?: boolean;
}

/**
 * A model's text. Raw HTML in it is shown as text. It is drawn block by block: while it grows, a block that is complete is
 * neither parsed nor drawn again, so that what is selected or scrolled in it stays so.
 */
export const Markdown = memo(function Markdown({ text, isGrowing = false }: MarkdownProps) {
  const [splitter] = useState(() => new BlockSplitter());
  const blocks = splitter.split(withMathMarks(text));
  return blocks.map((block, i) => (
    // A block keeps its place while the text grows.
    <MarkdownBlock key={i} text={block} isGrowing={isGrowing && i === blocks.length - 1} />
  ));
});
