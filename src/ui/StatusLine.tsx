import type { EngineStatus } from "../protocol/engine-api.ts";
import { statusSentence } from "./status-sentence.ts";

/** There is something to wait for, or to know before a message is sent. */
const SHOWN: ReadonlySet<EngineStatus["phase"]> = new Set(["loading", "recovering", "elsewhere"]);

/** Always in the document: a live region that appears together with its text is not read out. */
export function StatusLine({ status }: { status: EngineStatus }) {
  const isQuiet = !SHOWN.has(status.phase);
  return (
    <div className={isQuiet ? "status visually-hidden" : "status"}>
      {status.phase === "loading" && status.totalBytes > 0 && (
        <progress aria-hidden value={status.loadedBytes} max={status.totalBytes} />
      )}
      <p role="status">{statusSentence(status)}</p>
    </div>
  );
}
