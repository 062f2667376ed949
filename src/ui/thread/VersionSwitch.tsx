import { t } from "@lingui/core/macro";
import type { Versions } from "../../client/session/message-path.ts";

interface VersionSwitchProps {
  versions: Versions;
  /** Absent while the model is busy. */
  onShow: ((messageId: string) => void) | undefined;
}

/** Goes from one version of a message to the next: another answer to the same question, or what was asked instead. */
export function VersionSwitch({ versions: { ids, index }, onShow }: VersionSwitchProps) {
  const [before, after] = [ids[index - 1], ids[index + 1]];
  const [number, count] = [index + 1, ids.length];
  return (
    <span className="versions" role="group" aria-label={t`Versions`}>
      <button
        type="button"
        aria-label={t`Previous version`}
        disabled={!onShow || before === undefined}
        onClick={() => before !== undefined && onShow?.(before)}
      >
        <span aria-hidden>‹</span>
      </button>
      <span aria-label={t`Version ${number} of ${count}`} role="img">
        {number}/{count}
      </span>
      <button
        type="button"
        aria-label={t`Next version`}
        disabled={!onShow || after === undefined}
        onClick={() => after !== undefined && onShow?.(after)}
      >
        <span aria-hidden>›</span>
      </button>
    </span>
  );
}
