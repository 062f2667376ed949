import type { CodedShape } from "../../kv/codecs/codec.ts";
import { staticMap } from "../../kv/sharing/static-map.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import type { StoredForm } from "../../kv/value/stored-form.ts";
import type { ComparedForm } from "../../protocol/engine-measuring.ts";
import { assert } from "../../shared/assert.ts";

/** A form that nobody judges. */
export interface UnjudgedForm {
  /** Whether layers share: none do, the same pairs in every conversation, or the pairs that Krul chooses. */
  strategy: "none" | "static" | "krul";
  form: StoredForm;
}

/** A form that is stored as it is asked for. The others say how the guard is to look for one. */
export type UnjudgedName = Exclude<ComparedForm, "krul-judged" | "fewest-bytes">;

export const isUnjudged = (asked: ComparedForm): asked is UnjudgedName =>
  asked !== "krul-judged" && asked !== "fewest-bytes";

/** The share of layers that keep no rows: every second one from the middle on, as in MiniCache (arXiv:2405.14366). */
const STATIC_SHARE = 0.25;

/**
 * The form that rows are stored in where one is asked for by name, whatever it does to the answers.
 *
 * @param chosen the pairs that Krul would share
 */
export function comparedForm(
  asked: UnjudgedName,
  shape: CodedShape,
  chosen: LayerSharingMap,
): UnjudgedForm {
  switch (asked) {
    case "static-f16": {
      const { pairs } = staticMap(kindsOf(shape.layers), { layerShare: STATIC_SHARE });
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

/** Every architecture that is loaded has layers of one kind. */
const kindsOf = (layers: number): string[] => Array.from({ length: layers }, () => "all");
