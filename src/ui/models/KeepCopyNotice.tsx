import { t } from "@lingui/core/macro";
import type { Keeping } from "../../client/local-files/local-models.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { byteSize, bytesOf } from "../byte-size.ts";

interface KeepCopyNoticeProps {
  keeping: Keeping;
  onKeep: () => void;
  onDecline: () => void;
}

/** Offers to keep the model file in use for the next visit, and shows how that goes. */
export function KeepCopyNotice({ keeping, onKeep, onDecline }: KeepCopyNoticeProps) {
  const { files, name } = keeping.model;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return (
    <section className="keep" aria-label={t`Keep the model`}>
      <p role="status">{sentence(keeping, plainName(name), bytes)}</p>
      {keeping.is === "copying" && (
        <progress aria-label={t`Copied`} value={keeping.copiedBytes} max={bytes} />
      )}
      <span className="choices">
        {keeping.is !== "copying" && (
          <button type="button" onClick={onKeep}>
            {keeping.is === "failed"
              ? t`Try again`
              : t`Keep a copy in this browser (${{ size: byteSize(bytes) }})`}
          </button>
        )}
        <button type="button" onClick={onDecline}>
          {keeping.is === "copying" ? t`Cancel` : t`Not now`}
        </button>
      </span>
    </section>
  );
}

function sentence(keeping: Keeping, name: string, bytes: number): string {
  switch (keeping.is) {
    case "offered":
      return t`After a reload you would have to open this file again.`;
    case "copying":
      return t`Copying ${name}: ${{ done: bytesOf(keeping.copiedBytes, bytes) }}`;
    case "failed":
      return failureSentence(keeping.failure);
  }
}

function failureSentence(failure: Extract<Keeping, { is: "failed" }>["failure"]): string {
  switch (failure.is) {
    case "no-room":
      return t`The browser has room for ${{ free: byteSize(failure.freeBytes) }} more, and the copy takes ${{ needed: byteSize(failure.neededBytes) }}.`;
    case "failed":
      return t`The copy could not be made. The file may have changed or gone.`;
    case "cancelled":
      return t`No copy was made.`;
  }
}
