import { t } from "@lingui/core/macro";
import { useClient, useVersion } from "../../client/hooks/client-context.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import { CopyDetails } from "./CopyDetails.tsx";
import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { FailureAlert } from "./failure-alerts.ts";
import type { ModelDecision } from "./use-model-decision.ts";

interface FailureAlertsProps {
  alerts: readonly FailureAlert[];
  onRetry: (what: Exclude<NonNullable<FailureAlert["retry"]>, "reload">) => void;
  /** What can be taken in place of a model that cannot be loaded. */
  model: Pick<ModelDecision, "useEmbedded" | "before" | "pick" | "useProcessor">;
}

export function FailureAlerts({ alerts, onRetry, model }: FailureAlertsProps) {
  return alerts.map(({ failure, retry }) => (
    <div
      key={failure.code}
      role="alert"
      className={failure.code === "outdated" ? "alert news" : "alert"}
    >
      <p>{failureSentence(failure)}</p>
      <span className="choices">
        {retry === "load" && !isOfDevice(failure) && <OtherModel model={model} />}
        {failure.code === "webgpu-unavailable" && model.useProcessor && (
          <button type="button" onClick={model.useProcessor}>
            {t`Use the processor`}
          </button>
        )}
        {retry === "reload" && <ReloadButton />}
        {retry && retry !== "reload" && isWorthRetrying(failure) && (
          <button type="button" onClick={() => onRetry(retry)}>
            {t`Try again`}
          </button>
        )}
        {failure.code !== "outdated" && <CopyDetails failure={failure} />}
      </span>
    </div>
  ));
}

/** Whether no other model could run either. */
const isOfDevice = ({ code }: EngineFailure): boolean =>
  code === "webgpu-unavailable" || code === "processor-unavailable";

/** Takes the model that ran before, or else the page's own. */
function OtherModel({ model: { before, pick, useEmbedded } }: Pick<FailureAlertsProps, "model">) {
  if (before)
    return (
      <button type="button" onClick={() => pick(before.url)}>
        {t`Back to ${{ name: before.name }}`}
      </button>
    );
  return (
    useEmbedded && (
      <button type="button" onClick={useEmbedded}>
        {t`Use Pip instead`}
      </button>
    )
  );
}

function ReloadButton() {
  const { version: appVersion } = useClient();
  const version = useVersion();
  const isReloading = version.is === "outdated" && version.isReloading;
  return (
    <button type="button" disabled={isReloading} onClick={() => void appVersion.reload()}>
      {isReloading ? t`Reloading` : t`Reload`}
    </button>
  );
}
