import type { EngineMeasure, RestorationSpan } from "../../protocol/measures.ts";
import type { Resumption } from "../../protocol/reply-figures.ts";
import { coveredMs } from "./covered-time.ts";
import type { TimedModel } from "./prepared-model.ts";

type Restored = Extract<EngineMeasure, { name: "kv.restore" }>["detail"];

/** What was brought back of one conversation since its last turn. A restoration may be followed by another. */
type Brought = Omit<Resumption, "rereadMs"> & { conversationId: string };

/** Remembers what restorations have brought back, until the turn that it was brought back for. */
export class Resumptions {
  #brought: Brought | undefined;

  note(measure: EngineMeasure): void {
    if (measure.name === "kv.restore") this.#add(measure.detail);
  }

  /**
   * What was brought back for this turn, which leaves nothing for the next one.
   *
   * @param reusedTokens tokens of the turn's prompt whose rows were in place; what was brought back besides is of no use
   */
  take(
    { restorationCosts, layers }: TimedModel,
    { conversationId, reusedTokens }: { conversationId: string; reusedTokens: number },
  ): Resumption | undefined {
    const brought = this.#brought;
    this.#brought = undefined;
    if (brought?.conversationId !== conversationId) return undefined;
    const tokens = Math.min(brought.tokens, reusedTokens);
    if (tokens === 0) return undefined;
    const reread = { position: reusedTokens - tokens, tokens, layers: layers.rowLayers };
    return {
      tokens,
      loadedTokens: Math.min(brought.loadedTokens, tokens),
      ms: brought.ms,
      rereadMs: restorationCosts.readingMs(reread),
    };
  }

  #add({ conversationId, reusedTokens, loadedTokens, recomputedTokens, timeline }: Restored): void {
    const isSame = this.#brought?.conversationId === conversationId;
    // What was in place when this one began is what the one before has brought, or an earlier turn has left.
    const before = isSame && reusedTokens > 0 ? this.#brought : undefined;
    this.#brought = {
      conversationId,
      tokens: (before?.tokens ?? 0) + loadedTokens + recomputedTokens,
      loadedTokens: (before?.loadedTokens ?? 0) + loadedTokens,
      ms: (before?.ms ?? 0) + rowsMs(timeline),
    };
  }
}

/** Time in which anything was done for rows. */
function rowsMs(timeline: readonly RestorationSpan[]): number {
  return coveredMs(timeline.filter(({ work }) => work !== "weights" && work !== "compile"));
}
