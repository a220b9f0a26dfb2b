/** What the tests use of the vendor's SDK. Its own types are TypeScript sources that don't compile under our settings. */
export interface ServiceTokenProvider {
  getToken(): Promise<string>;
  generateUserLoginUrl(redirectUrl: string, state: string, clientId: string, userId: string): Promise<string>;
}
export const ServiceClientTokenProvider: new (accessKey: string, authressCustomDomain?: string) => ServiceTokenProvider;
export function TokenVerifier(authressCustomDomain: string, token: string): Promise<Record<string, unknown>>;
