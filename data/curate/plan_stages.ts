import { createHash } from "node:crypto";
import { InputError } from "../input_error.ts";
import { Random } from "../random.ts";
import type { CurationConfig } from "./curation_config.ts";
import { type ResolvedStep, resolveStep } from "./resolve_step.ts";
import type { StepSpec } from "./step_spec.ts";

/** Raised with every change of what stages leave or of what they mean. */
const STAGES_FORMAT = 1;

/** A step in its place. */
export interface PlannedStep extends StepSpec {
  /** What the step is, with all its options. */
  readonly resolved: ResolvedStep;
}

/** A part of a curation whose outcome is kept on disk. */
export interface Stage {
  /** Equal where everything that the outcome depends on is. */
  readonly fingerprint: string;
  /** Reads all before it gives any; null for the first stage. */
  readonly corpusStep: PlannedStep | null;
  /** Document steps after it, for each source in the first stage. */
  readonly routes: readonly (readonly PlannedStep[])[];
}

/** What the sources looked like when the plan was made. */
export interface SourceStamp {
  /** Name of the source. */
  readonly name: string;
  /** Anything that changes when its documents do. */
  readonly content: unknown;
}

/**
 * Cuts a curation into stages: document steps that follow one another are one,
 * and each corpus step begins a new one.
 *
 * @param config The configuration.
 * @param sources What its sources look like.
 * @param source Name of the configuration's file, for messages.
 * @param folder Its folder, where relative paths of steps begin.
 * @returns The stages in order; at least one.
 * @throws {InputError} If a step is unknown or cannot be made.
 */
export async function planStages(
  config: CurationConfig,
  sources: readonly SourceStamp[],
  source: string,
  folder: string,
): Promise<Stage[]> {
  const labels = new Set<string>();
  const plan = async (
    value: unknown,
    where: string,
    prefix = "",
  ): Promise<PlannedStep> => {
    const place = `${source}: ${where}`;
    const resolved = await resolveStep(value, place, folder);
    const label = freeLabel(prefix + resolved.name, labels);
    labels.add(label);
    const seed = new Random(`${config.seed}/${label}`).bits32();
    return { label, seed, value: resolved.value, where: place, resolved };
  };
  const ownSteps: PlannedStep[][] = [];
  for (const [i, { name, steps }] of config.sources.entries()) {
    const own: PlannedStep[] = [];
    for (const [j, value] of steps.entries()) {
      const where = `sources[${i}].steps[${j}]`;
      own.push(documentStep(await plan(value, where, `${name}/`)));
    }
    ownSteps.push(own);
  }
  const groups: { corpusStep: PlannedStep | null; steps: PlannedStep[] }[] = [
    { corpusStep: null, steps: [] },
  ];
  for (const [i, value] of config.steps.entries()) {
    const step = await plan(value, `steps[${i}]`);
    if (step.resolved.kind === "corpus") {
      groups.push({ corpusStep: step, steps: [] });
    } else groups[groups.length - 1].steps.push(step);
  }
  let fingerprint = sha256([STAGES_FORMAT, config.seed, sources]);
  return groups.map(({ corpusStep, steps }, i) => {
    const routes = i === 0
      ? ownSteps.map((own) => [...own, ...steps])
      : [steps];
    fingerprint = sha256([
      fingerprint,
      corpusStep && identityOf(corpusStep),
      routes.map((route) => route.map(identityOf)),
    ]);
    return { fingerprint, corpusStep, routes };
  });
}

/**
 * Hashes what JSON can hold.
 *
 * @param value Anything that JSON can hold.
 * @returns SHA-256 of its JSON, in hexadecimal.
 */
export function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function documentStep(step: PlannedStep): PlannedStep {
  if (step.resolved.kind === "document") return step;
  throw new InputError(
    `${step.where}: ${step.resolved.name} sees the whole corpus and cannot be a step of one source; move it to "steps"`,
  );
}

function identityOf({ label, resolved }: PlannedStep): unknown {
  const { name, options, files } = resolved;
  return [label, name, options, files];
}

function freeLabel(name: string, taken: ReadonlySet<string>): string {
  let label = name;
  for (let i = 2; taken.has(label); i++) label = `${name}#${i}`;
  return label;
}
