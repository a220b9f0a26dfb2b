export function postgresPath(): string | undefined;
export interface Postgres {
  /** For a pool of `pg`. */
  readonly connection: { readonly host: string; readonly user: string; readonly database: string };
  stop(): Promise<void>;
}
export function startPostgres(settings?: { readonly durable?: boolean }): Promise<Postgres>;
