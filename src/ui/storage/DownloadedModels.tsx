import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useClient, useDownloads } from "../../client/hooks/client-context.ts";
import { nameAt } from "../../client/catalogue/model-by-address.ts";
import { useCachedModels, useDeleteCachedModel } from "../../client/hooks/kept-model-queries.ts";
import { refreshUsage } from "../../client/hooks/storage-queries.ts";
import type { ShownDownload } from "../../client/downloads/downloads.ts";
import { byteSize } from "../byte-size.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import type { CachedModel } from "../../client/models/cached-models.ts";
import { downloadWords, isGoingOn } from "./download-words.ts";

/** The models that were downloaded, or are to be. Nothing is shown where there are none. */
export function DownloadedModels() {
  const { downloads, modelChoice } = useClient();
  const queries = useQueryClient();
  const deleting = useDeleteCachedModel();
  return (
    <DownloadedModelsView
      models={useDownloads()}
      cached={useCachedModels()}
      onDeleteCached={({ url }) => deleting.mutate(url)}
      onGoOn={(model) => void downloads.start(model)}
      onPause={({ url }) => void downloads.pause(url)}
      onDelete={({ url }) => {
        modelChoice.takeBack(url);
        void downloads.cancel(url).then(() => refreshUsage(queries));
      }}
    />
  );
}

interface DownloadedModelsViewProps {
  models: readonly ShownDownload[];
  cached: readonly CachedModel[];
  onDeleteCached: (model: CachedModel) => void;
  onGoOn: (model: ShownDownload) => void;
  onPause: (model: ShownDownload) => void;
  onDelete: (model: ShownDownload) => void;
}

export function DownloadedModelsView({
  models,
  cached,
  onDeleteCached,
  onGoOn,
  onPause,
  onDelete,
}: DownloadedModelsViewProps) {
  if (models.length + cached.length === 0) return null;
  return (
    <section className="kept-models" aria-labelledby="downloaded-models">
      <h3 id="downloaded-models">{t`Downloaded models`}</h3>
      <ul>
        {models.map((model) => {
          const { url, name, state, failure } = model;
          return (
            <li key={url}>
              <p>
                {name} <span>{downloadWords(model)}</span>
                {failure && <span>{failureSentence(failure)}</span>}
              </p>
              <span className="actions">
                {state !== "done" &&
                  (isGoingOn(model) ? (
                    <button
                      type="button"
                      aria-label={t`Pause ${name}`}
                      onClick={() => onPause(model)}
                    >{t`Pause`}</button>
                  ) : (
                    <button
                      type="button"
                      aria-label={t`Go on with ${name}`}
                      onClick={() => onGoOn(model)}
                    >{t`Go on`}</button>
                  ))}
                <button
                  type="button"
                  aria-label={t`Delete ${name}`}
                  onClick={() => onDelete(model)}
                >{t`Delete`}</button>
              </span>
            </li>
          );
        })}
        {cached.map((model) => (
          <CachedRow key={model.url} model={model} onDelete={() => onDeleteCached(model)} />
        ))}
      </ul>
      {models.some(({ mayBeDeleted }) => mayBeDeleted) && (
        <p>{t`The browser was asked to keep downloaded models, and has not agreed: when the disk runs full, it may delete them. Installing this page as an app helps.`}</p>
      )}
    </section>
  );
}

/** A model that was opened by its address. What is missing of it comes when it is opened again. */
function CachedRow({ model, onDelete }: { model: CachedModel; onDelete: () => void }) {
  const name = nameAt(model.url);
  const size = byteSize(model.bytes);
  return (
    <li>
      <p>
        {name} <span>{model.isWhole ? size : t`not finished, ${size}`}</span>
      </p>
      <span className="actions">
        <button type="button" aria-label={t`Delete ${name}`} onClick={onDelete}>{t`Delete`}</button>
      </span>
    </li>
  );
}
