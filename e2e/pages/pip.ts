/** The smaller format of the embedded model, always choosing the likeliest token, on the device that the page chooses. */
export const GREEDY = "?model=models/pip-4.7m/mlc-q4f16_1/&temperature=0";

/**
 * Option of an address that has the model run through WebGPU, whichever adapter the browser has. By itself the page takes
 * no adapter that is software, as that of most tests is, but the processor, which is much quicker.
 */
export const ON_GPU = "&device=gpu";

/**
 * Option of an address that has everything read that is stored, whether or not the machine could compute it sooner. Only
 * the build for measuring takes it.
 */
export const READS_ALL = "restore=load";

/** For tests of what is coded: rows are stored in few bytes even where others would come back sooner. */
export const FEWEST_BYTES = "storedAs=fewest-bytes";

/**
 * Options for greedy answers from rows that are stored as they were computed and are all read, so that a conversation
 * goes on as if it had never been left. Only the build for measuring takes them.
 */
export const EXACT = `${GREEDY}&quality=exact&${READS_ALL}`;

/** Options for the format that a visitor gets, which comes with a basis. */
export const EMBEDDED = "?temperature=0";

/** What Pip answers to "Hello!", here and in the reference implementation. */
export const HELLO_ANSWER = "Hello! How can I help you?";

/** A message that asks for a story. Stories are Pip's longest answers: one paragraph of about 85 tokens. */
export const STORY = "Tell me a story about a wizard.";

/** A message of more tokens than a chunk has. */
export const LONG = Array.from({ length: 12 }, (_, i) => `Friend ${i + 1} lives in a town.`).join(
  " ",
);
