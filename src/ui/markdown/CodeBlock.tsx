import { t } from "@lingui/core/macro";
import { Fragment, useContext, useEffect, useRef, useState } from "react";
import { useCopying } from "../use-copying.ts";
import { IsNear } from "./is-near.ts";
import { colourBlock, type ColouredBlock } from "../../client/highlight/colour-code.ts";
import type { CodeLine } from "../../protocol/code-colours.ts";

interface CodeBlockProps {
  /** With a line break at its end. */
  code: string;
  /** As the model calls it, if it says so. */
  language: string | undefined;
  /** More of the code is about to come. */
  isGrowing: boolean;
}

/** Characters of code that are coloured at most. */
const MAX_COLOURED = 100_000;

/** A block of code: its language, a button that copies it, and its lines. */
export function CodeBlock({ code, language, isGrowing }: CodeBlockProps) {
  const coloured = useColouredLines({ code, language, isGrowing });
  const plain = code.split("\n").slice(coloured.length).join("\n");
  return (
    <figure className="code">
      <figcaption>
        <span>{language ?? t`Code`}</span>
        <CopyButton code={code} />
      </figcaption>
      <pre tabIndex={0} role="region" aria-label={language ?? t`Code`} dir="ltr">
        <code>
          {coloured.map((line, i) => (
            // A line keeps its place while the code grows.
            <Fragment key={i}>
              {line.map(({ text, kind }, j) =>
                kind === undefined ? (
                  text
                ) : (
                  <span key={j} className={`token ${kind}`}>
                    {text}
                  </span>
                ),
              )}
              {"\n"}
            </Fragment>
          ))}
          {/* Another text node for each end: one that is kept while its first lines leave it would be a shift of layout. */}
          <Fragment key={`from line ${String(coloured.length)}`}>{plain}</Fragment>
        </code>
      </pre>
    </figure>
  );
}

/** The lines that have their colours by now, from the first on. */
function useColouredLines({ code, language, isGrowing }: CodeBlockProps): readonly CodeLine[] {
  const [coloured, setColoured] = useState<{ code: string; lines: readonly CodeLine[] }>(NOTHING);
  const block = useRef<ColouredBlock>(undefined);
  // The last line of growing code is not whole yet.
  const whole = isGrowing ? code.slice(0, code.replace(/\n$/, "").lastIndexOf("\n") + 1) : code;
  const isNear = useContext(IsNear);
  const isKnown = isNear && language !== undefined && whole.length <= MAX_COLOURED;
  useEffect(() => {
    if (!isKnown) return undefined;
    const begun = colourBlock(language, ({ before, lines, code: of }) =>
      setColoured((now) => ({ lines: [...now.lines.slice(0, before), ...lines], code: of })),
    );
    block.current = begun;
    return () => {
      begun.end();
      block.current = undefined;
    };
  }, [isKnown, language]);
  useEffect(() => {
    block.current?.colour(whole);
  }, [whole, isKnown, language]);
  return isKnown && code.startsWith(coloured.code) ? coloured.lines : NOTHING.lines;
}

const NOTHING: { code: string; lines: readonly CodeLine[] } = { code: "", lines: [] };

function CopyButton({ code }: { code: string }) {
  const { state, copy } = useCopying();
  const words = { idle: t`Copy`, copied: t`Copied`, refused: t`Not allowed` };
  return (
    <>
      <button
        type="button"
        className="copy"
        aria-label={t`Copy code`}
        onClick={() => copy(code.replace(/\n$/, ""))}
      >
        {words[state]}
      </button>
      <span role="status" className="visually-hidden">
        {state !== "idle" && words[state]}
      </span>
    </>
  );
}
