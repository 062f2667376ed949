import { layerDistances, type AttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { EDGE_THRESHOLD, type AttentionEvidence } from "../../kv/sharing/select-pairs.ts";
import { SHARING_STRATEGIES } from "./sharing-strategies.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { BasisEvidence } from "../bases/basis-evidence.ts";
import { ModelEvidence, type ReadChat } from "./compression-evidence.ts";
import type { Scheme } from "./compression-schemes.ts";
import { StoredConversation } from "./compression-storing.ts";
import type { CodedCache, LayerShape } from "./coded-cache.ts";
import type { TransformedCache, TransformedRows, TransformKind } from "./compression-transforms.ts";
import {
  CALIBRATION_CONVERSATIONS,
  recalls,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";
import {
  deviationFrom,
  freshReply,
  type Deviation,
  type ReplayedPip,
  type Reply,
  type Rows,
} from "../replayed-pip.ts";

/** Chats of the model's kind that fit what belongs to a model: KVSharer's distances, frozen map, linear maps. */
const CALIBRATIONS = 8;

/** Chats that bases are fitted to. */
const BASIS_CHATS = 64;

/** A conversation in the moment of its last question. */
interface Asked {
  conversation: RecallConversation;
  question: number[];
  right: Reply;
  evidence: AttentionEvidence;
  rows: Rows;
  stored: StoredConversation;
  /** What was measured, by what was stored: strategies often agree. */
  outcomes: Map<string, Promise<Outcome>>;
  transformed: Map<string, Promise<{ outcome: Outcome; bytes: TransformedRows["bytes"] }>>;
}

export interface Outcome extends Deviation {
  recalled: boolean;
  /** As many as there were. */
  pairs: number;
  plainBytes: number;
  storedBytes: number;
  exactBytes: number;
}

/** What `measure` needs of a model. */
export interface CalibratedModel {
  evidence: ModelEvidence;
  transformed: TransformedCache;
}

interface MeasuringParts {
  pip: ReplayedPip;
  similarity: AttentionSimilarity;
  coded: CodedCache;
  shape: LayerShape;
}

/** Stores conversations in many ways, and asks their last question of what comes back. */
export class CompressionMeasuring {
  readonly #parts: MeasuringParts;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /** Read chats of the model's kind. */
  async calibrate(): Promise<{ evidence: ModelEvidence; moments: BasisEvidence }> {
    const { shape, pip } = this.#parts;
    const chats: ReadChat[] = [];
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(0, CALIBRATIONS))
      chats.push(await this.#lead(messages));
    const moments = new BasisEvidence(shape, chats[0]?.rows.layers.length ?? 0);
    for (const { rows } of chats) moments.add(rows);
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(CALIBRATIONS, BASIS_CHATS)) {
      pip.forget();
      await pip.fill(pip.tokensOf(messages));
      moments.add(await pip.save());
    }
    return { evidence: new ModelEvidence(chats, shape), moments };
  }

  async ask(
    conversation: RecallConversation,
    { evidence: model }: CalibratedModel,
  ): Promise<Asked> {
    const { question, evidence, rows } = await this.#lead(conversation.messages);
    const right = await freshReply(this.#parts.pip, question);
    const stored = new StoredConversation(rows, { ...this.#parts, mapOf: model.mapOf });
    const known = { outcomes: new Map(), transformed: new Map() };
    return { conversation, question, right, evidence, rows, stored, ...known };
  }

  async measure(
    asked: Asked,
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
    asked: Asked,
    compression: Parameters<StoredConversation["compress"]>[0],
  ): Promise<Outcome> {
    const { stored } = asked;
    const { rows, ...bytes } = await stored.compress(compression);
    return { ...bytes, ...(await this.#judge(asked, rows)), pairs: compression.map.pairs.length };
  }

  /** Both variants bring back the same rows. */
  async #transformed(
    asked: Asked,
    { variant, ...kind }: TransformKind,
    cache: TransformedCache,
  ): Promise<Outcome> {
    const key = JSON.stringify(kind);
    const measure = async () => {
      const { tokens } = asked.rows;
      const { layers, bytes } = await cache.comeBack(kind, asked.rows);
      const judged = await this.#judge(asked, { tokens, layers });
      const { plainBytes, exactBytes } = asked.stored.sizes;
      return { outcome: { ...judged, plainBytes, exactBytes, storedBytes: 0, pairs: 0 }, bytes };
    };
    const known = asked.transformed.get(key) ?? measure();
    asked.transformed.set(key, known);
    const { outcome, bytes } = await known;
    return { ...outcome, storedBytes: bytes[variant] };
  }

  /** What becomes of the answer when these rows have come back. */
  async #judge({ conversation, question, right }: Asked, rows: Rows) {
    const { pip } = this.#parts;
    pip.putBack(rows);
    const deviation = await deviationFrom(right, pip, question);
    return { ...deviation, recalled: recalls(deviation.text, conversation) };
  }

  /** Prefill all before the last question, and see how it attends meanwhile. */
  async #lead(messages: readonly ChatMessage[]) {
    const { pip, similarity } = this.#parts;
    pip.forget();
    similarity.reset();
    const { turns, header, system } = pip.render(messages);
    const question = [turns.at(-1) ?? [], header].flat();
    await pip.fill([system, ...turns.slice(0, -1)].flat());
    const { gram, edgeMass } = await similarity.read();
    const evidence = { edgeMass, distances: layerDistances(gram) };
    return { question, evidence, rows: await pip.save() };
  }
}
