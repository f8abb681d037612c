import { escapeXml } from "../../data/escape_xml.ts";
import { formatCount } from "../../data/format.ts";
import { linearTicks, logarithmicTicks } from "./axis_ticks.ts";
import type { IsoFlopMinimum } from "./iso_flop.ts";
import { formatBudget } from "./sweep_plan.ts";
import type { SweepResult } from "./sweep_result.ts";

const WIDTH = 860;
const HEIGHT = 520;
/** The plot within the picture; the legend stands to its right. */
const PLOT = { left: 76, right: 660, top: 64, bottom: 456 };
/** Free space around the runs, as a share of what they span. */
const MARGIN = 0.08;
/** Straight pieces that a parabola is drawn in. */
const PIECES = 48;
/** Told apart on white and on black, and by most who see few colours. */
const COLORS = [
  "#3987c9",
  "#d9822b",
  "#2f9e6e",
  "#b4559f",
  "#8a7a2f",
  "#c94f4f",
  "#6c71c4",
];
/** Ink and paper follow the reader's choice of light or dark. */
const STYLE = "svg{background:#fff;color:#1a1a1a}" +
  "@media(prefers-color-scheme:dark){svg{background:#16181c;color:#e6e6e6}}" +
  "text{font-family:sans-serif;fill:currentColor}" +
  ".soft{opacity:.75}.grid{stroke:currentColor;opacity:.15}" +
  ".axis{stroke:currentColor;opacity:.6;fill:none}" +
  ".fit{fill:none;stroke-width:1.5}.best{fill:none;stroke-width:2}";

/** A run, as far as the picture shows it. */
type Run = Pick<SweepResult, "budget" | "parameters" | "loss">;

/**
 * Draws a sweep: losses over the size of the model, a colour and a fitted
 * parabola for each amount of training, the parabolas' lowest points marked.
 *
 * @param runs The runs, at least one.
 * @param minima The parabolas there are.
 * @param title Stands above, such as the name of the data.
 * @returns An SVG picture in a file of its own, readable on light and on dark.
 */
export function sweepSvg(
  runs: readonly Run[],
  minima: readonly IsoFlopMinimum[],
  title: string,
): string {
  const shown = minima.filter(({ inside }) => inside);
  const sizes = span([
    ...runs.map(({ parameters }) => Math.log(parameters)),
    ...shown.map(({ parameters }) => Math.log(parameters)),
  ]);
  const losses = span([
    ...runs.map(({ loss }) => loss),
    ...shown.map(({ loss }) => loss),
  ]);
  const x = (parameters: number) =>
    between(PLOT.left, PLOT.right, sizes, Math.log(parameters));
  const y = (loss: number) => between(PLOT.bottom, PLOT.top, losses, loss);
  const budgets = [...new Set(runs.map(({ budget }) => budget))]
    .sort((a, b) => a - b);
  const series = budgets.map((budget, i) =>
    drawSeries(
      runs.filter((run) => run.budget === budget),
      minima.find(({ flops }) => flops === budget),
      COLORS[i % COLORS.length],
      { x, y },
    )
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" ` +
    `height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    label(PLOT.left, 32, title, 'font-size="17"'),
    label(
      PLOT.left,
      50,
      "loss on held-out text, in nats a token",
      'class="soft" font-size="12"',
    ),
    ...sizeAxis(sizes, x),
    ...lossAxis(losses, y),
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}"/>`,
    ...series,
    ...legend(budgets, minima),
    "</svg>",
    "",
  ].join("\n");
}

/** Where a run lies in the picture. */
interface Scales {
  x(parameters: number): number;
  y(loss: number): number;
}

function drawSeries(
  runs: readonly Run[],
  minimum: IsoFlopMinimum | undefined,
  color: string,
  { x, y }: Scales,
): string {
  const logs = runs.map(({ parameters }) => Math.log(parameters));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const curve = minimum === undefined
    ? ""
    : Array.from({ length: PIECES + 1 }, (_, i) => {
      const log = low + (high - low) * i / PIECES;
      const loss = minimum.loss +
        minimum.curvature * (log - Math.log(minimum.parameters)) ** 2;
      return `${i === 0 ? "M" : "L"}${fixed(x(Math.exp(log)))} ${
        fixed(y(loss))
      }`;
    }).join("");
  return [
    `<g stroke="${color}" fill="${color}">`,
    ...(curve === "" ? [] : [`<path class="fit" d="${curve}"/>`]),
    ...runs.map(({ parameters, loss }) =>
      `<circle cx="${fixed(x(parameters))}" cy="${fixed(y(loss))}" r="4">` +
      `<title>${formatCount(parameters, "parameters")}: ${
        loss.toFixed(4)
      }</title></circle>`
    ),
    ...(minimum?.inside
      ? [
        `<circle class="best" cx="${fixed(x(minimum.parameters))}" cy="${
          fixed(y(minimum.loss))
        }" r="8"/>`,
      ]
      : []),
    "</g>",
  ].join("\n");
}

function sizeAxis(
  [low, high]: Span,
  x: Scales["x"],
): string[] {
  const middle = (PLOT.left + PLOT.right) / 2;
  return [
    ...logarithmicTicks(Math.exp(low), Math.exp(high)).flatMap((tick) => {
      const at = fixed(x(tick));
      return [
        `<path class="grid" d="M${at} ${PLOT.top}V${PLOT.bottom}"/>`,
        label(
          x(tick),
          PLOT.bottom + 18,
          formatCount(tick),
          'font-size="12" text-anchor="middle"',
        ),
      ];
    }),
    label(
      middle,
      PLOT.bottom + 42,
      "parameters",
      'font-size="13" text-anchor="middle"',
    ),
  ];
}

function lossAxis([low, high]: Span, y: Scales["y"]): string[] {
  const ticks = linearTicks(low, high, 6);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return ticks.flatMap((tick) => [
    `<path class="grid" d="M${PLOT.left} ${fixed(y(tick))}H${PLOT.right}"/>`,
    label(
      PLOT.left - 10,
      y(tick) + 4,
      tick.toFixed(digits),
      'font-size="12" text-anchor="end"',
    ),
  ]);
}

function legend(
  budgets: readonly number[],
  minima: readonly IsoFlopMinimum[],
): string[] {
  const left = PLOT.right + 28;
  return [
    ...budgets.flatMap((budget, i) => {
      const top = PLOT.top + 14 + 40 * i;
      const minimum = minima.find(({ flops }) => flops === budget);
      const best = minimum === undefined
        ? "no lowest point"
        : minimum.inside
        ? `best at ${formatCount(minimum.parameters)}`
        : "best lies outside";
      return [
        `<circle cx="${left}" cy="${top - 4}" r="5" fill="${
          COLORS[i % COLORS.length]
        }"/>`,
        label(
          left + 14,
          top,
          `${formatBudget(budget)} FLOP`,
          'font-size="13"',
        ),
        label(left + 14, top + 16, best, 'class="soft" font-size="12"'),
      ];
    }),
    label(
      left - 6,
      PLOT.top + 20 + 40 * budgets.length,
      "rings: lowest points of parabolas",
      'class="soft" font-size="10"',
    ),
  ];
}

type Span = readonly [low: number, high: number];

/** From the lowest to the highest, and some space around. */
function span(values: readonly number[]): Span {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const space = MARGIN * (high - low) || Math.abs(high) * MARGIN || 1;
  return [low - space, high + space];
}

function between(
  from: number,
  to: number,
  [low, high]: Span,
  value: number,
): number {
  return from + (to - from) * (value - low) / (high - low);
}

function label(x: number, y: number, text: string, style: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${style}>${
    escapeXml(text)
  }</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
