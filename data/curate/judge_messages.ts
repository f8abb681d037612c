import type { Document } from "../document.ts";
import type { Judged } from "./judge_documents.ts";
import type { StepSpec } from "./step_spec.ts";

/** The document steps of a stage. */
export interface JudgePlan {
  /** Steps in order, for each way that documents can go. */
  readonly routes: readonly (readonly StepSpec[])[];
}

/** What a curation thread is told: first its steps, then documents. */
export type ToJudge =
  | { readonly plan: JudgePlan }
  | {
    readonly batch: {
      readonly route: number;
      readonly documents: readonly Document[];
    };
  };

/** What it answers to documents, in order; after a failure no more. */
export type FromJudge =
  | { readonly judged: Judged }
  | {
    readonly failure: { readonly message: string; readonly isInput: boolean };
  };
