import { describe, expect, it } from 'vitest';
import { judge, type Api, type Failure } from '../../src/descope/failures.ts';

const failure = (api: Api, status: number, errorCode?: unknown): Failure => judge(api, 'user/create', { status, body: errorCode === undefined ? null : { errorCode } }).failure;

describe('an answer of Descope that is not what was asked for', () => {
  it.each<[Api, number, string, Failure]>([
    ['management', 401, 'E011004', 'setting'], ['management', 403, 'E074008', 'setting'], ['management', 400, 'E112102', 'missing'], ['management', 404, 'E112102', 'missing'], ['management', 400, 'E011003', 'refused'], ['management', 400, 'E062107', 'refused'],
    ['token', 401, 'E064001', 'over'], ['token', 401, 'E061005', 'over'], ['token', 401, 'E062108', 'over'], ['token', 400, 'E062108', 'over'], ['token', 400, 'E061005', 'refused'], ['token', 401, 'E011004', 'refused'], ['token', 403, 'E064001', 'refused'],
    ['code', 401, 'E061102', 'code_wrong'], ['code', 400, 'E061102', 'code_wrong'], ['code', 401, 'E061103', 'code_over'], ['code', 401, 'E061104', 'code_over'], ['code', 400, 'E062108', 'missing'], ['code', 400, 'E011003', 'refused'],
    ['password', 401, 'E062903', 'refused'], ['password', 400, 'E062910', 'refused'],
  ])('by %s, %i %s: %s', (api, status, code, expected) => {
    expect(failure(api, status, code)).toBe(expected);
  });

  it.each<Api>(['management', 'token', 'code', 'password'])('may be another one later where something in between wrote it, or the service is busy (%s)', (api) => {
    for (const status of [400, 401, 403, 404]) for (const code of [undefined, '', 7, null, 'invalid_grant', '<b>E064001</b>', 'E064001 ', ['E064001']]) expect(failure(api, status, code)).toBe('unavailable');
    for (const status of [0, 200, 302, 429, 500, 502, 503, 521]) expect(failure(api, status, 'E064001')).toBe('unavailable');
  });

  it('is told to the operator without what was sent, and says when to come again', () => {
    const failed = judge('management', 'user/create', { status: 400, body: { errorCode: 'E011003', errorMessage: 'no such m4rk3r', errorDescription: 'm4rk3r' }, retryAfterSeconds: 7 });
    expect([failed.message, failed.retryAfterSeconds]).toEqual(['Descope refused user/create (E011003)', 7]);
    expect(judge('management', 'x', { status: 401, body: { errorCode: 'E011004' } }).message).toMatch(/new management key/);
  });
});
