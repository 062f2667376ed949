import { t } from "@lingui/core/macro";
import type { DoesNotReason, Fit, MayNotReason } from "../../client/catalogue/fit.ts";
import { byteSize } from "../byte-size.ts";
import { aboutTokens } from "../notices/advice-sentence.ts";

/** The three states in a word or two. */
export function fitWords(is: Fit["is"]): string {
  switch (is) {
    case "fits":
      return t`Fits`;
    case "may-not-fit":
      return t`May not fit`;
    case "does-not-fit":
      return t`Does not fit`;
  }
}

/** Why a model may not fit this device, or does not, or how fast it will be; undefined where there is nothing to say. */
export function fitSentence(fit: Fit): string | undefined {
  switch (fit.is) {
    case "fits":
      return fit.tokensPerSecond === undefined
        ? undefined
        : t`On the processor it writes ${{ speed: aboutTokens(fit.tokensPerSecond) }} here.`;
    case "may-not-fit":
      return mayNotSentence(fit.because);
    case "does-not-fit":
      return doesNotSentence(fit.because);
  }
}

function mayNotSentence(reason: MayNotReason): string {
  switch (reason.is) {
    case "memory":
      return t`It takes ${{ size: byteSize(reason.bytes) }} of memory, and only ${{ budget: byteSize(reason.budgetBytes) }} are known to be there.`;
    case "unknown-size":
      return t`Nobody has said how much memory it takes.`;
    case "slow":
      return reason.tokensPerSecond === undefined
        ? t`It is slow on the processor.`
        : t`It is slow on the processor: ${{ speed: aboutTokens(reason.tokensPerSecond) }}.`;
  }
}

function doesNotSentence(reason: DoesNotReason): string {
  switch (reason.is) {
    case "needs-card":
      return t`It runs on a graphics card only, and this browser offers none.`;
    case "feature":
      return t`The graphics card cannot compute in 16 bits (${{ feature: reason.name }}).`;
    case "buffer":
      return t`One of its parts takes ${{ size: byteSize(reason.bytes) }} at once, and the graphics card allows ${{ allowed: byteSize(reason.allowedBytes) }}.`;
    case "kernels":
      return t`Its engine needs more than this graphics card can do.`;
    case "memory":
      return t`It takes ${{ size: byteSize(reason.bytes) }} of memory, and a page has at most ${{ most: byteSize(reason.mostBytes) }} here.`;
    case "processor-memory":
      return t`The processor has room for no more than 3.5 GB of weights.`;
    case "storage":
      return t`The download takes ${{ size: byteSize(reason.bytes) }}, and the browser has room for ${{ free: byteSize(Math.max(reason.freeBytes, 0)) }} more.`;
  }
}
