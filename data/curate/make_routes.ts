import type { LabelledStep } from "./judge_documents.ts";
import { parseStep } from "./step_catalog.ts";
import type { StepSpec } from "./step_spec.ts";

/**
 * Makes the document steps of a stage, the ones shared by routes once.
 *
 * @param plan Steps in order, for each way that documents can go.
 * @returns The steps, made.
 * @throws {InputError} If a step cannot be made.
 * @throws {TypeError} If one is not a document step.
 */
export async function makeRoutes(
  plan: readonly (readonly StepSpec[])[],
): Promise<readonly (readonly LabelledStep[])[]> {
  const made = new Map<string, LabelledStep>();
  const make = async (spec: StepSpec): Promise<LabelledStep> => {
    const { label, seed, value, where } = spec;
    const known = made.get(label);
    if (known !== undefined) return known;
    const step = await parseStep(value, where);
    if (step.kind !== "document") {
      throw new TypeError(`Step ${label} judges no single documents`);
    }
    const labelled = { label, seed, step };
    made.set(label, labelled);
    return labelled;
  };
  const routes: LabelledStep[][] = [];
  for (const specs of plan) {
    const route: LabelledStep[] = [];
    for (const spec of specs) route.push(await make(spec));
    routes.push(route);
  }
  return routes;
}
