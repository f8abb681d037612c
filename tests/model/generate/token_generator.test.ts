import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { ByteTokenizer } from "../../../data/tokenize/bytes.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import {
  type GenerationProgram,
  generationProgram,
} from "../../../model/generate/generation_program.ts";
import { TextGenerator } from "../../../model/generate/text_generator.ts";
import {
  type GenerateOptions,
  TokenGenerator,
} from "../../../model/generate/token_generator.ts";
import { LanguageModel } from "../../../model/language_model.ts";
import { assertClose, testDevice } from "../../kernels/harness.ts";
import { nonzeroValues } from "../nonzero_values.ts";
import {
  TINY_LLAMA_YAML,
  TINY_RECIPE_YAML,
  TINY_VOCABULARY,
  TINY_YAML,
  tinySession,
} from "../tiny_run.ts";

const CAPACITY = 72;
const GREEDY: GenerateOptions = {
  tokens: 20,
  temperature: 0,
  topK: 0,
  topP: 1,
  seed: 1,
  stop: [],
};
/** Longer than one piece of a prompt, and not a multiple of it. */
const PROMPT = Uint32Array.from({ length: 45 }, (_, i) => i * i % 251);

interface Opened {
  readonly program: GenerationProgram;
  readonly executable: Executable;
  readonly generator: TokenGenerator;
  /** Logits of a whole sequence at once, without a cache. */
  readonly sequence: (tokens: Uint32Array) => Promise<Float32Array>;
}

/** A random model: its generation, and its pass over whole sequences. */
async function withModel(
  yaml: string,
  body: (opened: Opened) => Promise<void>,
): Promise<void> {
  const gpu = await testDevice();
  const { config } = tinySession(yaml, { "train.context": `${CAPACITY}` });
  const { maxBufferSize } = gpu.capabilities.limits;
  const model = new LanguageModel(config, maxBufferSize);
  const program = generationProgram(model, {
    capacity: CAPACITY,
    prompts: true,
  });
  const whole = new Graph();
  const tokens = whole.input("tokens", [PROMPT.length], "u32");
  const states = model.sequences(whole, tokens, PROMPT.length);
  const logits = model.logits(whole, states);
  const phases = new Map(program.phases.map(({ name, graph }) => [name, graph]))
    .set("whole", whole);
  const plan = planProgram(phases, gpu.capabilities, {
    keep: [logits, ...program.phases.map((phase) => phase.logits)],
    readbackBytes: 1 << 16,
  });
  const executable = await Executable.compile(gpu, plan);
  for (const { tensor, values } of nonzeroValues(model.parameters, 5)) {
    // Weights as small as fresh ones would make all logits about equal.
    executable.write(tensor, values.map((value) => value * 4));
  }
  await body({
    program,
    executable,
    generator: new TokenGenerator(executable, program, TINY_VOCABULARY),
    sequence: async (ids) => {
      executable.write(tokens, ids);
      executable.submit(["whole"]);
      return await executable.read(logits);
    },
  });
  executable.destroy();
}

for (
  const [family, yaml] of [
    ["gpt2", TINY_YAML],
    ["llama", TINY_LLAMA_YAML],
    ["llama with more", TINY_RECIPE_YAML],
  ]
) {
  Deno.test(`${family}: a prompt gives the same logits whole, in pieces and token by token`, () =>
    withModel(yaml, async ({ program, executable, sequence }) => {
      const width = program.phases[0].logits.shape[1];
      const expected = await sequence(PROMPT);
      assertEquals(program.phases.length, 2);
      for (const { name, tokens, logits } of program.phases) {
        const rows = tokens.shape[0];
        const found = new Float32Array(expected.length);
        for (let start = 0; start < PROMPT.length; start += rows) {
          const piece = new Uint32Array(rows);
          piece.set(PROMPT.subarray(start, start + rows));
          executable.write(tokens, piece);
          executable.write(program.position, Uint32Array.of(start));
          executable.submit([name]);
          const used = Math.min(rows, PROMPT.length - start);
          const values = await executable.read(logits);
          found.set(values.subarray(0, used * width), start * width);
        }
        assertClose(found, expected, 1e-5, name);
      }
    }));

  Deno.test(`${family}: what is generated follows from seed and options`, () =>
    withModel(yaml, async ({ generator }) => {
      const generate = (options: Partial<GenerateOptions>, prompt = PROMPT) =>
        Array.fromAsync(generator.generate(prompt, { ...GREEDY, ...options }));
      const greedy = await generate({});
      assertEquals(greedy.length, 20);
      assertEquals(await generate({ seed: 2 }), greedy);
      assertEquals(await generate({ temperature: 1, topK: 1 }), greedy);

      const drawn = await generate({ temperature: 1 });
      assertEquals(await generate({ temperature: 1 }), drawn);
      assertNotEquals(await generate({ temperature: 1, seed: 2 }), drawn);
      assertNotEquals(drawn, greedy);

      const [first] = greedy;
      const end = greedy.findIndex((id) => id !== first);
      assert(end > 0, `only ${first}`);
      assertEquals(
        await generate({ stop: [greedy[end]] }),
        greedy.slice(0, end),
      );
      assertEquals(await generate({ stop: [first] }), []);
      // Prompt and generated tokens are a prompt for what follows.
      const longer = Uint32Array.of(...PROMPT, ...greedy.slice(0, 7));
      assertEquals(await generate({ tokens: 13 }, longer), greedy.slice(7));
      // The last token needs no place in the cache.
      const all = await generate({ tokens: 1000 });
      assertEquals(all.length, CAPACITY - PROMPT.length + 1);
      assertEquals(all.slice(0, 20), greedy);
      for (const length of [0, CAPACITY + 1]) {
        await assertRejects(
          () => generate({}, new Uint32Array(length)),
          RangeError,
          `a prompt of ${length} tokens: the model takes 1 to ${CAPACITY}`,
        );
      }
    }));
}

Deno.test("a text that the model cannot take is refused", () =>
  withModel(TINY_YAML, async ({ generator }) => {
    const texts = new TextGenerator(generator, new ByteTokenizer());
    const text = await texts.text("a cat", { ...GREEDY, tokens: 3 });
    assert(text.length > 0);
    // A new text begins with the token that ends the one before.
    assertEquals(await texts.text("", { ...GREEDY, tokens: 0 }), "");
    await assertRejects(
      () => texts.text("x".repeat(CAPACITY + 1), GREEDY),
      InputError,
      "a prompt of 73 tokens: the model takes 72; shorten it",
    );
  }));
