/**
 * @file Which folder may import which: the rooms of this project, from the bottom up. Nothing points upward.
 *
 * A room is one folder, without the rooms inside it. `src/kv/**` on the right stands for every room below `src/kv`.
 * Every room may import from itself, and those of the worker's side from `src/protocol` and `src/shared`.
 */

/** The worker's side, which runs without a page, from the bottom up. */
const WORKER_ROOMS: Record<string, string[]> = {
  "src/metrics": [],
  "src/linalg": [],
  "src/device": [],
  "src/gpu": ["src/device"],
  "src/cpu/dispatches": ["src/device", "src/cpu"],
  "src/cpu/dispatches/forward": ["src/device", "src/cpu", "src/cpu/dispatches"],
  "src/cpu/dispatches/rows": ["src/device", "src/cpu", "src/cpu/dispatches"],
  "src/cpu/dispatches/statistics": ["src/device", "src/cpu", "src/cpu/dispatches"],
  "src/cpu/dispatches/transform": ["src/device", "src/cpu", "src/cpu/dispatches"],
  "src/cpu": ["src/device", "src/cpu/dispatches/**"],
  "src/downloads": ["src/metrics"],
  "src/tokenizer": [],
  "src/tokenizer/jinja": ["src/tokenizer"],
  "src/restore": [],

  shaders: ["src/device"],
  "shaders/forward": ["src/device", "shaders"],
  "shaders/repack": ["src/device", "shaders", "shaders/forward"],
  "shaders/rows": ["src/device", "shaders", "shaders/forward"],
  "shaders/pairs": ["src/device", "shaders", "shaders/rows"],
  "shaders/transform": ["src/device", "shaders", "shaders/rows"],
  "shaders/statistics": ["src/device", "shaders", "shaders/forward", "shaders/rows"],

  "src/store/records": [],
  "src/store/database": ["src/store/records"],
  "src/store/space": ["src/store/records"],
  "src/store/bytes": ["src/store/records", "src/store/database"],
  "src/store/device-records": ["src/store/records", "src/store/database"],
  "src/store/conversations": ["src/store/records", "src/store/database"],
  "src/store/chunks": [
    "src/store/records",
    "src/store/database",
    "src/store/space",
    "src/store/bytes",
  ],
  "src/store": ["src/store/**"],

  "src/kv/cache": ["src/device", "shaders/**"],
  "src/kv/sharing": ["src/device", "shaders/**", "src/kv/cache"],
  "src/kv/codecs": ["src/device", "shaders/**", "src/kv/cache"],
  "src/kv/codecs/exact": ["src/device", "shaders/**", "src/kv/cache", "src/kv/codecs"],
  "src/kv/codecs/rows": ["src/device", "shaders/**", "src/kv/cache", "src/kv/codecs"],
  "src/kv/codecs/pairs": [
    "src/device",
    "shaders/**",
    "src/kv/cache",
    "src/kv/sharing",
    "src/kv/codecs",
    "src/kv/codecs/rows",
  ],
  "src/kv/codecs/entropy": ["src/device", "shaders/**"],
  "src/kv/codecs/transform": [
    "src/device",
    "shaders/**",
    "src/kv/cache",
    "src/kv/codecs",
    "src/kv/codecs/entropy",
  ],
  "src/kv/value": ["src/device", "src/kv/cache", "src/kv/sharing", "src/kv/codecs/**"],
  "src/kv/quality": [
    "shaders/**",
    "src/kv/cache",
    "src/kv/sharing",
    "src/kv/codecs/**",
    "src/kv/value",
  ],
  "src/kv/basis": [
    "src/linalg",
    "src/device",
    "shaders/**",
    "src/kv/cache",
    "src/kv/codecs",
    "src/kv/codecs/transform",
  ],

  "src/model/architectures": ["shaders/forward", "src/model"],
  "src/model/sources": ["src/downloads", "src/tokenizer/**", "src/model", "src/model/sources/**"],
  "src/model/sources/mlc": [
    "src/downloads",
    "src/tokenizer",
    "shaders/forward",
    "src/model",
    "src/model/architectures",
    "src/model/sources",
  ],
  "src/model/sources/gguf": [
    "src/downloads",
    "src/tokenizer",
    "src/tokenizer/jinja",
    "shaders/forward",
    "src/model",
    "src/model/architectures",
    "src/model/sources",
  ],
  "src/model/generate": ["src/model", "src/model/architectures", "src/model/sources/mlc"],
  "src/model/forward": [
    "src/device",
    "shaders/**",
    "src/kv/cache",
    "src/model",
    "src/model/architectures",
  ],
  "src/model": [
    "src/device",
    "src/tokenizer",
    "shaders/**",
    "src/kv/cache",
    "src/model/architectures",
    "src/model/sources/**",
    "src/model/forward",
  ],

  "src/model/golden": [
    "src/downloads",
    "src/tokenizer/**",
    "src/kv/cache",
    "src/model",
    "src/model/sources",
    "src/model/forward",
  ],

  "src/engine/sequence": [
    "src/device",
    "src/tokenizer/**",
    "src/restore",
    "src/kv/**",
    "src/model/**",
  ],
  "src/engine/replay": ["src/kv/**", "src/model/**", "src/engine/sequence"],
  "src/engine/turn": ["src/metrics", "src/tokenizer/**", "src/model/**", "src/engine/sequence"],
  "src/engine/save": ["src/metrics", "src/device", "src/kv/**", "src/engine/sequence"],
  "src/engine/restore/streams": ["src/device", "src/kv/**", "src/model/**", "src/engine/sequence"],
  "src/engine/restore/account": [
    "src/restore",
    "src/kv/**",
    "src/engine/sequence",
    "src/engine/restore/streams",
  ],
  "src/engine/restore": [
    "src/device",
    "src/metrics",
    "src/restore",
    "src/kv/**",
    "src/model/**",
    "src/engine/sequence",
    "src/engine/restore/**",
  ],
  "src/engine/learn": [
    "src/metrics",
    "src/linalg",
    "src/kv/**",
    "src/model/**",
    "src/engine/sequence",
    "src/engine/replay",
  ],
  "src/engine/compress": [
    "src/metrics",
    "src/restore",
    "src/kv/**",
    "src/engine/sequence",
    "src/engine/replay",
  ],
  "src/engine": [
    "src/metrics",
    "src/device",
    "src/gpu",
    "src/cpu",
    "src/tokenizer/**",
    "src/kv/**",
    "src/model/**",
    "src/engine/**",
  ],

  "src/evaluation": ["src/device", "src/tokenizer", "src/kv/**", "src/model/**", "src/engine/**"],
  "src/evaluation/bases": [
    "src/linalg",
    "src/kv/**",
    "src/model/**",
    "src/engine/**",
    "src/evaluation",
  ],
  "src/evaluation/compression": [
    "src/device",
    "src/metrics",
    "src/kv/**",
    "src/model/**",
    "src/engine/**",
    "src/evaluation",
    "src/evaluation/bases",
  ],
  "src/evaluation/context-overflow": [
    "src/device",
    "src/kv/**",
    "src/model/**",
    "src/engine/**",
    "src/evaluation",
  ],
  "src/evaluation/reloads": [
    "src/device",
    "src/kv/**",
    "src/model/**",
    "src/engine/**",
    "src/evaluation",
    "src/evaluation/bases",
    "src/evaluation/compression",
  ],

  "src/evaluation/real-model": [
    "src/metrics",
    "src/device",
    "src/model/**",
    "src/engine/**",
    "src/evaluation",
  ],

  workers: ["src/cpu", "src/engine", "src/store", "src/tokenizer/jinja"],
};

/** The page's side, which knows the worker's only through `src/protocol`. */
const PAGE_ROOMS: Record<string, string[]> = {
  "src/client": ["src/client/**"],
  "src/client/tabs": ["src/client"],
  "src/client/workers": ["src/client", "src/client/tabs"],
  "src/client/local-files": ["src/client"],
  "src/client/models": ["src/client", "src/client/workers", "src/client/local-files"],
  "src/client/session": ["src/client", "src/client/tabs"],
  "src/client/versions": ["src/client", "src/client/session", "src/client/workers"],
  "src/client/hooks": ["src/client/**"],

  "src/ui": [],
  "src/ui/address": ["src/client/**"],
  "src/ui/notices": ["src/client/**", "src/ui", "src/ui/address"],
  "src/ui/models": ["src/client/**", "src/ui", "src/ui/notices"],
  "src/ui/storage": ["src/client/**", "src/ui", "src/ui/notices"],
  "src/ui/settings": ["src/client/**", "src/ui", "src/ui/notices", "src/ui/storage"],
  "src/ui/conversation": ["src/client/**", "src/ui/address"],
  "src/ui/composer": ["src/client/**", "src/ui", "src/ui/address", "src/ui/conversation"],
  "src/ui/thread": ["src/client/**", "src/ui", "src/ui/conversation"],
  "src/ui/sidebar": [
    "src/client/**",
    "src/ui",
    "src/ui/address",
    "src/ui/notices",
    "src/ui/settings",
  ],
  "src/ui/app": ["src/client/**", "src/ui/**"],
};

/** Tools that are run from a terminal, and the tests of the whole app. */
const TOOL_ROOMS: Record<string, string[]> = {
  "scripts/bench": ["src/metrics"],
  "scripts/dawn": ["scripts"],
  "scripts/golden": [
    "src/shared",
    "src/device",
    "src/gpu",
    "src/cpu",
    "src/tokenizer",
    "src/model/**",
    "src/ui/notices",
  ],
  "scripts/real": ["src/metrics", "scripts/bench", "scripts/golden", "src/evaluation/real-model"],
  "scripts/simulate": ["scripts/bench", "src/kv/cache", "src/restore"],
  scripts: [
    "scripts/**",
    "e2e/perf/report",
    "src/client/models",
    "src/device",
    "src/gpu",
    "src/cpu",
    "src/model/**",
  ],
  "e2e/perf/report": ["scripts/bench", "src/downloads", "src/model/**", "src/tokenizer/**"],
  "e2e/pages": ["scripts"],
  "e2e/perf": ["e2e/**"],
  e2e: ["scripts", "e2e/**"],
};

const withBase = (rooms: Record<string, string[]>, ...base: string[]): [string, string[]][] =>
  Object.entries(rooms).map(([room, allowed]) => [room, [...base, ...allowed]]);

/** What each room may import besides itself. */
export const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ["src/protocol", []],
  ["src/shared", ["src/protocol"]],
  ...withBase(WORKER_ROOMS, "src/protocol", "src/shared"),
  ...withBase(PAGE_ROOMS, "src/protocol"),
  ...withBase(TOOL_ROOMS, "src/protocol"),
]);
