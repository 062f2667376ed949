/**
 * How what is stored and what is computed come together when a conversation is opened:
 * - `recompute`, `load`: everything is computed, or loaded
 * - `split`: the first half of the tokens is computed, the other loaded, whatever each takes
 * - `cake`: computed from the front while loaded from the back, until they meet (arXiv:2410.03065)
 * - `layerwise`: upper layers are computed, deeper ones loaded
 * - `krul`: the number of computed tokens falls linearly with depth (arXiv:2507.08045)
 * - `auto`: whatever is predicted to take the least time, and what turns out to while it runs
 */
export const RESTORATION_SCHEMES = [
  "auto",
  "recompute",
  "load",
  "split",
  "cake",
  "layerwise",
  "krul",
] as const;

export type RestorationScheme = (typeof RESTORATION_SCHEMES)[number];
