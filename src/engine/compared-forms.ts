import type { KvShape } from "../kv/kv-cache.ts";
import { SHARING_STRATEGIES, type SharingStrategyName } from "../kv/sharing-strategies.ts";
import type { LayerSharingMap } from "../kv/select-pairs.ts";
import { storedForm } from "../kv/stored-forms.ts";
import type { StoredForm } from "../kv/value-coder.ts";
import type { ComparedForm } from "../protocol/engine-api.ts";
import { assert } from "../shared/assert.ts";

export interface UnjudgedForm {
  strategy: SharingStrategyName;
  form: StoredForm;
}

/** Layers that keep no rows: from the middle on every second one, as in MiniCache (arXiv:2405.14366). */
const STATIC_SHARE = 0.25;

/**
 * What rows are stored in where a form is asked for by name, whatever it does to the answers.
 *
 * @param chosen the pairs that Krul would share
 */
export function comparedForm(
  asked: ComparedForm,
  shape: Pick<KvShape, "layers" | "headDim">,
  chosen: LayerSharingMap,
): UnjudgedForm {
  switch (asked) {
    case "static-f16": {
      const target = { layerShare: STATIC_SHARE };
      const { pairs } = SHARING_STRATEGIES.static.select(noEvidence(shape.layers), target);
      return { strategy: "static", form: { codecOf: () => "f16", pairs } };
    }
    case "krul-f16":
      return { strategy: "krul", form: { codecOf: () => "f16", pairs: chosen.pairs } };
    case "int4": {
      const form = storedForm({ codec: "int4", map: { ...chosen, pairs: [] } }, shape);
      assert(form !== undefined, "int4 is a form");
      return { strategy: "none", form };
    }
  }
}

/** A static map is the same whatever was seen. Every architecture that is loaded has layers of one kind. */
function noEvidence(layers: number) {
  const conversation = { edgeMass: [], distances: [] };
  return {
    kinds: Array.from({ length: layers }, () => "all"),
    kvDistances: [],
    edgeThreshold: 0,
    conversation,
    firstConversation: conversation,
  };
}
