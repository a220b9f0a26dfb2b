/** A guard, and what stands in its place while it is out. */
export interface Guard {
  readonly id: string;
  /** From the root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Who would be hurt, and how. */
  readonly why: string;
}

export const guards: readonly Guard[];
