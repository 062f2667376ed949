/**
 * A form that rows are stored in without being judged: `static-f16` shares adjacent pairs of the deeper
 * layers, the same in every conversation, as MiniCache does (arXiv:2405.14366); `krul-f16` shares the pairs
 * that Krul would (arXiv:2507.08045), by how this conversation attends; `int4` is 4 bits for every number.
 */
export const COMPARED_FORMS = ["static-f16", "krul-f16", "int4"] as const;

export type ComparedForm = (typeof COMPARED_FORMS)[number];
