import { layerDistances, type AttentionSimilarity } from "../kv/attention-similarity.ts";
import { EDGE_THRESHOLD, type AttentionEvidence } from "../kv/select-pairs.ts";
import { SHARING_STRATEGIES } from "../kv/sharing-strategies.ts";
import type { ChatMessage } from "../protocol/engine-api.ts";
import { ModelEvidence, type ReadChat } from "./compression-evidence.ts";
import type { Scheme } from "./compression-schemes.ts";
import { StoredConversation } from "./compression-storing.ts";
import type { CodedCache, LayerShape } from "./compression-testing.ts";
import { CALIBRATION_CONVERSATIONS, recalls, type RecallConversation } from "./recall-testing.ts";
import {
  deviationFrom,
  freshReply,
  type Deviation,
  type ReplayedPip,
  type Reply,
} from "./replay-testing.ts";

/** Chats of the model's kind that fit what belongs to a model: KVSharer's distances, frozen map, linear maps. */
const CALIBRATIONS = 8;

/** A conversation in the moment of its last question. */
interface Asked {
  conversation: RecallConversation;
  question: number[];
  right: Reply;
  evidence: AttentionEvidence;
  stored: StoredConversation;
  /** What was measured, by what was stored: strategies often agree. */
  outcomes: Map<string, Promise<Outcome>>;
}

export interface Outcome extends Deviation {
  recalled: boolean;
  /** As many as there were. */
  pairs: number;
  plainBytes: number;
  storedBytes: number;
  exactBytes: number;
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

  async calibrate(): Promise<ModelEvidence> {
    const chats: ReadChat[] = [];
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(0, CALIBRATIONS))
      chats.push(await this.#lead(messages));
    return new ModelEvidence(chats, this.#parts.shape);
  }

  async ask(conversation: RecallConversation, { mapOf }: ModelEvidence): Promise<Asked> {
    const { question, evidence, rows } = await this.#lead(conversation.messages);
    const right = await freshReply(this.#parts.pip, question);
    const stored = new StoredConversation(rows, { ...this.#parts, mapOf });
    return { conversation, question, right, evidence, stored, outcomes: new Map() };
  }

  measure(asked: Asked, scheme: Scheme, model: ModelEvidence): Promise<Outcome> {
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
    { conversation, question, right, stored }: Asked,
    compression: Parameters<StoredConversation["compress"]>[0],
  ): Promise<Outcome> {
    const { pip } = this.#parts;
    const { rows, ...bytes } = await stored.compress(compression);
    pip.putBack(rows);
    const deviation = await deviationFrom(right, pip, question);
    const recalled = recalls(deviation.text, conversation);
    return { ...bytes, ...deviation, recalled, pairs: compression.map.pairs.length };
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
