import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";
import { type Judged, judgeDocuments } from "./judge_documents.ts";
import type { FromJudge, JudgePlan, ToJudge } from "./judge_messages.ts";
import { makeRoutes } from "./make_routes.ts";

/** Documents that go the same way. */
export interface RoutedBatch {
  /** Which of the plan's routes they take. */
  readonly route: number;
  /** The documents. */
  readonly documents: readonly Document[];
}

/** What became of a batch. */
export interface JudgedBatch extends Judged {
  /** The route it took. */
  readonly route: number;
}

/**
 * Sends batches through document steps, in this thread or in several others.
 * What comes out does not depend on their number: batches leave in the order in
 * which they came, and no more than two a thread are on their way, so that a
 * slow reader holds the writer up and memory stays bounded.
 *
 * @param batches Come in.
 * @param plan The steps of each route.
 * @param workers Threads; one or fewer works in this one.
 * @returns Each batch, judged.
 * @throws {InputError} If a step cannot be made or refuses its input.
 */
export async function* judgeBatches(
  batches: AsyncIterable<RoutedBatch>,
  plan: JudgePlan,
  workers: number,
): AsyncGenerator<JudgedBatch> {
  const steps = plan.routes.reduce((sum, route) => sum + route.length, 0);
  if (workers <= 1 || steps === 0) {
    const routes = await makeRoutes(plan);
    for await (const { route, documents } of batches) {
      yield { route, ...judgeDocuments(documents, routes[route]) };
    }
    return;
  }
  const judges: Judge[] = [];
  const underWay: {
    readonly route: number;
    readonly judged: Promise<Judged>;
  }[] = [];
  let next = 0;
  try {
    for (let i = 0; i < workers; i++) judges.push(new Judge(plan));
    for await (const { route, documents } of batches) {
      // Batches cost about the same, so taking turns keeps all busy.
      const judged = judges[next].judge(route, documents);
      next = (next + 1) % judges.length;
      underWay.push({ route, judged });
      if (underWay.length < 2 * workers) continue;
      const first = underWay.shift();
      if (first) yield { route: first.route, ...await first.judged };
    }
    for (const { route, judged } of underWay.splice(0)) {
      yield { route, ...await judged };
    }
  } finally {
    for (const judge of judges) judge.close();
  }
}

/** A thread that sends documents through steps. */
class Judge {
  readonly #worker: Worker;
  /** Who waits for answers, in the order of the questions. */
  readonly #waiting: PromiseWithResolvers<Judged>[] = [];
  #failure: Error | null = null;

  constructor(plan: JudgePlan) {
    this.#worker = new Worker(
      new URL("./judge_worker.ts", import.meta.url).href,
      { type: "module", name: "judge" },
    );
    this.#worker.onmessage = ({ data }: MessageEvent<FromJudge>) => {
      if ("judged" in data) {
        this.#waiting.shift()?.resolve(data.judged);
        return;
      }
      const { message, isInput } = data.failure;
      this.#fail(isInput ? new InputError(message) : new Error(message));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`A curation thread failed: ${event.message}`));
    };
    this.#send({ plan });
  }

  judge(route: number, documents: readonly Document[]): Promise<Judged> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const answer = Promise.withResolvers<Judged>();
    // It is looked at when its turn comes.
    answer.promise.catch(() => {});
    this.#waiting.push(answer);
    this.#send({ batch: { route, documents } });
    return answer.promise;
  }

  close(): void {
    this.#worker.terminate();
  }

  #send(message: ToJudge): void {
    this.#worker.postMessage(message);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
