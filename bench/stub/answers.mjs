/** What a route of the stub answers with. */

export const json = (data, { status = 200, headers = {} } = {}) => ({ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(data) });

export const html = (text, headers = {}) => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body: text });

export const redirect = (location) => ({ status: 302, headers: { location: String(location) }, body: '' });

export const refused = (data, status = 400) => json(data, { status });
