import { useMemo } from "react";
import { ALL_MODELS } from "../../client/catalogue/all-models.ts";
import { modelByAddress } from "../../client/catalogue/model-by-address.ts";
import type { ModelHere } from "../../client/catalogue/models-here.ts";
import { shownEntries } from "../../client/catalogue/shown-entries.ts";
import { useChosenModel, useClient, useDownloads } from "../../client/hooks/client-context.ts";
import { useDeleteCachedModel, useForgetModel } from "../../client/hooks/kept-model-queries.ts";
import {
  useContextTokens,
  useDeviceProfile,
  useFreeStorage,
  useModelsHere,
} from "../../client/hooks/model-queries.ts";
import type { ModelFiles } from "../models/use-model-files.ts";
import { CatalogueSection } from "./CatalogueSection.tsx";
import { ElsewhereSection } from "./ElsewhereSection.tsx";
import { HereSection } from "./HereSection.tsx";
import { UnlistedDownloads } from "./UnlistedDownloads.tsx";
import { useDownloadActions } from "./use-download-actions.ts";

export interface ModelPickerProps {
  /** Loads a model that is here. */
  onUse: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** Everything that a model can be chosen from. It is loaded when somebody first chooses. */
export function ModelPicker({ onUse, onFiles }: ModelPickerProps) {
  const { context } = useClient();
  const wanted = asDownloaded(useChosenModel().wanted);
  const downloads = useDownloads();
  const actions = useDownloadActions();
  const device = useDeviceProfile();
  const freeBytes = useFreeStorage();
  const contextTokens = useContextTokens();
  const here = useModelsHere();
  const hereUrls = new Set(here.map(({ url }) => url));
  const forgetting = useForgetModel();
  const deleting = useDeleteCachedModel();
  const entries = useMemo(
    () => shownEntries(ALL_MODELS, { device, freeBytes, contextTokens }),
    [device, freeBytes, contextTokens],
  );
  const remove = ({ url, from }: ModelHere) => {
    if (from === "cache") deleting.mutate(url);
    else forgetting.mutate(url);
    if (from === "download") actions.onCancel(url);
  };
  const row = { downloads, here: hereUrls, wanted, onUse, ...actions };
  const onAddress = (request: { url: string; name: string }) => {
    // What is here is not fetched again.
    if (hereUrls.has(request.url)) onUse(request.url);
    else actions.onStart(request);
  };
  return (
    <div className="sections">
      <HereSection models={here} wanted={wanted} onUse={onUse} onDelete={remove} />
      <UnlistedDownloads entries={entries} downloads={downloads} {...actions} />
      <CatalogueSection
        entries={entries}
        contextTokens={contextTokens}
        onContext={(tokens) => context.choose(tokens)}
        {...row}
      />
      <ElsewhereSection onStart={onAddress} onFiles={onFiles} />
    </div>
  );
}

/** The address of the model in use in the spelling that downloads have: a link may have named it otherwise. */
function asDownloaded(wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const typed = modelByAddress(wanted, location.origin);
  return typed.is === "model" ? typed.url : wanted;
}
