// Requests to the API, and what went wrong with them in words.

const SECONDS_TO_WAIT = 15;

/** A request that has not given what was wanted; the message is for the user. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", fields = {} } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields; // by name of the field: what is wrong with it
  }
}

function inWords(status, body, headers) {
  if (status >= 500) {
    return `The server has failed (status ${status}). Its log says why; try again later.`;
  }
  if (status === 429) {
    const seconds = headers.get("Retry-After");
    return `Too many attempts. Try again ${seconds ? `in ${seconds} seconds` : "later"}.`;
  }
  if (body === null) {
    return `The answer, of status ${status}, is not one of the API.`;
  }
  // Of an access token that is refused, the reason is in `messages`.
  return body.messages?.[0]?.message ?? body.detail ?? "The server has not accepted what was sent.";
}

/**
 * Sends a request, and calls `seen` with all about it. Returns the JSON of the answer and by how
 * many milliseconds the server's clock is ahead; raises ApiError for anything but success.
 */
export async function send(method, path, { body, token, seen }) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  const start = performance.now();
  const report = (status, answer, challenge) =>
    seen({
      method,
      path,
      headers,
      body,
      status,
      answer,
      challenge,
      took: performance.now() - start,
    });

  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(SECONDS_TO_WAIT * 1000),
    });
    text = await response.text();
  } catch {
    report(0, "", null);
    throw new ApiError("The server does not answer. Is it running? Try again in a moment.");
  }
  report(response.status, text, response.headers.get("WWW-Authenticate"));

  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // An error page of something that stands before the API.
  }
  if (!response.ok || json === null) {
    const { status } = response;
    const fields = status === 400 && json !== null ? json : {};
    throw new ApiError(inWords(status, json, response.headers), {
      status,
      code: json?.code,
      fields,
    });
  }
  const date = Date.parse(response.headers.get("Date") ?? "");
  return { json, ahead: Number.isNaN(date) ? 0 : date - Date.now() };
}
