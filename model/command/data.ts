import type { CommandGroup } from "./command_group.ts";
import { dataClassifier } from "./data_classifier.ts";
import { dataConvert } from "./data_convert.ts";
import { dataInspect } from "./data_inspect.ts";
import { dataLabel } from "./data_label.ts";
import { dataPrepare } from "./data_prepare.ts";

/** What is done with text before training. */
export const data: CommandGroup = {
  name: "data",
  summary: "Curate text into tokens, look inside, convert",
  commands: [dataPrepare, dataInspect, dataConvert, dataLabel, dataClassifier],
};
