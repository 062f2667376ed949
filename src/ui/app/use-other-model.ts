import { useState } from "react";
import { useChosenModel, useClient, useEngineStatus } from "../../client/hooks/client-context.ts";
import { useIsModelHere } from "../../client/hooks/model-presence-queries.ts";
import { modelLabel } from "../../client/models/model-labels.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { isSameModel } from "../../protocol/model-address.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

/** The model of a conversation's last answer, where another one would write the next. */
export interface OtherModel {
  /** Its address. */
  url: string;
  before: string;
  now: string;
  /** What a download of it takes, if its weights are gone. */
  downloadBytes: number | undefined;
  /** The person wants the model that is there now. */
  goOn: () => void;
}

/**
 * Whether a conversation would be answered by another model than the one that has answered in it; undefined if not, and
 * after the person has agreed to it.
 *
 * @param now what the model is called that would answer; undefined until it is known which that is
 */
export function useOtherModel(
  messages: readonly MessageRecord[] | undefined,
  now: string | undefined,
): OtherModel | undefined {
  const { modelChoice } = useClient();
  const { wanted } = useChosenModel();
  const status = useEngineStatus();
  const [agreedTo, agreeTo] = useState<string | undefined>(undefined);
  const last = messages?.findLast(({ model }) => model)?.model;
  const isOther = last && wanted !== undefined && !isSameModel(last.url, wanted);
  const isHere = useIsModelHere(isOther ? last.url : undefined);
  if (!isOther || now === undefined || agreedTo === wanted) return undefined;
  const quantization = status.phase === "ready" ? status.model.quantization : undefined;
  const model = { ...last, name: modelChoice.nameOf(last.url) ?? plainName(last.name) };
  return {
    url: last.url,
    before: modelLabel(model, { name: now }),
    now: modelLabel({ name: now, quantization }, model),
    downloadBytes: isHere ? undefined : last.weightBytes,
    goOn: () => agreeTo(wanted),
  };
}
