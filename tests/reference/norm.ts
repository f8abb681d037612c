/** Operands of a norm; layer norm where `centred`, else RMS norm. */
export interface NormCase {
  readonly x: Float64Array;
  readonly weight: Float64Array;
  readonly bias?: Float64Array;
  readonly epsilon: number;
  readonly centred: boolean;
}

/** Normalised rows, as many columns as weights. */
export function norm(operands: NormCase): Float64Array {
  const { weight, bias } = operands;
  const columns = weight.length;
  return unitRows(operands).unit.map((value, i) =>
    value * weight[i % columns] + (bias?.[i % columns] ?? 0)
  );
}

/** Gradients by `x`, weight and bias. */
export function normGradient(operands: NormCase, upstream: Float64Array): {
  readonly x: Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
} {
  const { weight, centred } = operands;
  const columns = weight.length;
  const { unit, rstd } = unitRows(operands);
  const gradient = {
    x: new Float64Array(unit.length),
    weight: new Float64Array(columns),
    bias: new Float64Array(columns),
  };
  for (let row = 0; row < rstd.length; row++) {
    let along = 0;
    let across = 0;
    for (let c = 0; c < columns; c++) {
      const i = row * columns + c;
      gradient.weight[c] += upstream[i] * unit[i];
      gradient.bias[c] += upstream[i];
      along += upstream[i] * weight[c] / columns;
      across += upstream[i] * weight[c] * unit[i] / columns;
    }
    for (let c = 0; c < columns; c++) {
      const i = row * columns + c;
      gradient.x[i] = rstd[row] *
        (upstream[i] * weight[c] - (centred ? along : 0) - unit[i] * across);
    }
  }
  return gradient;
}

function unitRows({ x, weight, epsilon, centred }: NormCase): {
  readonly unit: Float64Array;
  readonly rstd: Float64Array;
} {
  const columns = weight.length;
  const unit = new Float64Array(x.length);
  const rstd = new Float64Array(x.length / columns);
  for (let row = 0; row < rstd.length; row++) {
    const values = x.subarray(row * columns, (row + 1) * columns);
    const mean = centred ? values.reduce((a, b) => a + b) / columns : 0;
    const square = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    rstd[row] = 1 / Math.sqrt(square / columns + epsilon);
    values.forEach((v, c) => {
      unit[row * columns + c] = (v - mean) * rstd[row];
    });
  }
  return { unit, rstd };
}
