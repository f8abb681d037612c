import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../../../data/random.ts";
import { type Demand, place } from "../../../kernels/plan/place.ts";

Deno.test("place gives demands that never meet the same bytes", () => {
  const { places, slabs } = place([
    { key: "a", bytes: 512, from: 0, to: 1 },
    { key: "b", bytes: 512, from: 2, to: 3 },
  ], 4096);
  assertEquals(places.get("a"), { slab: 0, offset: 0 });
  assertEquals(places.get("b"), { slab: 0, offset: 0 });
  assertEquals(slabs, [512]);
});

Deno.test("place opens another slab where one is full", () => {
  const { slabs } = place([
    { key: "a", bytes: 768, from: 0, to: 1 },
    { key: "b", bytes: 768, from: 1, to: 2 },
  ], 1024);
  assertEquals(slabs, [768, 768]);
});

Deno.test("place refuses a demand larger than a slab", () => {
  assertThrows(
    () => place([{ key: "a", bytes: 2048, from: 0, to: 0 }], 1024),
    RangeError,
    "largest buffer has 1024",
  );
});

Deno.test("place never overlaps demands that live at the same time", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed);
    const demands = Array.from({ length: 60 }, (_, key): Demand<number> => {
      const from = random.integer(40);
      return {
        key,
        bytes: 256 * (1 + random.integer(20)),
        from,
        to: from + random.integer(12),
      };
    });
    const { places, slabs } = place(demands, 256 * 64);
    let busiest = 0;
    for (let moment = 0; moment < 60; moment++) {
      const alive = demands.filter(({ from, to }) =>
        from <= moment && moment <= to
      );
      busiest = Math.max(
        busiest,
        alive.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      for (const a of alive) {
        for (const b of alive) {
          const pa = places.get(a.key);
          const pb = places.get(b.key);
          assert(pa && pb);
          const apart = a.key === b.key || pa.slab !== pb.slab ||
            pa.offset + a.bytes <= pb.offset ||
            pb.offset + b.bytes <= pa.offset;
          assert(apart, `seed ${seed}: ${a.key} and ${b.key} overlap`);
        }
      }
    }
    const total = slabs.reduce((sum, bytes) => sum + bytes, 0);
    assert(total >= busiest, `seed ${seed}: less than is alive at once`);
    // Greedy by size stays close to what must be alive at once.
    assert(
      total <= 1.5 * busiest,
      `seed ${seed}: ${total} bytes for ${busiest} alive at once`,
    );
  }
});
