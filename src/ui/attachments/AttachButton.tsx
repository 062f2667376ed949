import { t } from "@lingui/core/macro";
import { Paperclip } from "lucide-react";
import { useRef } from "react";
import { IconButton } from "../IconButton.tsx";
import type { DraftFilesState } from "./use-draft-files.ts";

/** Lets a person pick text files that the message will bring along. */
export function AttachButton({ onAttach }: { onAttach: DraftFilesState["attach"] }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon={Paperclip}
        label={t`Attach text files`}
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t`Files to attach`}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file can be picked again.
          currentTarget.value = "";
          if (files.length > 0) onAttach(files);
        }}
      />
    </>
  );
}
