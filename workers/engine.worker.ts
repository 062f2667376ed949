import * as Comlink from "comlink";
import { createEngine, type RekindleEngine } from "../src/engine/create-engine.ts";
import { holdLifeLock } from "./life-lock.ts";

void holdLifeLock(self.name, (message) => self.postMessage(message));
Comlink.expose(createEngine() satisfies RekindleEngine);
