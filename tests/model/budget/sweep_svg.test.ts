import { assert, assertEquals, assertMatch } from "@std/assert";
import { fitIsoFlop } from "../../../model/budget/iso_flop.ts";
import { sweepSvg } from "../../../model/budget/sweep_svg.ts";

const RUNS = [1e12, 4e12].flatMap((budget) =>
  [0.25, 0.5, 1, 2, 4].map((times) => ({
    budget,
    parameters: Math.round(times * Math.sqrt(budget / 50)),
    loss: 3 - Math.log10(budget) / 10 + 0.05 * Math.log(times) ** 2,
  }))
);
const { minima } = fitIsoFlop(
  RUNS.map((run) => ({ ...run, flops: run.budget })),
);

Deno.test("a picture shows every run, a curve and a minimum a budget", () => {
  const svg = sweepSvg(RUNS, minima, "A <sweep> & more");
  assertEquals(svg.match(/<circle [^>]*r="4"/g)?.length, RUNS.length);
  assertEquals(svg.match(/class="fit"/g)?.length, 2);
  assertEquals(svg.match(/class="best"/g)?.length, 2);
  assertMatch(svg, /A &lt;sweep&gt; &amp; more/);
  assertMatch(svg, /prefers-color-scheme:dark/);
  assertMatch(svg, />4e12 FLOP</);
  assertMatch(svg, />best at 141k</);
});

Deno.test("everything lies within the picture, larger losses higher", () => {
  const svg = sweepSvg(RUNS, minima, "sweep");
  assert(!/NaN|Infinity|undefined/.test(svg));
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="4"/g)]
    .map(([, x, y]) => [Number(x), Number(y)]);
  for (const [x, y] of dots) {
    assert(x > 76 && x < 660 && y > 64 && y < 456, `${x} ${y}`);
  }
  const order = (key: (i: number) => number) =>
    RUNS.map((_, i) => i).sort((a, b) => key(a) - key(b) || a - b);
  assertEquals(order((i) => -dots[i][1]), order((i) => RUNS[i].loss));
  assertEquals(order((i) => dots[i][0]), order((i) => RUNS[i].parameters));
});

Deno.test("one run alone makes a picture without curves", () => {
  const svg = sweepSvg(RUNS.slice(0, 1), [], "sweep");
  assert(!/NaN|Infinity|undefined/.test(svg));
  assertMatch(svg, /no lowest point/);
});
