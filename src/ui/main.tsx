import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ClientContext } from "../client/client-context.ts";
import { createClient } from "../client/create-client.ts";
import { createQueryClient } from "../client/queries.ts";
import { registerServiceWorker } from "../client/register-service-worker.ts";
import { App } from "./App.tsx";
import { ConversationLocation } from "./conversation-location.ts";
import { loadMarkdown } from "./Message.tsx";
import { parseUrlOptions } from "./url-options.ts";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/storage.css";
import "./styles/thread.css";

const root = document.querySelector("#root");
if (!root) throw new Error("invariant: index.html has a #root");

const queries = createQueryClient();
const client = createClient(queries);
const options = parseUrlOptions(document.baseURI);
if (options.gpuSlowdown) void client.engine.throttleGpu(options.gpuSlowdown);
if (options.keepOnGpuBytes !== undefined) void client.engine.keepOnGpu(options.keepOnGpuBytes);
if (options.readThrottle) void client.store.throttleReads(options.readThrottle);
// Not waited for: how it goes is in the engine's status.
void client.engine.loadIfFree(options.model);

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ClientContext value={client}>
        <App location={new ConversationLocation(window)} options={options} />
      </ClientContext>
    </QueryClientProvider>
  </StrictMode>,
);

// Before the first answer needs it, and after the first paint.
void loadMarkdown();
registerServiceWorker().catch(reportError);
