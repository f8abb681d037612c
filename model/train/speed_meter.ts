/** Steps that the speed is averaged over, at most. */
const WINDOW = 32;

/**
 * Speed of the latest steps. Pauses between steps, for evaluations and
 * checkpoints, do not count.
 */
export class SpeedMeter {
  readonly #tokensPerStep: number;
  readonly #flopsPerStep: number;
  readonly #now: () => number;
  #marks: { readonly step: number; readonly time: number }[] = [];
  #secondsPerStep = NaN;

  /**
   * Makes a meter.
   *
   * @param tokensPerStep Tokens of a step.
   * @param flopsPerStep Floating-point operations of a step.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(
    tokensPerStep: number,
    flopsPerStep: number,
    now: () => number = () => performance.now(),
  ) {
    this.#tokensPerStep = tokensPerStep;
    this.#flopsPerStep = flopsPerStep;
    this.#now = now;
  }

  /** Begins a stretch without pauses after a step. */
  start(step: number): void {
    this.#marks = [{ step, time: this.#now() }];
  }

  /** Notes that a step has been taken now. */
  add(step: number): void {
    this.#marks.push({ step, time: this.#now() });
    if (this.#marks.length > WINDOW) this.#marks.shift();
    const first = this.#marks[0];
    const last = this.#marks[this.#marks.length - 1];
    if (last.step === first.step) return;
    this.#secondsPerStep = (last.time - first.time) / 1000 /
      (last.step - first.step);
  }

  /** Tokens a second; 0 before the first step. */
  get tokensPerSecond(): number {
    return this.#rate(this.#tokensPerStep);
  }

  /** Floating-point operations a second; 0 before the first step. */
  get flopsPerSecond(): number {
    return this.#rate(this.#flopsPerStep);
  }

  /** Seconds that a number of steps will take at this speed. */
  secondsFor(steps: number): number {
    return Number.isNaN(this.#secondsPerStep)
      ? Infinity
      : steps * this.#secondsPerStep;
  }

  #rate(perStep: number): number {
    return this.#secondsPerStep > 0 ? perStep / this.#secondsPerStep : 0;
  }
}
