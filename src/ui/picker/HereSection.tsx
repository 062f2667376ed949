import { t } from "@lingui/core/macro";
import { useId, useState } from "react";
import type { ModelHere } from "../../client/catalogue/models-here.ts";
import { byteSize } from "../byte-size.ts";

interface HereSectionProps {
  models: readonly ModelHere[];
  /** Address of the model in use, or on its way. */
  wanted: string | undefined;
  onUse: (url: string) => void;
  /** Deletes a copy or a download, or forgets where a file is. */
  onDelete: (model: ModelHere) => void;
}

/** The models that need no download. */
export function HereSection({ models, wanted, onUse, onDelete }: HereSectionProps) {
  const titleId = useId();
  const [deleted, setDeleted] = useState<ModelHere | undefined>(undefined);
  const isGone = deleted !== undefined && models.every(({ url }) => url !== deleted.url);
  return (
    <section aria-labelledby={titleId}>
      <h3 id={titleId}>{t`On this device`}</h3>
      {/* It is there before it says anything: what appears along with its text is not read out by every screen reader. */}
      <p role="status">{isGone && t`${{ name: deleted.name }} is not on this device any more.`}</p>
      <ul className="models">
        {models.map((model) => (
          <HereRow
            key={model.url}
            model={model}
            isInUse={model.url === wanted}
            onUse={() => onUse(model.url)}
            onDelete={() => {
              onDelete(model);
              setDeleted(model.from === "file" ? undefined : model);
            }}
          />
        ))}
      </ul>
    </section>
  );
}

interface HereRowProps {
  model: ModelHere;
  isInUse: boolean;
  onUse: () => void;
  onDelete: () => void;
}

function HereRow({ model, isInUse, onUse, onDelete }: HereRowProps) {
  const [isAsking, setAsking] = useState(false);
  const { name } = model;
  return (
    <li aria-label={name}>
      <div className="model">
        <p className="name" translate="no">
          {name}
        </p>
        <p className="facts">{fromWords(model)}</p>
      </div>
      <span className="choices">
        {isAsking ? (
          <DeleteQuestion model={model} onDelete={onDelete} onKeep={() => setAsking(false)} />
        ) : (
          <>
            {canBeDeleted(model) && (
              <button type="button" aria-label={deleteLabel(model)} onClick={() => setAsking(true)}>
                {deleteWords(model)}
              </button>
            )}
            <button
              type="button"
              className={isInUse ? "in-use" : undefined}
              aria-label={usageLabel(name, isInUse)}
              disabled={isInUse}
              onClick={onUse}
            >
              {isInUse ? t`In use` : t`Use`}
            </button>
          </>
        )}
      </span>
    </li>
  );
}

const usageLabel = (name: string, isInUse: boolean): string =>
  isInUse ? t`${name} is in use` : t`Use ${name}`;

interface DeleteQuestionProps {
  model: ModelHere;
  onDelete: () => void;
  onKeep: () => void;
}

function DeleteQuestion({ model, onDelete, onKeep }: DeleteQuestionProps) {
  return (
    <>
      <button type="button" autoFocus onClick={onKeep}>
        {t`Keep`}
      </button>
      <button type="button" className="danger" aria-label={deleteLabel(model)} onClick={onDelete}>
        {model.bytes === undefined
          ? deleteWords(model)
          : t`Delete ${{ size: byteSize(model.bytes) }}`}
      </button>
    </>
  );
}

const canBeDeleted = ({ from }: ModelHere): boolean => from !== "page" && from !== "server";

const deleteWords = ({ from }: ModelHere): string => (from === "file" ? t`Forget` : t`Delete`);

const deleteLabel = (model: ModelHere): string =>
  model.from === "file" ? t`Forget ${{ name: model.name }}` : t`Delete ${{ name: model.name }}`;

function fromWords({ from, bytes }: ModelHere): string {
  const size = bytes === undefined ? undefined : byteSize(bytes);
  switch (from) {
    case "page":
      return t`Part of this page`;
    case "server":
      return size === undefined ? t`From this page's server` : t`From this page's server, ${size}`;
    case "file":
      return t`A file on this device; this browser remembers where`;
    case "copy":
      return size === undefined ? t`A copy in this browser` : t`A copy in this browser, ${size}`;
    case "download":
    case "cache":
      return size === undefined ? t`Downloaded` : t`Downloaded, ${size}`;
  }
}
