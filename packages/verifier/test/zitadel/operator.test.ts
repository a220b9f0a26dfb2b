import { describe, expect, it } from 'vitest';
import { judgeManagement, judgeToken, type Failure } from '../../src/zitadel/failures.ts';
import { errorOf, HOUR, MINUTE, Visitor, World } from './support.ts';

type Break = (world: World) => void;

const broken: readonly (readonly [string, Break, RegExp])[] = [
  ['impersonation is off', ({ shop }) => { shop.zitadel.instance.enableImpersonation = false; }, /Enable Impersonation \(Instance → Security\)/],
  ['the feature is off', ({ shop }) => { shop.zitadel.instance.oidcTokenExchange = false; }, /oidcTokenExchange/],
  ['the service account may not act for guests', (world) => impostor(world, ['ORG_USER_MANAGER']), /IAM_END_USER_IMPERSONATOR/],
  ['the service account may not manage users', (world) => impostor(world, ['ORG_END_USER_IMPERSONATOR']), /ORG_USER_MANAGER/],
  ['the service account has no role at all', (world) => impostor(world, []), /ORG_USER_MANAGER/],
  ['the personal access token is over', ({ shop }) => shop.zitadel.expirePat(shop.pat), /new personal access token/],
  ['the application may not exchange tokens', (world) => world.restart({ clientId: 'plain' }), /grant type Token Exchange/],
  ['the application is another one', (world) => world.restart({ clientId: 'unheard-of' }), /clientId and clientSecret/],
  ['the application’s secret is another one', (world) => world.restart({ clientId: 'server', clientSecret: 'a wrong secret of the server, long enough' }), /clientId and clientSecret/],
  ['serviceUserId is somebody else', (world) => world.restart({ serviceUserId: '12345' }), /serviceUserId/],
  ['organizationId is another one', (world) => world.restart({ organizationId: '12345' }), /organizationId/],
];

function impostor(world: World, roles: readonly string[]): void {
  const { pat, userId } = world.shop.zitadel.addServiceAccount({ roles });
  world.restart({ serviceToken: pat, serviceUserId: userId });
}

describe('an operator', () => {
  it.each(broken)('reads what to change where %s; the visitor is told to wait, and the guest is not lost', async (_, breakIt, message) => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(13 * HOUR);
    breakIt(world);
    const cookie = ada.cookie;
    const [session, guest] = [await ada.session(subject), await new Visitor(world).post('/guest')];
    expect(errorOf(guest)).toEqual([503, 'temporarily_unavailable']);
    if (session.status !== 200) expect([errorOf(session), ada.cookie]).toEqual([[503, 'temporarily_unavailable'], cookie]);
    expect(world.reports.length).toBeGreaterThan(0);
    for (const report of world.reports) expect(report).toMatch(message);
    for (const secret of [world.shop.pat, ...world.sealingKeys, subject, 'a wrong secret']) expect(JSON.stringify([world.reports, guest.body, session.status === 200 ? {} : session.body])).not.toContain(secret);
  });

  it('hears the same at most once a minute, whoever comes', async () => {
    const world = await World.open();
    world.shop.zitadel.expirePat(world.shop.pat);
    for (let i = 0; i < 5; i += 1) await new Visitor(world).post('/guest');
    expect(world.reports.length).toBe(1);
    world.pass(MINUTE);
    await new Visitor(world).post('/guest');
    expect(world.reports.length).toBe(2);
  });

  it('hears nothing where it is only the network, and the visitor waits', async () => {
    const world = await World.open();
    for (const kind of ['reset', 'lost_answer', 'html', 'truncated', 'status'] as const) {
      world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/CreateUser', kind, status: 502, times: 1 } as Parameters<typeof world.shop.zitadel.faults.add>[0]);
      expect([kind, errorOf(await new Visitor(world).post('/guest'))]).toEqual([kind, [503, 'temporarily_unavailable']]);
    }
    expect(world.reports).toEqual([]);
  });

  it('who gives the application a secret has it sent as ZITADEL wants it', async () => {
    const world = await World.open();
    world.restart({ clientId: 'server', clientSecret: 'a secret of the server, long enough' });
    expect((await new Visitor(world).post('/guest')).status).toBe(200);
  });

  it('who does not say where to hear of it reads it on the console', async () => {
    const world = await World.open({ report: undefined });
    const { vi } = await import('vitest');
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    world.shop.zitadel.expirePat(world.shop.pat);
    await new Visitor(world).post('/guest');
    expect(spy).toHaveBeenCalledExactlyOnceWith('@passerby/verifier:', expect.stringContaining('personal access token'));
    spy.mockRestore();
  });
});

describe('what an answer means', () => {
  const management: readonly (readonly [number, object | null, Failure])[] = [
    [404, { code: 'not_found', message: 'User could not be found (QUERY-Dfbg2)' }, 'missing'], [404, null, 'setting'], [404, {}, 'setting'], [501, { code: 'unimplemented' }, 'setting'],
    [409, { code: 'already_exists', message: 'User already exists (V3-DKcYh)' }, 'taken'], [400, { code: 'failed_precondition', message: 'Errors.User.AlreadyExisting (COMMAND-7yiox1isql)' }, 'taken'],
    [400, { code: 'invalid_argument', message: 'Password is too short (COMMA-HuJf6)' }, 'password'], [400, { code: 'invalid_argument', message: 'x (DOMAIN-VoaRj)' }, 'password'],
    [400, { code: 'invalid_argument', message: 'EMAIL-599BI' }, 'refused'], [400, { code: 'failed_precondition' }, 'refused'], [401, { code: 'unauthenticated' }, 'setting'], [403, { code: 'permission_denied' }, 'setting'],
    [429, { code: 'resource_exhausted' }, 'unavailable'], [500, { code: 'internal' }, 'unavailable'], [503, null, 'unavailable'], [302, null, 'unavailable'], [400, null, 'unavailable'], [403, null, 'unavailable'], [401, null, 'unavailable'],
  ];
  it.each(management)('of the UserService: %s %j is %s', (status, body, failure) => {
    expect(judgeManagement('UpdateUser', { status, body: body as Readonly<Record<string, unknown>> | null }).failure).toBe(failure);
  });

  const tokens: readonly (readonly ['exchange' | 'code' | 'refresh', number, object | null, Failure])[] = [
    ['exchange', 400, { error: 'invalid_request', error_description: 'subject_token invalid' }, 'missing'], ['exchange', 400, { error: 'invalid_request', error_description: 'actor_token invalid' }, 'setting'],
    ['exchange', 403, { error: 'invalid_request', error_description: 'Errors.PermissionDenied' }, 'setting'], ['exchange', 400, { error: 'invalid_scope' }, 'setting'],
    ['refresh', 400, { error: 'invalid_grant' }, 'missing'], ['refresh', 400, { error: 'invalid_request', error_description: 'Errors.User.RefreshToken.Invalid' }, 'missing'], ['refresh', 400, { error: 'invalid_request' }, 'refused'],
    ['code', 400, { error: 'invalid_grant' }, 'missing'], ['code', 400, { error: 'invalid_request' }, 'missing'], ['code', 401, { error: 'invalid_client' }, 'setting'],
    ['refresh', 400, { error: 'unauthorized_client' }, 'setting'], ['refresh', 400, { error: 'unsupported_grant_type' }, 'setting'],
    ['refresh', 429, { error: 'invalid_grant' }, 'unavailable'], ['refresh', 500, { error: 'server_error' }, 'unavailable'], ['refresh', 400, null, 'unavailable'], ['refresh', 400, { error: '' }, 'unavailable'], ['exchange', 403, null, 'unavailable'],
  ];
  it.each(tokens)('of the token endpoint, %s: %s %j is %s', (grant, status, body, failure) => {
    expect(judgeToken(grant, { status, body: body as Readonly<Record<string, unknown>> | null }).failure).toBe(failure);
  });

  it('repeats nothing but the name of an error', () => {
    const message = 'somebody@shopper.example is taken by 12345 (COMMAND-ab12c)';
    expect(judgeManagement('UpdateUser', { status: 400, body: { code: 'invalid_argument', message } }).advice).toBe('ZITADEL refused UpdateUser (COMMAND-ab12c)');
    expect(judgeToken('exchange', { status: 400, body: { error: 'somebody@shopper.example', error_description: message } }).advice).not.toContain('somebody');
  });
});
