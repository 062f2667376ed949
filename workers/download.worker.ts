import * as Comlink from "comlink";
import { createDownloads } from "../src/downloads/create-downloads.ts";
import type { DownloadApi } from "../src/protocol/download-api.ts";
import { holdLifeLock } from "./life-lock.ts";

// Before anything can be answered, so that whoever has an answer can also learn of the end.
void holdLifeLock(self.name, (message) => self.postMessage(message));
Comlink.expose(createDownloads() satisfies DownloadApi);
