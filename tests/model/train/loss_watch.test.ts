import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../data/random.ts";
import { LossWatch, type Trouble } from "../../../model/train/loss_watch.ts";

/** The first trouble in a row of losses; NaN stands for a step passed over. */
function troubleIn(losses: readonly number[]): Trouble | undefined {
  const watch = new LossWatch();
  for (const [i, loss] of losses.entries()) {
    const trouble = watch.add(i + 1, loss, Number.isNaN(loss));
    if (trouble) return trouble;
  }
  return undefined;
}

/** Losses of a healthy run: falling fast, then slowly, with noise. */
function healthy(seed: number, steps = 2000, noise = 0.1): number[] {
  const random = new Random(`losses ${seed}`);
  return Array.from({ length: steps }, (_, i) => {
    return 1.5 + 4 * Math.exp(-i / 100) + noise * random.normal();
  });
}

Deno.test("healthy runs have no trouble, odd batches included", () => {
  for (let seed = 0; seed < 20; seed++) {
    const losses = healthy(seed);
    losses[500] += 0.8;
    losses[800] += 0.8;
    losses[801] += 0.8;
    losses[1200] = NaN;
    losses[1300] = NaN;
    losses[1301] = NaN;
    assertEquals(troubleIn(losses), undefined, `seed ${seed}`);
  }
  // A plateau that is left upwards slowly is a matter of data, not trouble.
  const drifting = healthy(1).map((loss, i) => loss + i * 1e-3);
  assertEquals(troubleIn(drifting), undefined);
});

Deno.test("a jump is seen at once, a rise after three steps", () => {
  const jump = healthy(3);
  jump[700] = 7;
  const { from, to, reason } = troubleIn(jump) ?? {};
  assertEquals([from, to], [701, 701]);
  assert(/^the loss rose from 1\.5\d\d to 7\.000$/.test(reason ?? ""), reason);
  const rise = healthy(3, 2000, 0.05).map((loss, i) =>
    i < 700 ? loss : loss + 0.7
  );
  const risen = troubleIn(rise);
  assertEquals([risen?.from, risen?.to], [701, 703]);
});

Deno.test("gradients that stay not finite are trouble, whenever it is", () => {
  const losses = healthy(4, 20);
  const trouble = troubleIn([...losses, NaN, NaN, NaN, NaN]);
  assertEquals([trouble?.from, trouble?.to], [21, 24]);
  const infinite = troubleIn([3, Infinity, Infinity, Infinity, Infinity]);
  assertEquals(infinite?.from, 2);
});

Deno.test("what it remembers of an earlier step can be restored", () => {
  const watch = new LossWatch();
  const losses = healthy(5, 400);
  losses.slice(0, 100).forEach((loss, i) => watch.add(i + 1, loss, false));
  const then = watch.losses;
  losses.slice(100).forEach((loss, i) => watch.add(i + 101, loss, false));
  watch.restore(then);
  assertEquals(watch.losses, then);
  // Losses of then, higher than those of later, are healthy again.
  losses.slice(100).forEach((loss, i) =>
    assertEquals(watch.add(i + 101, loss, false), undefined)
  );
});
