/** @file Stores texts in many ways and measures what comes back, in bytes and in what the model predicts next. */

import {
  createAttentionSimilarity,
  layerDistances,
  type AttentionSimilarity,
} from "../../kv/sharing/attention-similarity.ts";
import type { AttentionEvidence } from "../../kv/sharing/select-pairs.ts";
import { at } from "../../shared/at.ts";
import type { CacheRows } from "../cache-probe.ts";
import type { EvaluatedBases } from "./evaluated-bases.ts";
import type { EvaluatedScheme } from "./evaluated-schemes.ts";
import { splitText, type EvaluationText } from "./evaluation-texts.ts";
import { pairEvidence, type PairEvidence } from "./pair-evidence.ts";
import type { ProbedModel } from "./probed-model.ts";
import { exactBytes, roundTrip, roundTripInOrder, type RoundTrip } from "./stored-rows.ts";
import {
  exactDistribution,
  summarise,
  tokenLoss,
  type ExactDistribution,
  type LossSummary,
} from "./token-losses.ts";

/** What came of storing one text in one way. */
export interface EvaluatedRow extends RoundTrip, LossSummary {
  model: string;
  text: string;
  kind: EvaluationText["kind"];
  scheme: string;
  /** Tokens whose rows are stored. */
  tokens: number;
  /** Bytes of all of them in f16, without headers. */
  exactBytes: number;
  prefillMs: number;
  /** Bytes of the file of the basis; 0 without one. */
  basisBytes: number;
  /** How alike the layers are that are merged. */
  pairs: readonly PairEvidence[];
}

interface ReadText {
  text: EvaluationText;
  rows: CacheRows;
  judged: number[];
  right: ExactDistribution[];
  evidence: AttentionEvidence;
  prefillMs: number;
}

export class Evaluation {
  readonly #model: ProbedModel;
  readonly #name: string;
  readonly #bases: EvaluatedBases;
  #similarity: Promise<AttentionSimilarity> | undefined;

  /** @param name of the model */
  constructor(model: ProbedModel, name: string, bases: EvaluatedBases) {
    this.#model = model;
    this.#name = name;
    this.#bases = bases;
  }

  /** Stores a text in each of the ways. @yields each row when it is measured */
  async *rowsOf(
    text: EvaluationText,
    schemes: readonly EvaluatedScheme[],
  ): AsyncGenerator<EvaluatedRow> {
    const read = await this.#read(text, schemes);
    let basis: EvaluatedScheme["basis"];
    let basisBytes = 0;
    for (const scheme of schemes) {
      if (scheme.basis && scheme.basis !== basis) {
        basis = scheme.basis;
        const named = await this.#bases.basisOf(basis);
        basisBytes = named.fileBytes;
        this.#model.coder.useBasis(named);
      }
      yield { ...(await this.#measure(read, scheme)), basisBytes: scheme.basis ? basisBytes : 0 };
    }
    this.#model.coder.useBasis(undefined);
  }

  /** Lets the model read a text, and keeps its rows and what it predicts after them. */
  async #read(text: EvaluationText, schemes: readonly EvaluatedScheme[]): Promise<ReadText> {
    const { probe, config } = this.#model;
    const { lead, judged } = splitText(probe, text, config.contextTokens);
    const begun = performance.now();
    const evidence = await this.#fill(lead, schemes);
    const prefillMs = performance.now() - begun;
    const rows = await probe.save();
    const right = (await probe.replay(judged)).map(exactDistribution);
    return { text, rows, judged, right, evidence, prefillMs };
  }

  /** Prefills, and watches how the layers attend if any of the ways needs to know. */
  async #fill(
    tokens: readonly number[],
    schemes: readonly EvaluatedScheme[],
  ): Promise<AttentionEvidence> {
    const { probe, transformer, hardware } = this.#model;
    probe.forget();
    if (!schemes.some(({ needsEvidence }) => needsEvidence)) {
      await probe.fill(tokens);
      return { edgeMass: [], distances: [] };
    }
    this.#similarity ??= createAttentionSimilarity(hardware, transformer.attentionInputs);
    const similarity = await this.#similarity;
    similarity.reset();
    transformer.sampleAttention(similarity);
    await probe.fill(tokens);
    transformer.sampleAttention(undefined);
    const { gram, edgeMass } = await similarity.read();
    return { edgeMass, distances: layerDistances(gram) };
  }

  async #measure(
    { text, rows, judged, right, evidence, prefillMs }: ReadText,
    scheme: EvaluatedScheme,
  ): Promise<Omit<EvaluatedRow, "basisBytes">> {
    const model = this.#model;
    const form = scheme.formOf(model.cache.shape.layers, evidence);
    const order = scheme.basis && (await this.#bases.orderOf(scheme.basis));
    const forms = { form, end: scheme.endRate };
    const stored = await (order
      ? roundTripInOrder(model, rows, forms, order)
      : roundTrip(model, rows, forms));
    const logits = await model.probe.replay(judged);
    const losses = logits.map((one, i) => tokenLoss(at(right, i), one));
    const tokens = rows.tokens.length;
    return {
      model: this.#name,
      text: text.name,
      kind: text.kind,
      scheme: scheme.name,
      tokens,
      exactBytes: exactBytes(model, tokens),
      prefillMs,
      pairs: pairEvidence(rows, model.cache.shape, form.pairs),
      ...stored,
      ...summarise(losses),
    };
  }
}
