import type { KvShape } from "../kv/kv-cache.ts";
import { SHARING_STRATEGIES, type SharingStrategyName } from "../kv/sharing-strategies.ts";
import type { StoredForm } from "../kv/value-coder.ts";
import type { ComparedForm } from "../protocol/engine-api.ts";

export interface UnjudgedForm {
  strategy: SharingStrategyName;
  form: StoredForm;
}

/** Layers that keep no rows: from the middle on every second one, as in MiniCache (arXiv:2405.14366). */
const STATIC_SHARE = 0.25;

const FORMS: Readonly<Record<ComparedForm, (layers: number) => UnjudgedForm>> = {
  "static-f16": (layers) => {
    const target = { layerShare: STATIC_SHARE };
    const { pairs } = SHARING_STRATEGIES.static.select(noEvidence(layers), target);
    return { strategy: "static", form: { codecOf: () => "f16", pairs } };
  },
};

/** What rows are stored in where a form is asked for by name, whatever it does to the answers. */
export const comparedForm = (
  asked: ComparedForm,
  { layers }: Pick<KvShape, "layers">,
): UnjudgedForm => FORMS[asked](layers);

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
