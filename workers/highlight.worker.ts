import { serveColours } from "../src/highlight/serve-colours.ts";
import type { ColourRequest } from "../src/protocol/code-colours.ts";

const take = serveColours((coloured) => self.postMessage(coloured));
self.onmessage = ({ data }: MessageEvent<ColourRequest>) => take(data);
