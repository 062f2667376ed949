import { t } from "@lingui/core/macro";
import type { DeviceChoice } from "../../protocol/engine-api.ts";

/** What each choice is called. */
export function deviceName(choice: DeviceChoice): string {
  switch (choice) {
    case "auto":
      return t`Automatic`;
    case "gpu":
      return t`Graphics card`;
    case "processor":
      return t`Processor`;
  }
}

/**
 * What a choice means here.
 *
 * @param hasCard whether the browser offers a graphics card; undefined until that is known
 */
export function deviceMeaning(choice: DeviceChoice, hasCard: boolean | undefined): string {
  switch (choice) {
    case "auto":
      return automaticMeaning(hasCard);
    case "gpu":
      return hasCard === false
        ? t`The browser offers no graphics card here. What it offers in its place is very slow, or nothing at all.`
        : t`Models run on the graphics card, and on nothing else.`;
    case "processor":
      return t`Models run on the processor. It is slower than most graphics cards, and does not need one.`;
  }
}

function automaticMeaning(hasCard: boolean | undefined): string {
  if (hasCard === undefined)
    return t`Models run on the graphics card if the browser offers one, and else on the processor.`;
  return hasCard
    ? t`Here models run on the graphics card. If the browser did not offer it, they would run on the processor.`
    : t`Here models run on the processor, because the browser offers no graphics card.`;
}

/** What happens when another device is chosen. */
export const changeSentence = (): string =>
  t`After a change the model is loaded again and conversations go on. Only caches of the quality exact are worked out again, once, because each device rounds in its own way.`;
