import { assertEquals } from "@std/assert";
import { lawParameters } from "../../../model/budget/law_parameters.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";

const TABLE_HEAVY = { parameters: 252_208, blockParameters: 55_600 };
const LARGE = { parameters: 92_000_000, blockParameters: 85_000_000 };

Deno.test("a published law counts a quarter of the tables", () => {
  assertEquals(lawParameters(TABLE_HEAVY, USUAL_LAW), 104_752);
  assertEquals(lawParameters(LARGE, USUAL_LAW), 86_750_000);
});

Deno.test("a law of one's own counts all parameters, as its fit did", () => {
  const own = { ...USUAL_LAW, name: "law.json" };
  assertEquals(lawParameters(TABLE_HEAVY, own), TABLE_HEAVY.parameters);
});
