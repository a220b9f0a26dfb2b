import { json, Refusal } from './answers.ts';
import type { Visit } from './world.ts';

/** `GET /.well-known/openid-configuration` */
export async function discovery({ world }: Visit): Promise<Response> {
  return json(world, {
    issuer: world.loginOrigin,
    authorization_endpoint: `${world.loginOrigin}/`,
    token_endpoint: `${world.loginOrigin}/api/authentication/oauth/tokens`,
    jwks_uri: `${world.loginOrigin}/.well-known/openid-configuration/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['EdDSA'],
    subject_types_supported: ['public'],
    authorization_response_iss_parameter_supported: true,
  });
}

/** `GET /.well-known/openid-configuration/jwks`, of one key where `?kid` asks for it. */
export async function keySet({ world, url }: Visit): Promise<Response> {
  return json(world, { keys: world.keys.published(url.searchParams.get('kid')) });
}

/** `GET /v1/clients/{id}/.well-known/openid-configuration`, as the issuer of service tokens has it. */
export async function clientDiscovery(visit: Visit): Promise<Response> {
  const issuer = `${visit.world.loginOrigin}/v1/clients/${encodeURIComponent(serviceClientOf(visit).clientId)}`;
  return json(visit.world, { issuer, jwks_uri: `${issuer}/.well-known/openid-configuration/jwks` });
}

export async function clientKeySet(visit: Visit): Promise<Response> {
  return json(visit.world, { keys: [serviceClientOf(visit).publicJwk] });
}

function serviceClientOf({ world, params }: Visit): { readonly clientId: string; readonly publicJwk: JsonWebKey } {
  const client = world.serviceClients.find(({ clientId }) => clientId === params['id']);
  if (!client) throw new Refusal(404, 'ClientNotFound', 'There is no such service client');
  return client;
}
