import { t } from "@lingui/core/macro";
import { keptBytes } from "../../client/local-files/local-models.ts";
import type { KeptModel } from "../../client/local-files/file-records.ts";
import { useForgetModel, useKeptModels } from "../../client/hooks/kept-model-queries.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { byteSize } from "../byte-size.ts";

/** The model files that are found again at the next visit. Nothing is shown where there are none. */
export function KeptModels() {
  const kept = useKeptModels();
  const forgetting = useForgetModel();
  return (
    <KeptModelsView
      models={kept.data ?? []}
      isDisabled={forgetting.isPending}
      onForget={(address) => forgetting.mutate(address)}
    />
  );
}

interface KeptModelsViewProps {
  models: readonly KeptModel[];
  isDisabled: boolean;
  onForget: (address: string) => void;
}

export function KeptModelsView({ models, isDisabled, onForget }: KeptModelsViewProps) {
  if (models.length === 0) return null;
  return (
    <section className="kept-models" aria-labelledby="kept-models">
      <h3 id="kept-models">{t`Model files`}</h3>
      <ul>
        {models.map((model) => {
          const name = plainName(model.parts[0]?.name ?? "");
          const isCopy = model.parts.some(({ copy }) => copy !== undefined);
          return (
            <li key={model.address}>
              <p>
                {name}{" "}
                <span>
                  {isCopy
                    ? t`a copy of ${{ size: byteSize(keptBytes(model)) }} in this browser`
                    : t`a file on this device; this browser remembers where`}
                </span>
              </p>
              <button
                type="button"
                aria-label={isCopy ? t`Delete ${name}` : t`Forget ${name}`}
                disabled={isDisabled}
                onClick={() => onForget(model.address)}
              >
                {isCopy ? t`Delete` : t`Forget`}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
