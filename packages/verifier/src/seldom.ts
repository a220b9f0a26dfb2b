const SILENT_MS = 60_000;

/** Tells the same message at most once a minute: what goes wrong for one visitor goes wrong for all of them. */
export function seldom(report: (message: string) => void, now: () => number): (message: string) => void {
  const toldAt = new Map<string, number>();
  return (message) => {
    if (Math.abs(now() - (toldAt.get(message) ?? Number.NEGATIVE_INFINITY)) < SILENT_MS) return;
    toldAt.set(message, now());
    report(message);
  };
}
