import type { Section } from "../schema.ts";
import type { Step } from "./step.ts";

/** A kind of step: its options, and how one is made of them. */
export interface StepDefinition<Options> {
  /** What it is called in a configuration: `gopher_quality`. */
  readonly name: string;
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  /** Its options: names, defaults, what is allowed. */
  readonly options: Section<Options>;
  /**
   * Makes a step.
   *
   * @param options Checked.
   * @returns The step.
   * @throws {InputError} If an option names a file that cannot be used.
   */
  make(options: Options): Step | Promise<Step>;
}
