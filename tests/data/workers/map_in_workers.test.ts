import { assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { mapInWorkers } from "../../../data/workers/map_in_workers.ts";

const module = new URL("./halving_worker.ts", import.meta.url);

Deno.test("results come in the order of the tasks", async () => {
  const tasks = Array.from({ length: 50 }, (_, i) => 2 * i);
  const halves = await Array.fromAsync(
    mapInWorkers<string, number, string>(tasks, {
      module,
      setup: "half ",
      workers: 3,
    }),
  );
  assertEquals(halves, tasks.map((_, i) => `half ${i}`));
});

Deno.test("bad input in a worker is bad input outside", async () => {
  await assertRejects(
    () =>
      Array.fromAsync(
        mapInWorkers<string, number, string>([2, 3, 4], {
          module,
          setup: "",
          workers: 2,
        }),
      ),
    InputError,
    "3 is odd",
  );
});

Deno.test("a worker that cannot start is an error", async () => {
  await assertRejects(
    () =>
      Array.fromAsync(
        mapInWorkers<string, number, string>([2], {
          module: new URL("./there_is_none.ts", import.meta.url),
          setup: "",
          workers: 1,
        }),
      ),
    Error,
    "A worker failed",
  );
});
