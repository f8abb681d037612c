/**
 * How well scores rank: the probability that an example of label 1 scores
 * higher than one of label 0, ties counting half (the area under the ROC curve;
 * Hanley and McNeil, Radiology 143, 1982).
 *
 * @param scores Any numbers but NaN.
 * @param labels 0 or 1, one a score.
 * @returns 0.5 for chance, 1 for a perfect ranking; NaN where a label is
 * missing.
 */
export function rankingAuc(scores: Float64Array, labels: Uint8Array): number {
  const order = Array.from(scores, (_, i) => i)
    .sort((a, b) => scores[a] - scores[b]);
  let pairs = 0;
  let bad = 0;
  let good = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    let tiedGood = 0;
    while (end < order.length && scores[order[end]] === scores[order[start]]) {
      tiedGood += labels[order[end++]];
    }
    const tiedBad = end - start - tiedGood;
    pairs += tiedGood * (bad + tiedBad / 2);
    good += tiedGood;
    bad += tiedBad;
    start = end;
  }
  return pairs / (good * bad);
}
