import * as Comlink from "comlink";
import { createEngine } from "../src/engine/create-engine.ts";
import type { EngineApi } from "../src/protocol/engine-api.ts";
import { holdLifeLock } from "./life-lock.ts";

void holdLifeLock(self.name, (message) => self.postMessage(message));
Comlink.expose(createEngine() satisfies EngineApi);
