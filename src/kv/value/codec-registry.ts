import { assert } from "../../shared/assert.ts";
import type { CodecFamily } from "../codecs/codec.ts";

/** Codec families, by what a form or a stored value says. Throws if two codecs have one name or one number. */
export class CodecRegistry {
  readonly families: readonly CodecFamily[];
  readonly #familyOf = new Map<string, CodecFamily>();
  readonly #nameOf = new Map<number, string>();

  /** @param families that which takes the fewest bytes first: levels try them in this order */
  constructor(families: readonly CodecFamily[]) {
    this.families = families;
    for (const family of families)
      for (const [name, number] of Object.entries(family.codecs)) this.#add(family, name, number);
  }

  #add(family: CodecFamily, name: string, number: number): void {
    assert(!this.#familyOf.has(name), `two codecs are named ${name}`);
    assert(!this.#nameOf.has(number), `two codecs have number ${number}`);
    this.#familyOf.set(name, family);
    this.#nameOf.set(number, name);
  }

  /** Throws for a name that no codec has. */
  familyOf(codec: string): CodecFamily {
    const family = this.#familyOf.get(codec);
    assert(family !== undefined, `there is no codec ${codec}`);
    return family;
  }

  /** The number that is stored for a codec. */
  numberOf(codec: string): number {
    const number = this.familyOf(codec).codecs[codec];
    assert(number !== undefined, `codec ${codec} has no number`);
    return number;
  }

  /** The codec of a stored number. Undefined if it is none of ours. */
  codecNumbered(number: number): string | undefined {
    return this.#nameOf.get(number);
  }
}
