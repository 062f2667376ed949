import * as Comlink from "comlink";
import type { StoreApi } from "../src/protocol/store-api.ts";
import { holdLifeLock } from "./life-lock.ts";
import { createStore } from "../src/store/create-store.ts";

// Before anything can be answered, so that whoever has an answer can also learn of the end.
void holdLifeLock(self.name, (message) => self.postMessage(message));
Comlink.expose(createStore() satisfies StoreApi);
