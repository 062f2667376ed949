import { useState } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import type { FileRefusal, HandedFile } from "../../client/local-files/model-files.ts";

export interface ModelFiles {
  /** Opens the model in these files at once. */
  open: (handed: Promise<readonly HandedFile[]>) => void;
  /** Why the files that were handed over last were not opened. */
  refusal: FileRefusal | undefined;
  dismiss: () => void;
}

/** Opening files that were dropped on the page or picked. */
export function useModelFiles(): ModelFiles {
  const { modelChoice, localModels } = useClient();
  const [refusal, setRefusal] = useState<FileRefusal | undefined>(undefined);
  const open = async (handed: Promise<readonly HandedFile[]>) => {
    const taken = await localModels.take(await handed);
    setRefusal("is" in taken ? taken : undefined);
    // How the load goes is in the engine's status.
    if ("url" in taken) await modelChoice.pick(taken.url);
  };
  return {
    open: (handed) => void open(handed).catch(reportError),
    refusal,
    dismiss: () => setRefusal(undefined),
  };
}
