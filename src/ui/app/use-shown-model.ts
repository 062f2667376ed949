import { useChosenModel, useClient } from "../../client/hooks/client-context.ts";
import { useProcessorAdvice } from "../../client/hooks/device-queries.ts";
import { lastPartOf } from "../../client/models/model-address.ts";
import type { OfferedModel } from "../../client/models/offered-model.ts";
import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { processorPlace } from "../notices/processor-place.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";

export interface ShownModel {
  /** What the model is called that is wanted; undefined until it is known which that is. */
  name: string | undefined;
  /** Whether it is part of the page; undefined until that is known. */
  isPip: boolean | undefined;
  offered: OfferedModel | undefined;
  /** How the offered model can be expected to run here. */
  advice: ProcessorAdvice | undefined;
  /** Where it runs, if that is the processor. */
  place: string | undefined;
}

/**
 * The model that answers or is on its way. Its own files are asked for its name only where the person knows it by no
 * other: what is written there is often that of a training run.
 */
export function useShownModel(status: EngineStatus): ShownModel {
  const { modelChoice } = useClient();
  const { wanted, offered } = useChosenModel();
  const place = status.phase === "ready" ? processorPlace(status.model) : undefined;
  const advice = useProcessorAdvice(offered?.bytes === undefined ? undefined : offered);
  const shown = { offered, advice, place };
  if (wanted === undefined) return { name: undefined, isPip: undefined, ...shown };
  const isPip = modelChoice.isEmbedded;
  const own = status.phase === "ready" ? status.model.name : lastPartOf(wanted);
  const name = modelChoice.nameOf(wanted) ?? plainName(own);
  return { name, isPip, ...shown };
}
