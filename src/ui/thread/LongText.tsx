import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { MoreButton } from "../MoreButton.tsx";
import { usePortion } from "../use-portion.ts";
import { firstCharacters } from "./first-characters.ts";

/** A browser lays out this many characters at once without a person having to wait. */
export const SHOWN_CHARACTERS = 100_000;

interface LongTextProps {
  text: string;
  children: (shown: string) => ReactNode;
}

/** A text of any length: the beginning of a very long one, and more of it each time it is asked for. */
export function LongText({ text, children }: LongTextProps) {
  const [most, showMore] = usePortion(SHOWN_CHARACTERS);
  const shown = firstCharacters(text, most);
  return (
    <>
      {children(shown)}
      {shown.length < text.length && (
        <MoreButton label={t`Show more of this message`} onMore={showMore} />
      )}
    </>
  );
}
