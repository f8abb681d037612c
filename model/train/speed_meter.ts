/** Steps that the speed is averaged over, at most. */
const WINDOW = 32;

/**
 * Speed of the latest steps. Pauses between steps, for evaluations and
 * checkpoints, do not count.
 */
export class SpeedMeter {
  readonly #flopsPerToken: number;
  readonly #now: () => number;
  /** Tokens so far, counted from the stretch's beginning, and when. */
  #marks: { readonly tokens: number; readonly time: number }[] = [];
  #secondsPerToken = NaN;

  /**
   * Makes a meter.
   *
   * @param flopsPerToken Floating-point operations of a token.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(
    flopsPerToken: number,
    now: () => number = () => performance.now(),
  ) {
    this.#flopsPerToken = flopsPerToken;
    this.#now = now;
  }

  /** Begins a stretch without pauses. */
  start(): void {
    this.#marks = [{ tokens: 0, time: this.#now() }];
  }

  /** Notes that a step of so many tokens has been taken now. */
  add(tokens: number): void {
    const before = this.#marks.at(-1)?.tokens ?? 0;
    const last = { tokens: before + tokens, time: this.#now() };
    this.#marks.push(last);
    if (this.#marks.length > WINDOW) this.#marks.shift();
    const first = this.#marks[0];
    if (last.tokens === first.tokens) return;
    this.#secondsPerToken = (last.time - first.time) / 1000 /
      (last.tokens - first.tokens);
  }

  /** Tokens a second; 0 before the first step. */
  get tokensPerSecond(): number {
    return this.#secondsPerToken > 0 ? 1 / this.#secondsPerToken : 0;
  }

  /** Floating-point operations a second; 0 before the first step. */
  get flopsPerSecond(): number {
    return this.tokensPerSecond * this.#flopsPerToken;
  }

  /** Seconds that a number of tokens will take at this speed. */
  secondsFor(tokens: number): number {
    return Number.isNaN(this.#secondsPerToken)
      ? Infinity
      : tokens * this.#secondsPerToken;
  }
}
