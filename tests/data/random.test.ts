import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { Random } from "../../data/random.ts";

const draw = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.bits32());

Deno.test("the generator gives xoshiro128**'s published sequence", () => {
  const random = new Random(0);
  random.state = { words: [1, 2, 3, 4], spareNormal: null };
  // Test vector of the reference C code, as kept in Rust's rand_xoshiro.
  assertEquals(draw(random, 10), [
    11520,
    0,
    5927040,
    70819200,
    2031721883,
    1637235492,
    1287239034,
    3734860849,
    3729100597,
    4258142804,
  ]);
});

Deno.test("a seed always gives the same sequence, another seed another", () => {
  assertEquals(draw(new Random(7), 20), draw(new Random("7"), 20));
  const firsts = new Set(
    Array.from({ length: 2000 }, (_, seed) => draw(new Random(seed), 1)[0]),
  );
  assertEquals(firsts.size, 2000);
  assertNotEquals(draw(new Random("ab"), 4), draw(new Random("ba"), 4));
});

Deno.test("a saved state continues the sequence, pending normal included", () => {
  const random = new Random(3);
  random.normal();
  const saved = JSON.parse(JSON.stringify(random.state));
  const rest = [random.normal(), random.normal(), random.uniform()];
  const resumed = new Random(0);
  resumed.state = saved;
  assertEquals([resumed.normal(), resumed.normal(), resumed.uniform()], rest);
});

Deno.test("a damaged state is refused", () => {
  const random = new Random(1);
  assertThrows(
    () => random.state = { words: [0, 0, 0, 0], spareNormal: null },
    RangeError,
    "not all zero",
  );
  assertThrows(
    () => random.state = { words: [1, 2, 3, 0.5], spareNormal: null },
    RangeError,
  );
});

Deno.test("uniform and normal have their moments", () => {
  const random = new Random("moments");
  const count = 200_000;
  let sum = 0, squares = 0, mean = 0;
  for (let i = 0; i < count; i++) {
    const u = random.uniform();
    assert(u >= 0 && u < 1);
    mean += u / count;
    const z = random.normal();
    sum += z;
    squares += z * z;
  }
  // Five standard errors: 1/sqrt(12n), 1/sqrt(n) and sqrt(2/n).
  assertAlmostEquals(mean, 0.5, 5 * Math.sqrt(1 / (12 * count)));
  assertAlmostEquals(sum / count, 0, 5 / Math.sqrt(count));
  assertAlmostEquals(squares / count, 1, 5 * Math.sqrt(2 / count));
});

Deno.test("integers below a bound are equally likely", () => {
  const random = new Random("die");
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) {
    const face = random.integer(6);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  // Standard deviation of one count is 91.
  for (const count of counts) assertAlmostEquals(count, 10_000, 500);
  assert(random.integer(2 ** 40) < 2 ** 40);
  assertThrows(() => random.integer(0), RangeError, "below 0");
  assertThrows(() => random.pick([]), RangeError);
});

Deno.test("a shuffle keeps every item and reaches every order", () => {
  const random = new Random("cards");
  const orders = new Set<string>();
  for (let i = 0; i < 500; i++) {
    orders.add(random.shuffle([1, 2, 3, 4]).join(""));
  }
  assertEquals(orders.size, 24);
});
