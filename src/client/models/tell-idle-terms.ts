import type { IdleTerms } from "../../protocol/engine-storing.ts";
import type { LearningSetting } from "./learning-setting.ts";

/** An engine that does something between turns. */
interface IdleEngine {
  setIdleTerms(terms: IdleTerms): Promise<void>;
}

interface Page {
  document: Pick<Document, "visibilityState" | "addEventListener">;
  window: Pick<Window, "addEventListener">;
}

/** How long after the last key somebody is taken to be writing. */
const WRITING_MS = 4000;

/**
 * Tells the engine whether it may learn, whether a person can see the page, and whether they are writing: now, and at each
 * change.
 */
export function tellIdleTerms(
  engine: IdleEngine,
  setting: Pick<LearningSetting, "getSnapshot" | "subscribe" | "reread">,
  { document, window }: Page,
): void {
  let writing: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    const visible = document.visibilityState === "visible";
    const learning = setting.getSnapshot();
    void engine.setIdleTerms({ learning, visible, writing: writing !== undefined });
  };
  // Whatever is typed bubbles up to the document.
  document.addEventListener("input", () => {
    const wasWriting = writing !== undefined;
    clearTimeout(writing);
    writing = setTimeout(() => {
      writing = undefined;
      tell();
    }, WRITING_MS);
    if (!wasWriting) tell();
  });
  setting.subscribe(tell);
  document.addEventListener("visibilitychange", tell);
  // Tells of what other tabs have written to `localStorage`.
  window.addEventListener("storage", () => setting.reread());
  tell();
}
