import { useEffect, useState } from "react";

/** What became of copying: that it is done, or that the browser does not allow it, for a moment. */
export type Copying = "idle" | "copied" | "refused";

/** How long it is said. */
const SAID_MS = 2000;

/** Copies texts to the clipboard, and says for a moment what came of it. */
export function useCopying(): { state: Copying; copy: (text: string) => void } {
  const [state, setState] = useState<Copying>("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), SAID_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const write = async (text: string) => {
    try {
      // Without https there is no clipboard at all.
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  return { state, copy: (text) => void write(text) };
}
