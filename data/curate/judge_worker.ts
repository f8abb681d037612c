/**
 * A curation thread: takes batches of documents and answers what the document
 * steps made of them.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { InputError } from "../input_error.ts";
import { judgeDocuments, type LabelledStep } from "./judge_documents.ts";
import type { FromJudge, ToJudge } from "./judge_messages.ts";
import { makeRoutes } from "./make_routes.ts";

declare const self: DedicatedWorkerGlobalScope;

let routes: Promise<readonly (readonly LabelledStep[])[]> = Promise.resolve([]);
/** Answers keep the order of the questions. */
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<ToJudge>): void => {
  last = last.then(() => answer(data)).catch((error: unknown) =>
    send({
      failure: {
        message: error instanceof Error ? error.message : String(error),
        isInput: error instanceof InputError,
      },
    })
  );
};

async function answer(message: ToJudge): Promise<void> {
  if ("plan" in message) {
    routes = makeRoutes(message.plan);
    await routes;
    return;
  }
  const { route, documents } = message.batch;
  send({ judged: judgeDocuments(documents, (await routes)[route]) });
}

function send(message: FromJudge): void {
  self.postMessage(message);
}
