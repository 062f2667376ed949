import { useState } from "react";
import {
  useClient,
  useDeviceChoice,
  useEngineStatus,
  useIsCardUnreliable,
  useKeeping,
} from "../../client/hooks/client-context.ts";
import { useProcessorAdvice } from "../../client/hooks/device-queries.ts";
import { lastPartOf } from "../../client/models/model-address.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { laterPart } from "../later/later-part.tsx";
import { FileQuestion } from "../models/FileQuestion.tsx";
import { InterruptedLoadQuestion } from "../models/InterruptedLoadQuestion.tsx";
import { FileRefusalAlert } from "../models/FileRefusalAlert.tsx";
import { KeepCopyNotice } from "../models/KeepCopyNotice.tsx";
import type { ModelFiles } from "../models/use-model-files.ts";
import { ConsentQuestion, type DownloadQuestion } from "../notices/ConsentQuestion.tsx";
import { LostCardNotice } from "../notices/LostCardNotice.tsx";
import type { ModelDecision } from "../notices/use-model-decision.ts";

const BetterModel = laterPart(async () => (await import("../picker/BetterModel.tsx")).BetterModel);
const DownloadNotices = laterPart(
  async () => (await import("../picker/DownloadNotices.tsx")).DownloadNotices,
);

interface ModelNoticesProps {
  model: ModelDecision;
  files: ModelFiles;
  /** Opens the choice of models. */
  onChoose: () => void;
}

/** What is to be decided about the model, or was refused. */
export function ModelNotices({ model, files, onChoose }: ModelNoticesProps) {
  const { modelChoice, localModels } = useClient();
  const keeping = useKeeping();
  return (
    <>
      <Question model={model} files={files} onChoose={onChoose} />
      <BetterModel />
      <DownloadNotices onUse={model.pick} />
      <LostCard onUseProcessor={model.runOnProcessor} />
      {files.refusal && <FileRefusalAlert refusal={files.refusal} onDismiss={files.dismiss} />}
      {keeping && (
        <KeepCopyNotice
          keeping={keeping}
          onKeep={() => void modelChoice.keepCopy()}
          onDecline={() => localModels.decline()}
        />
      )}
    </>
  );
}

/** Where the graphics card was lost twice, the processor is offered until the person has said yes or no. */
function LostCard({ onUseProcessor }: { onUseProcessor: () => void }) {
  const [isDeclined, setDeclined] = useState(false);
  const isUnreliable = useIsCardUnreliable();
  const status = useEngineStatus();
  const isOnProcessor = status.phase === "ready" && status.model.device === "processor";
  const isChosen = useDeviceChoice() === "processor";
  if (!isUnreliable || isDeclined || isChosen || isOnProcessor) return null;
  return <LostCardNotice onUseProcessor={onUseProcessor} onDismiss={() => setDeclined(true)} />;
}

interface AdvisedQuestionProps {
  question: DownloadQuestion;
  onDecide: (isAgreed: boolean) => void;
}

/** The question whether a model is downloaded, with what can be said of how it will run. */
function AdvisedQuestion({ question, onDecide }: AdvisedQuestionProps) {
  const bytes = question.about === "size" ? question.bytes : undefined;
  const advice = useProcessorAdvice({ name: lastPartOf(question.url), bytes });
  return <ConsentQuestion question={question} advice={advice} onDecide={onDecide} />;
}

function Question({ model: { question, decide }, files, onChoose }: ModelNoticesProps) {
  const { modelChoice } = useClient();
  switch (question?.about) {
    case undefined:
      return null;
    case "host":
    case "size":
    case "blocked-host":
      return <AdvisedQuestion question={question} onDecide={decide} />;
    case "interrupted-load":
      return (
        <InterruptedLoadQuestion
          name={nameAsked(modelChoice.nameOf(question.url), question.url)}
          onDecide={decide}
          onChoose={onChoose}
        />
      );
    case "file-permission":
    case "folder-again":
    case "file-denied":
    case "file-changed":
    case "file-gone":
      return (
        <FileQuestion
          about={question.about}
          name={nameAsked(modelChoice.nameOf(question.url), question.url)}
          onDecide={decide}
          onFiles={files.open}
        />
      );
  }
}

/** What a model is called in a question: its name, or else the end of its address. */
const nameAsked = (name: string | undefined, url: string): string =>
  name ?? plainName(lastPartOf(url));
