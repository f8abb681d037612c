import { InputError } from "../input_error.ts";

/** What a worker answers, and what of it changes hands instead of being copied. */
export interface WorkerAnswer<Output> {
  readonly output: Output;
  readonly transfer?: Transferable[];
}

/** What goes from a worker to the one who started it. */
export type WorkerReply<Output> =
  | { readonly output: Output }
  | { readonly error: string; readonly isInput: boolean };

/** What goes to a worker: once how to work, then one task after the other. */
export type WorkerRequest<Setup, Input> =
  | { readonly setup: Setup }
  | { readonly input: Input };

/**
 * Answers tasks, if this is a worker; else does nothing, so that the module of
 * a worker can be imported to have it in compiled programs.
 *
 * @param module `import.meta.url` of the worker's module.
 * @param start Takes what is the same for all tasks and gives what does one, at
 * once or when it is ready.
 */
export function serveWorker<Setup, Input, Output>(
  module: string,
  start: (setup: Setup) => Work<Input, Output> | Promise<Work<Input, Output>>,
): void {
  const scope = globalThis;
  if (!isWorkerScope(scope) || scope.name !== module) return;
  let work: Work<Input, Output> | undefined;
  const answer = async (
    request: WorkerRequest<Setup, Input>,
  ): Promise<void> => {
    try {
      if ("setup" in request) work = await start(request.setup);
      else if (work !== undefined) {
        const { output, transfer = [] } = work(request.input);
        const reply: WorkerReply<Output> = { output };
        scope.postMessage(reply, transfer);
      }
    } catch (error) {
      const reply: WorkerReply<Output> = {
        error: error instanceof Error ? error.message : String(error),
        isInput: error instanceof InputError,
      };
      scope.postMessage(reply, []);
    }
  };
  // Tasks wait for the setup and for each other.
  let last: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data }: MessageEvent<WorkerRequest<Setup, Input>>) => {
    last = last.then(() => answer(data));
  };
}

/** Does one task. */
type Work<Input, Output> = (input: Input) => WorkerAnswer<Output>;

/** The parts of a worker's global scope that are used. */
interface WorkerScope {
  readonly name: string;
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

function isWorkerScope(scope: object): scope is WorkerScope {
  return !("window" in scope) && "postMessage" in scope && "name" in scope &&
    typeof scope.name === "string";
}
