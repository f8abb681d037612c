import { type Component, isComponent } from "./tokenizer_json.ts";

/** @returns The steps of a `Sequence` of any depth, or the only step. */
export function flattenSteps(component: Component | null): Component[] {
  if (component === null) return [];
  if (component.type !== "Sequence") return [component];
  const steps = component.pretokenizers;
  return Array.isArray(steps)
    ? steps.filter(isComponent).flatMap(flattenSteps)
    : [component];
}
