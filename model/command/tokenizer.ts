import type { CommandGroup } from "./command_group.ts";
import { tokenizerEncode } from "./tokenizer_encode.ts";
import { tokenizerTrain } from "./tokenizer_train.ts";

/** Making and using vocabularies. */
export const tokenizer: CommandGroup = {
  name: "tokenizer",
  summary: "Train a vocabulary, and encode text with one",
  commands: [tokenizerTrain, tokenizerEncode],
};
