import { memo, useEffect, useState } from "react";
import "../styles/markdown.css";
import { MarkdownBlock } from "./MarkdownBlock.tsx";
import { loadFormulas } from "./MathView.tsx";
import { withMathMarks } from "./math-marks.ts";
import { BlockSplitter } from "./split-blocks.ts";
import { useSteadyBlocks } from "./use-steady-blocks.ts";

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
  // A formula whose library comes late moves what has been written below it meanwhile.
  const mayHaveFormulas = isGrowing && /[$\\]/.test(text);
  useEffect(() => {
    if (mayHaveFormulas) loadFormulas().catch(() => undefined);
  }, [mayHaveFormulas]);
  const blocks = useSteadyBlocks(splitter.split(withMathMarks(text)), isGrowing);
  return blocks.map((block, i) => (
    // A block keeps its place while the text grows.
    <MarkdownBlock key={i} text={block} isGrowing={isGrowing && i === blocks.length - 1} />
  ));
});
