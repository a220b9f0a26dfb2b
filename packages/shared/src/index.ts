export * from './claims.ts';
export * from './errors.ts';
export * from './session.ts';
export * from './wire.ts';
