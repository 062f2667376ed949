import type { WrittenModel, WrittenTensor, WrittenValue } from "./write-gguf-testing.ts";

/** The shape of a model that tests write. */
export interface TinySpec {
  architecture?: string;
  vocab?: number;
  /** The type of every matrix. */
  type?: WrittenTensor["type"];
  tied?: boolean;
  layers?: number;
}

const HIDDEN = 64;
const FFN = 96;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = 16;

/** A model of any architecture that is read, with a vocabulary of letters. */
export function tinyModel(spec: TinySpec = {}): WrittenModel & { tensors: WrittenTensor[] } {
  const { architecture = "llama", vocab = 32, type = "Q8_0", tied = true, layers = 2 } = spec;
  const matrix = (name: string, columns: number, rows: number): WrittenTensor => ({
    name,
    type,
    shape: [columns, rows],
  });
  const vector = (name: string, size: number): WrittenTensor => ({
    name,
    type: "F32",
    shape: [size],
  });
  const layer = (at: number): WrittenTensor[] => {
    const name = (role: string) => `blk.${at}.${role}`;
    return [
      vector(name("attn_norm.weight"), HIDDEN),
      matrix(name("attn_q.weight"), HIDDEN, HEADS * HEAD_DIM),
      matrix(name("attn_k.weight"), HIDDEN, KV_HEADS * HEAD_DIM),
      matrix(name("attn_v.weight"), HIDDEN, KV_HEADS * HEAD_DIM),
      ...(architecture === "qwen2"
        ? ["q", "k", "v"].map((part) =>
            vector(name(`attn_${part}.bias`), (part === "q" ? HEADS : KV_HEADS) * HEAD_DIM),
          )
        : []),
      ...(architecture === "qwen3"
        ? ["q", "k"].map((part) => vector(name(`attn_${part}_norm.weight`), HEAD_DIM))
        : []),
      matrix(name("attn_output.weight"), HEADS * HEAD_DIM, HIDDEN),
      vector(name("ffn_norm.weight"), HIDDEN),
      matrix(name("ffn_gate.weight"), HIDDEN, FFN),
      matrix(name("ffn_up.weight"), HIDDEN, FFN),
      matrix(name("ffn_down.weight"), FFN, HIDDEN),
    ];
  };
  return {
    metadata: metadataOf(architecture, { vocab, layers }),
    tensors: [
      matrix("token_embd.weight", HIDDEN, vocab),
      ...Array.from({ length: layers }, (_, at) => layer(at)).flat(),
      vector("output_norm.weight", HIDDEN),
      ...(tied ? [] : [matrix("output.weight", HIDDEN, vocab)]),
    ],
  };
}

function metadataOf(
  architecture: string,
  { vocab, layers }: { vocab: number; layers: number },
): Record<string, WrittenValue> {
  const texts = Array.from({ length: vocab }, (_, id) => String.fromCodePoint(0x61 + id));
  const own = (name: string) => `${architecture}.${name}`;
  return {
    "general.architecture": architecture,
    "general.name": "tiny",
    [own("block_count")]: layers,
    [own("context_length")]: 512,
    [own("embedding_length")]: HIDDEN,
    [own("feed_forward_length")]: FFN,
    [own("attention.head_count")]: HEADS,
    [own("attention.head_count_kv")]: KV_HEADS,
    [own("attention.layer_norm_rms_epsilon")]: 1e-5,
    [own("rope.freq_base")]: { f32: 10_000 },
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": texts,
    "tokenizer.ggml.token_type": texts.map(() => 1),
    "tokenizer.ggml.merges": [],
    "tokenizer.ggml.eos_token_id": vocab - 1,
  };
}
