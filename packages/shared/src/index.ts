export * from './claims.ts';
export * from './connection.ts';
export * from './errors.ts';
export * from './fields.ts';
export * from './session.ts';
export * from './wire.ts';
