import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import {
  planningDevice,
  presentMemory,
} from "../../../model/budget/planning_device.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";

const [SHAPE] = modelShapes({
  vocabSize: 257,
  context: 64,
  bosTokenId: null,
  eosTokenId: null,
});

Deno.test("a card has a share of its peak, and says that it is assumed", () => {
  const card = planningDevice("RTX-3090");
  assertEquals(card.rate(SHAPE), 0.35 * 35.58e12);
  assertEquals(card.memoryBytes, Math.floor(0.94 * 24 * 2 ** 30));
  assert(/35 % .* assumed/.test(card.assumed.join()));
  assert(/assumed/.test(card.memorySource));
});

Deno.test("a rate is taken with and without its unit", () => {
  for (const text of ["12e12", "12TFLOPS", "12 TFLOP/s", "12000G", "1.2e13"]) {
    if (text.endsWith("G")) {
      assertThrows(() => planningDevice(text), InputError, "Unknown device");
    } else {
      assertEquals(planningDevice(text).rate(SHAPE), 12e12, text);
    }
  }
});

Deno.test("an unknown device is answered with the nearest", () => {
  assertThrows(
    () => planningDevice("rtx3090"),
    InputError,
    "did you mean 'rtx-3090'?",
  );
  assertThrows(() => planningDevice("mesure"), InputError, "'measure'?");
  for (const text of ["0", "12", "1e99"]) {
    assertThrows(() => planningDevice(text), InputError, "from 1e6 to 1e18");
  }
});

Deno.test("a present card's memory is known by its name", () => {
  const of = (name: string) => presentMemory(name, false).memoryBytes;
  assertEquals(of("NVIDIA GeForce RTX 3090"), Math.floor(.94 * 24 * 2 ** 30));
  assertEquals(of("Apple M2 Max"), Math.floor(0.94 * 96 * 2 ** 30));
  assertEquals(of("Apple M2"), Math.floor(0.94 * 24 * 2 ** 30));
  assertEquals(of("Some Other Card"), null);
});
