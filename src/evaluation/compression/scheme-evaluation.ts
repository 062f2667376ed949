import { layerDistances, type AttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { EDGE_THRESHOLD, type AttentionEvidence } from "../../kv/sharing/select-pairs.ts";
import { SHARING_STRATEGIES } from "./sharing-strategies.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { RowMoments } from "../bases/row-moments.ts";
import { ModelEvidence, type ReadChat } from "./model-evidence.ts";
import type { Scheme } from "./schemes.ts";
import { StoredConversation } from "./stored-conversation.ts";
import type { RoundTripCache } from "./round-trip-cache.ts";
import type { LayerShape } from "../rotate-keys.ts";
import type { TransformedCache, TransformedRows, TransformKind } from "./transformed-cache.ts";
import {
  CALIBRATION_CONVERSATIONS,
  recalls,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";
import type { CacheProbe, CacheRows } from "../cache-probe.ts";
import { deviationFrom, freshReply, type Deviation, type Reply } from "../reply-deviation.ts";

/** Number of chats that a model's evidence is fitted to: KVSharer's distances, the frozen map, and linear maps. */
const CALIBRATIONS = 8;

/** Number of chats that bases are fitted to. */
const BASIS_CHATS = 64;

/** A conversation whose last question is about to be answered. */
interface PendingQuestion {
  conversation: RecallConversation;
  question: number[];
  right: Reply;
  evidence: AttentionEvidence;
  rows: CacheRows;
  stored: StoredConversation;
  /** Results so far, by what was stored. Strategies often choose the same. */
  outcomes: Map<string, Promise<Outcome>>;
  transformed: Map<string, Promise<{ outcome: Outcome; bytes: TransformedRows["bytes"] }>>;
}

export interface Outcome extends Deviation {
  recalled: boolean;
  /** Number of pairs that were really shared. */
  pairs: number;
  plainBytes: number;
  storedBytes: number;
  exactBytes: number;
}

/** Data of a calibrated model that measuring needs. */
export interface CalibratedModel {
  evidence: ModelEvidence;
  transformed: TransformedCache;
}

interface EvaluationParts {
  probe: CacheProbe;
  similarity: AttentionSimilarity;
  coded: RoundTripCache;
  shape: LayerShape;
}

/** Stores conversations in many ways, and lets the model answer their last question from the rows that come back. */
export class SchemeEvaluation {
  readonly #parts: EvaluationParts;

  constructor(parts: EvaluationParts) {
    this.#parts = parts;
  }

  /** Let the model read chats of its own kind, and fit the model's evidence to them. */
  async calibrate(): Promise<{ evidence: ModelEvidence; moments: RowMoments }> {
    const { shape, probe } = this.#parts;
    const chats: ReadChat[] = [];
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(0, CALIBRATIONS))
      chats.push(await this.#lead(messages));
    const moments = new RowMoments(shape, chats[0]?.rows.layers.length ?? 0);
    for (const { rows } of chats) moments.add(rows);
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(CALIBRATIONS, BASIS_CHATS)) {
      probe.forget();
      await probe.fill(probe.tokensOf(messages));
      moments.add(await probe.save());
    }
    return { evidence: new ModelEvidence(chats, shape), moments };
  }

  async ask(
    conversation: RecallConversation,
    { evidence: model }: CalibratedModel,
  ): Promise<PendingQuestion> {
    const { question, evidence, rows } = await this.#lead(conversation.messages);
    const right = await freshReply(this.#parts.probe, question);
    const stored = new StoredConversation(rows, { ...this.#parts, mapOf: model.mapOf });
    const known = { outcomes: new Map(), transformed: new Map() };
    return { conversation, question, right, evidence, rows, stored, ...known };
  }

  async measure(
    asked: PendingQuestion,
    scheme: Scheme,
    { evidence: model, transformed }: CalibratedModel,
  ): Promise<Outcome> {
    if (scheme.transform) return this.#transformed(asked, scheme.transform, transformed);
    const layers = asked.evidence.edgeMass.length;
    const kinds = Array.from({ length: layers }, () => "llama");
    const map = SHARING_STRATEGIES[scheme.strategy].select(
      {
        kinds,
        kvDistances: model.kvDistances,
        edgeThreshold: EDGE_THRESHOLD,
        conversation: asked.evidence,
        firstConversation: model.first,
      },
      { pairs: scheme.pairs },
    );
    const compression = {
      map,
      way: scheme.way,
      codecs: kinds.map((_, layer) => scheme.codecOf(layer, layers)),
    };
    const key = JSON.stringify(compression);
    const known = asked.outcomes.get(key) ?? this.#replay(asked, compression);
    asked.outcomes.set(key, known);
    return known;
  }

  async #replay(
    asked: PendingQuestion,
    compression: Parameters<StoredConversation["compress"]>[0],
  ): Promise<Outcome> {
    const { stored } = asked;
    const { rows, ...bytes } = await stored.compress(compression);
    return { ...bytes, ...(await this.#judge(asked, rows)), pairs: compression.map.pairs.length };
  }

  /** Measure a transform. Its two variants bring back the same rows, so they share a result. */
  async #transformed(
    asked: PendingQuestion,
    { variant, ...kind }: TransformKind,
    cache: TransformedCache,
  ): Promise<Outcome> {
    const key = JSON.stringify(kind);
    const measure = async () => {
      const { tokens } = asked.rows;
      const { layers, bytes } = await cache.roundTrip(kind, asked.rows);
      const judged = await this.#judge(asked, { tokens, layers });
      const { plainBytes, exactBytes } = asked.stored.sizes;
      return { outcome: { ...judged, plainBytes, exactBytes, storedBytes: 0, pairs: 0 }, bytes };
    };
    const known = asked.transformed.get(key) ?? measure();
    asked.transformed.set(key, known);
    const { outcome, bytes } = await known;
    return { ...outcome, storedBytes: bytes[variant] };
  }

  /** Compare the answer from these rows with the right one. */
  async #judge({ conversation, question, right }: PendingQuestion, rows: CacheRows) {
    const { probe } = this.#parts;
    probe.putBack(rows);
    const deviation = await deviationFrom(right, probe, question);
    return { ...deviation, recalled: recalls(deviation.text, conversation) };
  }

  /** Prefill everything before the last question, and record how similarly the layers attend. */
  async #lead(messages: readonly ChatMessage[]) {
    const { probe, similarity } = this.#parts;
    probe.forget();
    similarity.reset();
    const { turns, header, system } = probe.render(messages);
    const question = [turns.at(-1) ?? [], header].flat();
    await probe.fill([system, ...turns.slice(0, -1)].flat());
    const { gram, edgeMass } = await similarity.read();
    const evidence = { edgeMass, distances: layerDistances(gram) };
    return { question, evidence, rows: await probe.save() };
  }
}
