/** Bytes of gzip -9. */
export interface Budget {
  readonly id: string;
  readonly name: string;
  readonly wanted: number;
  readonly budget: number;
}

export interface Weight {
  readonly minified: number;
  readonly gzip: number;
}

export const BUDGETS: readonly Budget[];
export function measureBudgets(): Promise<readonly (Budget & { readonly bytes: number })[]>;
export function weigh(files: readonly { readonly name: string; readonly imports: readonly string[]; readonly isEntry: boolean; readonly code: string }[]): { readonly first: Weight; readonly lazy: Weight };
