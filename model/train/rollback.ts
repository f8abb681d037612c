import { join } from "@std/path";
import { removeIfThere } from "../../data/remove_if_there.ts";
import { LossWatch, type Trouble } from "./loss_watch.ts";
import type { CheckpointSection } from "./run_config.ts";
import type { BatchPlace, TrainingState } from "./training_state.ts";

/** A state of the run that training went on well from. */
export interface GoodState {
  /** Its checkpoint; null for a run that has just begun. */
  readonly path: string | null;
  /** How far the run had come. */
  readonly state: TrainingState;
}

/** A good state, the losses before it, and whether it stays until proven. */
interface RememberedState extends GoodState {
  readonly losses: readonly number[];
  readonly lasts: boolean;
}

/** A way back. */
export interface Return extends GoodState {
  /** What is worth a line; of a hopeless one, how the run ends. */
  readonly message: string;
  /** Whether training has failed here too often to try again. */
  readonly hopeless: boolean;
}

/** Steps after which a state is known to have been good. */
const PROVEN = 16;
/** Steps before the first bad one whose batches are left out as well. */
const BEFORE = 2;
/** Times that a run goes back before it ends. */
const MOST_RETURNS = 3;
/** Steps beyond the trouble after which it counts as overcome. */
const OVERCOME = 100;
/** Most of a run's time that is spent on states to go back to. */
const SHARE = 0.01;
/** Seconds that saving a state is assumed to take until one was saved. */
const SAVE_SECONDS = 0.5;
/** Good states remembered besides the first: of all, and of those that last. */
const MOST_KEPT = { all: 5, lasting: 2 };
/** Steps whose batches are remembered. */
const REMEMBERED = 256;

/**
 * Remembers from where a run can go on if its loss breaks away, and which
 * batches to leave out then. Checkpoints are such places, if they are not
 * removed before they are proven; between them states are saved beside them as
 * seldom as costs no more than a hundredth of the time.
 */
export class Rollback {
  readonly #watch = new LossWatch();
  readonly #now: () => number;
  readonly #places = new Map<number, readonly BatchPlace[]>();
  #good: RememberedState[];
  #savedAt: number;
  #cost = SAVE_SECONDS;
  #trouble: Trouble | undefined;
  #returns = 0;
  #worst = 0;

  /**
   * Begins where the run does.
   *
   * @param first Where it begins, which is taken to be good.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(first: GoodState, now: () => number) {
    this.#good = [{ ...first, losses: [], lasts: true }];
    this.#now = now;
    this.#savedAt = now();
  }

  /**
   * Whether a run's checkpoints stay until they are proven.
   *
   * @param checkpoint How often they are written, and how many are kept.
   */
  static lasts({ every, keep }: CheckpointSection): boolean {
    return (keep - 1) * every >= PROVEN;
  }

  /** Folder in which a run keeps states to go back to. */
  static folder(out: string): string {
    return join(out, "rollback");
  }

  /** Removes what a run has saved there. */
  static async clear(out: string): Promise<void> {
    await removeIfThere(Rollback.folder(out));
  }

  /** What is wrong, if something is. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Notes where in the data each of a step's batches begins. */
  queue(step: number, places: readonly BatchPlace[]): void {
    this.#places.set(step, places);
    this.#places.delete(step - REMEMBERED);
  }

  /** Notes a step that was taken. */
  observe(step: number, loss: number, skipped: boolean): void {
    this.#trouble ??= this.#watch.add(step, loss, skipped);
    if (step > this.#worst + OVERCOME) this.#returns = 0;
  }

  /** Whether it is time to save a state to go back to. */
  isDue(step: number): boolean {
    const latest = this.#good.findLast(({ lasts }) => lasts)?.state.step ?? 0;
    const waited = (this.#now() - this.#savedAt) / 1000;
    return step >= latest + PROVEN && waited * SHARE >= this.#cost;
  }

  /**
   * Notes a state that was saved.
   *
   * @param good The state.
   * @param seconds What saving it took.
   * @param lasts Whether it stays until it is proven.
   */
  keep(good: GoodState, seconds: number, lasts: boolean): void {
    const [first, ...earlier] = this.#good;
    const later = [...earlier, { ...good, losses: this.#watch.losses, lasts }];
    const kept = new Set([
      ...later.slice(-MOST_KEPT.all),
      ...later.filter((each) => each.lasts).slice(-MOST_KEPT.lasting),
    ]);
    this.#good = [first, ...later.filter((each) => kept.has(each))];
    if (!lasts) return;
    this.#savedAt = this.#now();
    this.#cost = seconds;
  }

  /** Does not try to save another one. */
  disable(): void {
    this.#cost = Infinity;
  }

  /**
   * Finds the way back from the present trouble.
   *
   * @param trouble What is wrong.
   */
  async back(trouble: Trouble): Promise<Return> {
    const { from, to, reason } = trouble;
    const hopeless = ++this.#returns > MOST_RETURNS;
    this.#worst = to;
    // What caused it may lie further back than the last time.
    const before = BEFORE * 4 ** (Math.min(this.#returns, MOST_RETURNS) - 1);
    const skipped: BatchPlace[] = [];
    for (let step = from - before; step <= to; step++) {
      skipped.push(...this.#places.get(step) ?? []);
    }
    const good = await this.#wayBack(from);
    const { state, path } = good;
    this.#watch.restore(good.losses);
    this.#trouble = undefined;
    this.#places.clear();
    const again = { ...state, skipped: [...state.skipped, ...skipped] };
    return {
      path,
      state: again,
      hopeless,
      message: hopeless
        ? `Cannot train on: ${reason} again and again after step ` +
          `${state.step}; lower optimizer.learning_rate` +
          (path === null
            ? ""
            : `, or go on from step ${state.step} with --resume`)
        : `Step ${to}: ${reason}; going back to step ${state.step}, and ` +
          "leaving out the batches of steps " +
          `${Math.max(1, from - before)} to ${to}`,
    };
  }

  /**
   * The latest state before a step that is proven; where none is, the earliest
   * that is not, because starting afresh would lose everything. That one is
   * tried once, if there is a start to go back to.
   */
  async #wayBack(step: number): Promise<RememberedState> {
    const [first, ...later] = this.#good;
    const there: RememberedState[] = [];
    for (const good of later) {
      const { path, state } = good;
      if (state.step < step && path !== null && await isFolder(path)) {
        there.push(good);
      }
    }
    const proven = there.filter(({ state }) => state.step + PROVEN <= step);
    const { path } = first;
    const canStart = path === null || await isFolder(path);
    this.#good = [first, ...(canStart ? proven : there)];
    return proven.at(-1) ?? there.at(0) ?? first;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
