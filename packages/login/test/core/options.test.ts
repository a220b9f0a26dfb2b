import { describe, expect, it } from 'vitest';
import { LoginClient, type LoginOptions } from '../../src/index.ts';

const settings = { authressApiUrl: 'https://login.example.com', applicationId: 'app_shop' };
const made = (options: unknown): string => {
  try {
    new LoginClient(options as LoginOptions);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a client', () => {
  it('is made where there is no browser at all', () => {
    expect('window' in globalThis).toBe(false);
    expect(new LoginClient(settings).getSession()).toBeNull();
  });

  it.each([
    [{}, 'accepted'], [{ authressApiUrl: 'login.example.com' }, 'accepted'], [{ authressApiUrl: 'https://acc.eu-west.authress.io/path' }, 'accepted'],
    [{ authressApiUrl: 'http://login.shop.localhost:4601' }, 'accepted'], [{ guests: 'on-demand', guestConnectionId: 'sc_guests' }, 'accepted'],
    [{ authressApiUrl: '' }, 'config_invalid'], [{ authressApiUrl: undefined }, 'config_invalid'], [{ authressApiUrl: 'http://login.example.com' }, 'config_invalid'],
    [{ authressApiUrl: 'https://' }, 'config_invalid'], [{ applicationId: 'sc_guests' }, 'config_invalid'], [{ applicationId: '' }, 'config_invalid'],
    [{ guestConnectionId: 'google' }, 'config_invalid'], [{ guestConnectionId: 5 }, 'config_invalid'], [{ guests: 'on-demand' }, 'config_invalid'], [{ guests: 'always' }, 'config_invalid'], [{ mergeGuest: 'yes' }, 'config_invalid'],
  ])('with %j is %s', (change, expected) => {
    expect(made({ ...settings, ...change })).toBe(expected);
  });
});
