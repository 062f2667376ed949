import { useClient, useVersion } from "../../client/hooks/client-context.ts";
import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { FailureAlert } from "./failure-alerts.ts";
import type { ModelDecision } from "./use-model-decision.ts";

interface FailureAlertsProps {
  alerts: readonly FailureAlert[];
  onRetry: (what: Exclude<NonNullable<FailureAlert["retry"]>, "reload">) => void;
  /** What can be taken in place of a model that cannot be loaded. */
  model: Pick<ModelDecision, "useEmbedded" | "before" | "pick">;
}

export function FailureAlerts({ alerts, onRetry, model }: FailureAlertsProps) {
  const { useEmbedded, before, pick } = model;
  return alerts.map(({ failure, retry }) => (
    <div
      key={failure.code}
      role="alert"
      className={failure.code === "outdated" ? "alert news" : "alert"}
    >
      <p>{failureSentence(failure)}</p>
      {retry === "load" && before && failure.code !== "webgpu-unavailable" && (
        <button type="button" onClick={() => pick(before.url)}>
          Back to {before.name}
        </button>
      )}
      {retry === "load" && useEmbedded && failure.code !== "webgpu-unavailable" && (
        <button type="button" onClick={useEmbedded}>
          Use Pip instead
        </button>
      )}
      {retry === "reload" && <ReloadButton />}
      {retry && retry !== "reload" && isWorthRetrying(failure) && (
        <button type="button" onClick={() => onRetry(retry)}>
          Try again
        </button>
      )}
    </div>
  ));
}

function ReloadButton() {
  const { version: appVersion } = useClient();
  const version = useVersion();
  const isReloading = version.is === "outdated" && version.isReloading;
  return (
    <button type="button" disabled={isReloading} onClick={() => void appVersion.reload()}>
      {isReloading ? "Reloading" : "Reload"}
    </button>
  );
}
