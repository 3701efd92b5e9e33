/** Queries over HTTP. */

/** The server wants a token, or refuses the one it was given. */
export class TokenNeeded extends Error {}

/** The server answered, and the answer is a failure. */
export class QueryFailed extends Error {}

const TIMEOUT_MS = 30_000;

interface Answer<T> {
  data?: T | null;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
}

export type Send = <T>(query: string, variables: Record<string, unknown>) => Promise<T>;

/** A function that sends queries to `url` with the token of the moment. */
export function queryOver(url: string, token: () => string | null): Send {
  return async <T>(query: string, variables: Record<string, unknown>): Promise<T> => {
    const held = token();
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json;q=0.9',
        ...(held ? { Authorization: `Bearer ${held}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json().catch(() => ({}))) as Answer<T>;
    const failure = answer.errors?.[0];
    if (response.status === 401) throw new TokenNeeded(failure?.message ?? 'a token is needed');
    if (failure || !answer.data) throw new QueryFailed(failure?.message ?? `HTTP ${response.status}`);
    return answer.data;
  };
}
