import { InputError } from "../input_error.ts";
import type { WorkerReply, WorkerRequest } from "./serve_worker.ts";

/** How {@linkcode mapInWorkers} works. */
export interface MapInWorkersOptions<Setup, Input> {
  /** The worker's module, which calls `serveWorker`. */
  readonly module: URL;
  /** Given to each worker once. */
  readonly setup: Setup;
  /** Number of workers; started when there is work for them. */
  readonly workers: number;
  /** What of an input changes hands instead of being copied. */
  readonly transfer?: (input: Input) => Transferable[];
}

/**
 * Does tasks in workers and gives the results in the order of the tasks. Two
 * tasks a worker are under way at most, so memory stays bounded however many
 * there are and however slowly results are taken.
 *
 * @param inputs The tasks.
 * @param options Which worker, and how many.
 * @returns A result for every task.
 * @throws {InputError} If a worker threw one; the workers have ended then.
 */
export async function* mapInWorkers<Setup, Input, Output>(
  inputs: AsyncIterable<Input> | Iterable<Input>,
  options: MapInWorkersOptions<Setup, Input>,
): AsyncGenerator<Output> {
  const pool: TaskWorker<Setup, Input, Output>[] = [];
  const pending: Promise<Output>[] = [];
  try {
    for await (const input of inputs) {
      let idle = pool.find((worker) => worker.waiting === 0);
      if (idle === undefined && pool.length < options.workers) {
        idle = new TaskWorker(options);
        pool.push(idle);
      }
      const worker = idle ??
        pool.reduce((a, b) => b.waiting < a.waiting ? b : a);
      const output = worker.ask(input, options.transfer?.(input) ?? []);
      // It is looked at in its turn.
      output.catch(() => {});
      pending.push(output);
      if (pending.length < 2 * options.workers) continue;
      const first = pending.shift();
      if (first !== undefined) yield await first;
    }
    for (const output of pending) yield await output;
  } finally {
    for (const worker of pool) worker.end();
  }
}

interface Waiting<Output> {
  resolve(output: Output): void;
  reject(error: unknown): void;
}

class TaskWorker<Setup, Input, Output> {
  readonly #worker: Worker;
  /** Tasks are answered in the order in which they were given. */
  readonly #waiting: Waiting<Output>[] = [];
  #failure: Error | undefined;

  constructor({ module, setup }: MapInWorkersOptions<Setup, Input>) {
    this.#worker = new Worker(module, { type: "module", name: module.href });
    this.#worker.onmessage = (
      { data }: MessageEvent<WorkerReply<Output>>,
    ) => {
      if ("output" in data) this.#waiting.shift()?.resolve(data.output);
      else this.#fail(failure(data));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`A worker failed: ${event.message}`));
    };
    this.#send({ setup }, []);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  ask(input: Input, transfer: Transferable[]): Promise<Output> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#send({ input }, transfer);
    });
  }

  end(): void {
    this.#worker.terminate();
    this.#fail(new Error("The worker has ended"));
  }

  #send(request: WorkerRequest<Setup, Input>, transfer: Transferable[]): void {
    this.#worker.postMessage(request, transfer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function failure(
  { error, isInput }: { readonly error: string; readonly isInput: boolean },
): Error {
  return isInput ? new InputError(error) : new Error(error);
}
