import { CSPProvider } from "@base-ui/react/csp-provider";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { eraseWhereAsked } from "../../client/erasure/erasure.ts";
import { ClientContext } from "../../client/hooks/client-context.ts";
import { createClient } from "../../client/create-client.ts";
import { loadFirstModel } from "../../client/models/first-model.ts";
import { createQueryClient } from "../../client/hooks/conversation-queries.ts";
import { registerServiceWorker } from "../../client/versions/register-service-worker.ts";
import { watchForNewerBuild } from "../../client/versions/service-worker-updates.ts";
import { LocalizedApp } from "./LocalizedApp.tsx";
import { ConversationLocation } from "../address/conversation-location.ts";
import { parseMeasuringOptions, measureWith } from "../address/measuring-options.ts";
import { speak } from "../locales/speak.ts";
import { loadMarkdown } from "../thread/Message.tsx";
import { parseUrlOptions } from "../address/url-options.ts";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/forced-colors.css";
import "../styles/composer.css";
import "../styles/consent.css";
import "../styles/layout.css";
import "../styles/messages.css";
import "../styles/models.css";
import "../styles/sidebar.css";
import "../styles/thread.css";

const root = document.querySelector("#root");
if (!root) throw new Error("invariant: index.html has a #root");

// Before anything is at work that could write to what is being deleted.
await eraseWhereAsked();

const queries = createQueryClient();
const options = parseUrlOptions(document.baseURI);
const client = createClient(queries, import.meta.url, options.device);
// The bundler leaves this block out of every other build.
if (import.meta.env.MODE === "measuring") {
  Object.assign(options, parseMeasuringOptions(document.baseURI));
  measureWith(client, options);
}
// The load is not waited for. How it goes is in the engine's status, unless there is a question to answer first.
client.engine.warmUp();
void loadFirstModel(client.modelChoice, { asked: options.model, host: document.baseURI });

await speak([client.preferences.language.getSnapshot(), ...navigator.languages]).catch(reportError);
createRoot(root).render(
  <StrictMode>
    {/* The policy refuses style elements. What they would say is in the style sheets. */}
    <CSPProvider disableStyleElements>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queries}>
          <ClientContext value={client}>
            <LocalizedApp location={new ConversationLocation(window)} options={options} />
          </ClientContext>
        </QueryClientProvider>
      </I18nProvider>
    </CSPProvider>
  </StrictMode>,
);

// This is loaded after the first paint, and before the first answer needs it.
void loadMarkdown();
registerServiceWorker()
  .then((registration) => {
    if (registration) watchForNewerBuild(registration, client.version.foundNewer);
  })
  .catch(reportError);
