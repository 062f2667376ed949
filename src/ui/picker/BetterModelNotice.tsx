import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import { ALL_MODELS } from "../../client/catalogue/all-models.ts";
import { recommendedModel } from "../../client/catalogue/recommended-model.ts";
import { useDeviceProfile, useFreeStorage } from "../../client/hooks/model-queries.ts";
import { parametersOf } from "../../client/models/model-size.ts";
import type { ModelInfo } from "../../protocol/engine-api.ts";
import { byteSize } from "../byte-size.ts";
import { useDownloadActions } from "./use-download-actions.ts";

export interface BetterModelNoticeProps {
  /** The model in use, and what a person knows it as. */
  inUse: ModelInfo;
  name: string;
  onDecline: () => void;
}

/** Says that this device can run a larger model than the one in use, and offers the one that it should be. */
export function BetterModelNotice({ inUse, name, onDecline }: BetterModelNoticeProps) {
  const device = useDeviceProfile();
  const freeBytes = useFreeStorage();
  const { onStart } = useDownloadActions();
  const weights = parametersOf({ name: inUse.name, bytes: inUse.weightBytes });
  const better = useMemo(
    () => device && recommendedModel(ALL_MODELS, { device, freeBytes, inUse: weights }),
    [device, freeBytes, weights],
  );
  if (!better) return null;
  const { model, variant } = better;
  const size = byteSize(variant.downloadBytes ?? 0);
  return (
    <section className="keep" aria-label={t`A better model`}>
      <p role="status">
        {t`This device can run ${{ better: model.name }}, which knows and does far more than ${name}. ${name} answers until it is here.`}
      </p>
      <span className="choices">
        <button
          type="button"
          className="primary"
          onClick={() => onStart({ url: variant.url, name: model.name })}
        >
          {t`Download ${{ better: model.name }} (about ${{ size }})`}
        </button>
        <button type="button" onClick={onDecline}>
          {t`Not now`}
        </button>
      </span>
    </section>
  );
}
