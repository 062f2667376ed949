import type { ChatState } from "../../client/chat-state.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

/** A failure that is shown. `retry` is absent where the control for trying again is on screen anyway. */
export interface FailureAlert {
  failure: EngineFailure;
  retry?: "load" | "regenerate" | "read" | "reload";
}

export interface FailureAlertSources {
  /** A newer build has taken this one's place. */
  isOutdated: boolean;
  status: EngineStatus;
  /** Why a message or a wish to regenerate was not taken. */
  refusal: EngineFailure | undefined;
  state: ChatState;
  /** Why the messages could not be read. */
  unread: EngineFailure | undefined;
  messages: readonly MessageRecord[];
}

/** Everything wrong with a conversation, worst first, each kind of failure once. */
export function failureAlerts({
  isOutdated,
  status,
  refusal,
  state,
  unread,
  messages,
}: FailureAlertSources): FailureAlert[] {
  const alerts: FailureAlert[] = [];
  if (isOutdated) alerts.push({ failure: { code: "outdated" } });
  if (status.phase === "failed") alerts.push({ failure: status.failure, retry: "load" });
  if (unread) alerts.push({ failure: unread, retry: "read" });
  if (refusal) alerts.push({ failure: refusal });
  if (state.phase === "failed") {
    // A question that was not stored is still in the composer, with its button.
    const isStored = messages.some(({ id }) => id === state.reply.parentId);
    const { failure } = state;
    alerts.push(isStored ? { failure, retry: "regenerate" } : { failure });
  }
  return alerts.filter(isNews).map(withReload);
}

/** Only a reload helps where this build is outdated, whatever failed because of it. */
const withReload = (trouble: FailureAlert): FailureAlert =>
  trouble.failure.code === "outdated" ? { ...trouble, retry: "reload" } : trouble;

/** Whether no earlier alert says the same. A turn often fails for the same reason as its engine. */
function isNews(
  { failure }: FailureAlert,
  index: number,
  alerts: readonly FailureAlert[],
): boolean {
  const before = alerts.slice(0, index);
  const isExplained =
    (failure.code === "model-not-loaded" && before.some(isLoading)) ||
    // Where the build is outdated, the worker's script may be gone, so that it cannot start.
    (failure.code === "worker-died" && before.some(isOutdatedness));
  return !isExplained && before.every((earlier) => earlier.failure.code !== failure.code);
}

const isOutdatedness = ({ failure }: FailureAlert): boolean => failure.code === "outdated";

const isLoading = ({ retry }: FailureAlert): boolean => retry === "load";
