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

/** One file of a page's code; `isDynamicEntry`: something fetches it for itself, later. */
export interface PageFile {
  readonly name: string;
  readonly imports: readonly string[];
  readonly isEntry: boolean;
  readonly isDynamicEntry?: boolean;
  readonly code: string;
}

export const BUDGETS: readonly Budget[];
export function entryPath(name: string): string;
export function filesOf(input: string): Promise<readonly PageFile[]>;
export function loadedFirst(files: readonly PageFile[]): ReadonlySet<PageFile>;
export function measureBudgets(): Promise<readonly (Budget & { readonly bytes: number })[]>;
export function weigh(files: readonly PageFile[]): { readonly first: Weight; readonly lazy: Weight };
