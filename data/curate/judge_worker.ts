import type { Document } from "../document.ts";
import { serveWorker } from "../workers/serve_worker.ts";
import { type Judged, judgeDocuments } from "./judge_documents.ts";
import { makeRoutes } from "./make_routes.ts";
import type { StepSpec } from "./step_spec.ts";

/** The document steps of a stage. */
export interface JudgePlan {
  /** Steps in order, for each way that documents can go. */
  readonly routes: readonly (readonly StepSpec[])[];
}

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
 * Makes the steps of a plan.
 *
 * @param plan The steps of each route.
 * @returns What judges a batch by them.
 * @throws {InputError} If a step cannot be made.
 */
export async function judgeOf(
  plan: JudgePlan,
): Promise<(batch: RoutedBatch) => JudgedBatch> {
  const routes = await makeRoutes(plan.routes);
  return ({ route, documents }) => ({
    route,
    ...judgeDocuments(documents, routes[route]),
  });
}

serveWorker(import.meta.url, async (plan: JudgePlan) => {
  const judge = await judgeOf(plan);
  return (batch: RoutedBatch) => ({ output: judge(batch) });
});
