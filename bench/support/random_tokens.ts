import { Random } from "../../data/random.ts";
import type { TokenBatch } from "../../model/train/training_session.ts";
import type { BenchSize } from "./sizes.ts";

/**
 * Sequences of independent tokens: nothing can be learnt from them beyond
 * their distribution, so every trainer starts at a loss of ln V.
 *
 * @param size The configuration.
 * @returns One batch; targets are the tokens that follow.
 */
export function randomTokens(size: BenchSize): TokenBatch {
  const { batch, context, vocabulary } = size;
  const random = new Random("bench");
  const inputs = new Uint32Array(batch * context);
  const targets = new Uint32Array(batch * context);
  for (let sequence = 0; sequence < batch; sequence++) {
    let token = random.integer(vocabulary);
    for (let position = 0; position < context; position++) {
      const place = sequence * context + position;
      inputs[place] = token;
      token = random.integer(vocabulary);
      targets[place] = token;
    }
  }
  return { inputs, targets };
}
