/**
 * @file How texts are split into words before byte-level BPE merges within each of them. A GGUF file gives only a name
 * for it (`tokenizer.ggml.pre`); the patterns are those that the models' `tokenizer.json` files have.
 */

/** What the name of a pre-tokenizer stands for. */
export interface PreTokenizer {
  /** The patterns that a text is split at, one after the other. */
  splits: readonly string[];
  /** Whether texts are brought into Unicode's composed form (NFC) first. */
  composes?: true;
  /** Whether a word that the vocabulary has as a whole is that token, even if no merges lead to it. */
  ignoresMerges?: true;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const WHITE_SPACE = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** The pattern of tiktoken's cl100k, with runs of so many digits. */
const cl100k = (digits: string) =>
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${WHITE_SPACE}`;

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
/** The pattern of tiktoken's o200k, which also splits before a capital letter; with what may follow a word. */
const o200k = (digits: string, ending: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${ending}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${ending}` +
  `|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${WHITE_SPACE}`;

/** Chinese characters, kana and Hangul. The second range ends where the first begins, as it does in the models' files. */
const DEEPSEEK_CJK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";

/** Code points of letters of scripts with two cases, as DeepSeek's first tokenizer lists them. */
const DEEPSEEK_LETTERS = `
  41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A
  38C 38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF
  1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D
  1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4
  1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F
  2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B A722-A76F
  A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3
  104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943
`
  .trim()
  .replace(/[0-9A-F]+/g, "\\u{$&}")
  .replace(/\s+/g, "");

const LLAMA3: PreTokenizer = { splits: [cl100k("\\p{N}{1,3}")], ignoresMerges: true };
const QWEN2: PreTokenizer = { splits: [cl100k("\\p{N}")], composes: true };
/** GPT-2's, after every digit was split off. */
const STARCODER: PreTokenizer = { splits: ["\\p{N}", GPT2] };

/** The names that GGUF files of the supported architectures have. */
const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ["default", { splits: [GPT2] }],
  ["gpt-2", { splits: [GPT2] }],
  ["trillion", { splits: [GPT2] }],
  ["smollm", STARCODER],
  ["starcoder", STARCODER],
  ["refact", STARCODER],
  ["minerva-7b", STARCODER],
  ["llama3", LLAMA3],
  ["llama-v3", LLAMA3],
  ["llama-bpe", LLAMA3],
  ["falcon3", LLAMA3],
  ["midm-2.0", LLAMA3],
  ["smaug-bpe", { splits: [cl100k("\\p{N}{1,3}")] }],
  ["qwen2", QWEN2],
  ["deepseek-r1-qwen", QWEN2],
  ["megrez", QWEN2],
  ["tekken", { splits: [o200k("\\p{N}", "")], ignoresMerges: true }],
  ["gpt-4o", { splits: [o200k("\\p{N}{1,3}", `${CONTRACTIONS}?`)] }],
  [
    "deepseek-llm",
    {
      splits: [
        "[\\r\\n]",
        `\\s?[${DEEPSEEK_LETTERS}]+`,
        "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
        "\\s+$",
        DEEPSEEK_CJK,
        "\\p{N}",
      ],
    },
  ],
  [
    "deepseek-coder",
    { splits: ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", DEEPSEEK_CJK, "\\p{N}"] },
  ],
]);

/** What the name stands for; undefined for a name that is not known here. */
export const preTokenizerOf = (name: string): PreTokenizer | undefined => PRE_TOKENIZERS.get(name);

/** The names that are known, for a sentence. */
export const preTokenizerNames = (): string[] => [...PRE_TOKENIZERS.keys()];
