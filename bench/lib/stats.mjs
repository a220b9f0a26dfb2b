/** What is said of samples, and tables. */

/** The value that this part (0 to 1) of the samples lies below. */
export function quantile(samples, part) {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at % 1);
}

export const median = (samples) => quantile(samples, 0.5);

/** The middle half of the samples: `12.1–13.4`. */
export const spread = (samples, digits = 1) => [0.25, 0.75].map((part) => quantile(samples, part).toFixed(digits)).join('–');

/** Two cells: the median, and the middle half. */
export const middle = (samples, digits = 1) => [median(samples).toFixed(digits), spread(samples, digits)];

/** Of counts: one number where all are the same, else the least and the most. */
export function range(counts) {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(most) : `${least}–${most}`;
}

/** A table in Markdown; every column but the first is numbers. */
export function table(heads, rows) {
  const lines = [heads, heads.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
