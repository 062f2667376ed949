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

/** Tells the engine whether it may learn, and whether a person can see the page: now, and at each change. */
export function tellIdleTerms(
  engine: IdleEngine,
  setting: Pick<LearningSetting, "getSnapshot" | "subscribe" | "reread">,
  { document, window }: Page,
): void {
  const tell = () => {
    const visible = document.visibilityState === "visible";
    void engine.setIdleTerms({ learning: setting.getSnapshot(), visible });
  };
  setting.subscribe(tell);
  document.addEventListener("visibilitychange", tell);
  // Tells of what other tabs have written to `localStorage`.
  window.addEventListener("storage", () => setting.reread());
  tell();
}
