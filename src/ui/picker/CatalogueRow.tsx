import { t } from "@lingui/core/macro";
import { useId, useState } from "react";
import type { ShownEntry, ShownVariant } from "../../client/catalogue/shown-entries.ts";
import type { Download } from "../../protocol/download-api.ts";
import { byteSize } from "../byte-size.ts";
import { DownloadProgress, type DownloadActions } from "./DownloadProgress.tsx";
import { fitSentence, fitWords } from "./fit-sentence.ts";
import { aboutWords, engineWords, needsWords } from "./model-words.ts";

export interface CatalogueRowProps extends DownloadActions {
  entry: ShownEntry;
  downloads: readonly Download[];
  /** Addresses of the models that need no download. */
  here: ReadonlySet<string>;
  /** Address of the model in use, or on its way. */
  wanted: string | undefined;
  onUse: (url: string) => void;
}

/** One model of the catalogue: what it is, what it takes, whether it fits, and how to get it. */
export function CatalogueRow(props: CatalogueRowProps) {
  const { entry, downloads, here } = props;
  const { model, variants } = entry;
  const [chosenUrl, choose] = useState<string | undefined>(undefined);
  const begun = variants.find(
    ({ variant: { url } }) => here.has(url) || downloads.some((one) => one.url === url),
  );
  const shown = variants.find(({ variant }) => variant.url === chosenUrl) ?? begun ?? variants[0];
  const nameId = useId();
  return (
    <li aria-labelledby={nameId} className={shown.fit?.is}>
      <div className="model">
        <p className="name">
          <span id={nameId} translate="no">
            {model.name}
          </span>
          {shown.fit && <span className="fit">{fitWords(shown.fit.is)}</span>}
          <span className="engine">{engineWords(shown.variant.engine)}</span>
        </p>
        <p className="about">{aboutWords(model)}</p>
        <Facts shown={shown} />
      </div>
      <div className="get">
        <Getting {...props} shown={shown} />
        {variants.length > 1 && (
          <FormatSelect name={model.name} variants={variants} chosen={shown} onChange={choose} />
        )}
      </div>
    </li>
  );
}

function Facts({ shown: { variant, contextTokens, memoryBytes, fit } }: { shown: ShownVariant }) {
  const { downloadBytes } = variant;
  const reason = fit && fitSentence(fit);
  return (
    <>
      <p className="facts">{needsWords({ downloadBytes, memoryBytes, contextTokens })}</p>
      {reason !== undefined && <p className="reason">{reason}</p>}
    </>
  );
}

interface GettingProps extends CatalogueRowProps {
  shown: ShownVariant;
}

/** The button that gets or uses a model, or how its download goes. */
function Getting({ entry, shown, downloads, here, wanted, onUse, ...actions }: GettingProps) {
  const { model } = entry;
  const { url, downloadBytes, format } = shown.variant;
  const download = downloads.find((one) => one.url === url);
  const { name } = model;
  if (url === wanted)
    return (
      <button type="button" className="in-use" disabled aria-label={t`${name} is in use`}>
        {t`In use`}
      </button>
    );
  if (here.has(url))
    return (
      <button
        type="button"
        className="primary"
        aria-label={t`Use ${name} now`}
        onClick={() => onUse(url)}
      >
        {t`Use it now`}
      </button>
    );
  if (download) return <DownloadProgress download={download} {...actions} />;
  const isFirst = entry.variants[0].variant.url === url;
  const size = downloadBytes === undefined ? undefined : byteSize(downloadBytes);
  return (
    <button
      type="button"
      aria-label={size === undefined ? t`Download ${name}` : t`Download ${name}, about ${size}`}
      onClick={() => actions.onStart({ url, name: isFirst ? name : `${name} (${format})` })}
    >
      {t`Download`}
    </button>
  );
}

interface FormatSelectProps {
  name: string;
  variants: readonly ShownVariant[];
  chosen: ShownVariant;
  onChange: (url: string) => void;
}

function FormatSelect({ name, variants, chosen, onChange }: FormatSelectProps) {
  return (
    <select
      aria-label={t`Format of ${name}`}
      value={chosen.variant.url}
      onChange={({ target }) => onChange(target.value)}
    >
      {variants.map(({ variant: { url, format } }) => (
        <option key={url} value={url}>
          {format}
        </option>
      ))}
    </select>
  );
}
