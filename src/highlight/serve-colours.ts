import type { ColourReply, ColourRequest } from "../protocol/code-colours.ts";
import { CodeColouring } from "./code-colouring.ts";

/** Colours the blocks of code of a page. @returns what takes its requests */
export function serveColours(
  reply: (coloured: ColourReply) => void,
): (request: ColourRequest) => void {
  const blocks = new Map<number, CodeColouring>();
  return (request) => {
    const { block } = request;
    const known = blocks.get(block);
    if ("isGone" in request) {
      known?.end();
      blocks.delete(block);
      return;
    }
    const colouring =
      known ?? new CodeColouring(request.language, (coloured) => reply({ block, ...coloured }));
    blocks.set(block, colouring);
    colouring.colour(request.code);
  };
}
