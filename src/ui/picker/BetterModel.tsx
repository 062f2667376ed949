import { useSyncExternalStore } from "react";
import {
  useChosenModel,
  useClient,
  useDownloads,
  useEngineStatus,
} from "../../client/hooks/client-context.ts";
import { useExpectedDevice } from "../../client/hooks/device-queries.ts";
import { laterPart } from "../later/later-part.tsx";

const BetterModelNotice = laterPart(
  async () => (await import("./BetterModelNotice.tsx")).BetterModelNotice,
);

/**
 * Where the first model runs on a graphics card, the one that such a card deserves is offered, until the person has begun
 * any download, or has said no. The catalogue is fetched only then.
 */
export function BetterModel() {
  const { modelChoice, declinedOffer } = useClient();
  const status = useEngineStatus();
  const { wanted } = useChosenModel();
  const hasDownloads = useDownloads().length > 0;
  const isDeclined = useSyncExternalStore(declinedOffer.subscribe, declinedOffer.getSnapshot);
  const isFirst = modelChoice.standing.some(({ url }) => url === wanted);
  const isOffered = status.phase === "ready" && isFirst && !hasDownloads && !isDeclined;
  const isOnCard = useExpectedDevice(isOffered) === "gpu";
  if (!isOffered || !isOnCard || wanted === undefined) return null;
  return (
    <BetterModelNotice
      inUse={status.model}
      name={modelChoice.nameOf(wanted) ?? status.model.name}
      onDecline={() => declinedOffer.decline()}
    />
  );
}
