import { t } from "@lingui/core/macro";
import { ChevronLeft, ChevronRight } from "lucide-react";
import type { Versions } from "../../client/session/message-path.ts";
import { IconButton } from "../IconButton.tsx";

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
      <IconButton
        icon={ChevronLeft}
        label={t`Previous version`}
        disabled={!onShow || before === undefined}
        onClick={() => before !== undefined && onShow?.(before)}
      />
      <span aria-label={t`Version ${number} of ${count}`} role="img">
        {number}/{count}
      </span>
      <IconButton
        icon={ChevronRight}
        label={t`Next version`}
        disabled={!onShow || after === undefined}
        onClick={() => after !== undefined && onShow?.(after)}
      />
    </span>
  );
}
