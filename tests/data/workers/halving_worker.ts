import { InputError } from "../../../data/input_error.ts";
import { serveWorker } from "../../../data/workers/serve_worker.ts";

serveWorker(import.meta.url, (prefix: string) => (value: number) => {
  if (value % 2 !== 0) throw new InputError(`${value} is odd`);
  return { output: `${prefix}${value / 2}` };
});
