import { type ReactNode, useState } from "react";
import { firstCharacters } from "./first-characters.ts";

/** A browser lays out so much at once without a person having to wait. */
export const SHOWN_CHARACTERS = 100_000;

interface LongTextProps {
  text: string;
  children: (shown: string) => ReactNode;
}

/** A text of any length: the beginning of a very long one, and more of it each time it is asked for. */
export function LongText({ text, children }: LongTextProps) {
  const [parts, setParts] = useState(1);
  const shown = firstCharacters(text, parts * SHOWN_CHARACTERS);
  return (
    <>
      {children(shown)}
      {shown.length < text.length && (
        <button type="button" className="more" onClick={() => setParts(parts + 1)}>
          Show more of this message
        </button>
      )}
    </>
  );
}
