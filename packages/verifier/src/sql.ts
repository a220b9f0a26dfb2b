export { sqlStore } from './store/sql.ts';
export type { SqlStore } from './store/sql.ts';
export { migrate } from './store/migrations.ts';
export type { CullOptions, Culled, CullProgress } from './store/cull.ts';
export type { Database, Pool, PoolClient, Queries, Row } from './store/database.ts';
