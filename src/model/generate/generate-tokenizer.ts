const SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/** How many special tokens there are. They have the first ids. */
export const SPECIAL_TOKENS = SPECIALS.length;

/** How many ids the byte tokenizer uses: one for each special token, then one for each byte. */
export const BYTE_TOKENIZER_VOCAB = SPECIALS.length + 256;

/**
 * The character that stands for each byte in a byte-level vocabulary. Printable Latin-1 characters stand for
 * themselves, the others are moved up beyond U+0100. Source: `bytes_to_unicode` of GPT-2.
 */
function byteCharacters(): string[] {
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : 0x100 + moved++);
  });
}

const addedToken = (content: string): object => ({
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** A byte-level BPE without merges: every byte of the text is one token. */
export function generateTokenizer(): Record<"tokenizer.json" | "tokenizer_config.json", object> {
  const tokens = [...SPECIALS, ...byteCharacters()];
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: SPECIALS.map((content, id) => ({ id, ...addedToken(content) })),
      normalizer: null,
      pre_tokenizer: byteLevel(false),
      post_processor: null,
      decoder: byteLevel(true),
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: [],
      },
    },
    "tokenizer_config.json": {
      add_prefix_space: false,
      added_tokens_decoder: Object.fromEntries(
        SPECIALS.map((content, id) => [id, addedToken(content)]),
      ),
      bos_token: "<|im_start|>",
      eos_token: "<|im_end|>",
      pad_token: "<|endoftext|>",
      clean_up_tokenization_spaces: false,
      tokenizer_class: "GPT2Tokenizer",
    },
  };
}

const byteLevel = (addPrefixSpace: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: addPrefixSpace,
  trim_offsets: true,
  use_regex: true,
});
