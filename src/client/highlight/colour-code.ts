import type { ColouredLines, ColourReply, ColourRequest } from "../../protocol/code-colours.ts";
import { scriptUrl } from "../workers/script-urls.ts";

type OnColoured = (coloured: ColouredLines) => void;

/** A block of code that is being coloured. */
export interface ColouredBlock {
  /** Has it coloured as it is by now. @param code whole lines, each with its line break */
  colour: (code: string) => void;
  end: () => void;
}

const blocks = new Map<number, OnColoured>();
let begun = 0;
let worker: Worker | undefined;

/**
 * Has a block of code coloured, a few lines at a time. A grammar's expressions take up to a second to be compiled, for which
 * an answer that is being written cannot wait, so a worker does it. Code in an unknown language gets no colours, and neither
 * does any where the worker or the grammar cannot be fetched.
 */
export function colourBlock(language: string, onColoured: OnColoured): ColouredBlock {
  const block = ++begun;
  blocks.set(block, onColoured);
  return {
    colour: (code) => ask({ block, language, code }),
    end: () => {
      blocks.delete(block);
      ask({ block, isGone: true });
    },
  };
}

/** The worker starts with the first block, and stays. */
function ask(request: ColourRequest): void {
  worker ??= start();
  worker.postMessage(request);
}

function start(): Worker {
  const started = new Worker(scriptUrl("highlight"), { type: "module", name: "highlight" });
  started.onmessage = ({ data: { block, ...coloured } }: MessageEvent<ColourReply>) =>
    blocks.get(block)?.(coloured);
  return started;
}
