import { join } from "@std/path";
import { TextGenerator } from "../generate/text_generator.ts";
import type { SampledEvent } from "./events.ts";
import type { PreparedRun } from "./prepare_run.ts";

/**
 * Lets the model of a run continue its prompts, and adds what it writes to the
 * run's `samples.md`.
 *
 * @param run The run; nothing is written where it cannot generate.
 * @param out Its folder.
 * @param step Steps taken so far.
 */
export async function* writeSamples(
  { session, tokenizer, config }: PreparedRun,
  out: string,
  step: number,
): AsyncGenerator<SampledEvent, void, void> {
  if (!session.generator) return;
  const { prompts, tokens, temperature, top_k, top_p } = config.sample;
  const generator = new TextGenerator(session.generator, tokenizer);
  for (const prompt of prompts) {
    const text = await session.withAverage(() =>
      generator.text(prompt, {
        tokens,
        temperature,
        topK: top_k,
        topP: top_p,
        seed: config.seed,
      })
    );
    await Deno.writeTextFile(
      join(out, "samples.md"),
      `## Step ${step}: ${JSON.stringify(prompt)}\n\n${prompt}${text}\n\n`,
      { append: true },
    );
    yield { type: "sampled", step, prompt, text };
  }
}
