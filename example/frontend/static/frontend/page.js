// The page: its buttons, the countdown, and what is shown of tokens and requests.
//
// The tokens are in `session` and nowhere else: in no storage, cookie, address or attribute, and in
// the text of the page only with their signatures cut.

import { ApiError, send } from "./api.js";
import { cut, read } from "./tokens.js";

const session = { username: "", access: null, refresh: null, former: null, ahead: 0, received: 0 };

const REQUESTS_LISTED = 20;
const NOTES_LISTED = 5;
const paths = document.querySelector("main").dataset;
const byId = (id) => document.getElementById(id);

// --- Small parts ---

/** An element with a class and what is in it: elements and texts. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

const clockTime = (seconds) => new Date(seconds * 1000).toLocaleTimeString();
const now = () => Date.now() + session.ahead; // on the server's clock

function duration(seconds) {
  const [amount, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [seconds / 60, "minute"]
        : [seconds / 3600, "hour"];
  const whole = Math.round(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

/** Says below a step how it went. `kind`: good, refused (as it should be) or bad. */
function show(id, kind, words, ...more) {
  const place = byId(id);
  place.dataset.kind = kind;
  place.replaceChildren(element("p", "words", words), ...more);
}

function clearResults() {
  for (const place of document.querySelectorAll(".result")) {
    place.replaceChildren();
    delete place.dataset.kind;
  }
}

// --- Requests ---

const request = (method, path, options = {}) => send(method, path, { ...options, seen: list });

/** Lists a request, tokens and passwords cut, above the ones before it. */
function list({ method, path, headers, body, status, answer, challenge, took }) {
  byId("wire-empty").hidden = true;
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const masked = body?.password === undefined ? body : { ...body, password: "•••" };
  const got = challenge ? [`WWW-Authenticate: ${challenge}`] : [];
  let shown = answer.slice(0, 4000);
  try {
    shown = JSON.stringify(JSON.parse(answer), null, 2);
  } catch {
    // Shown as it is.
  }
  const outcome = status === 0 ? "no answer" : String(status);
  const summary = element(
    "summary",
    "",
    element("span", "method", method),
    " ",
    element("span", "path", path),
    " ",
    element("span", status >= 200 && status < 300 ? "status good" : "status bad", outcome),
    " ",
    element("span", "took", `${Math.round(took)} ms`),
  );
  const lines = [`${method} ${path}`, ...sent];
  if (masked !== undefined) lines.push("", JSON.stringify(masked));
  const details = element(
    "details",
    "",
    summary,
    element("h3", "", "Request"),
    element("pre", "", cut(lines.join("\n"))),
    element("h3", "", "Answer"),
    element("pre", "", cut([outcome, ...got, "", shown].join("\n"))),
  );
  byId("wire").prepend(element("li", "", details));
  while (byId("wire").children.length > REQUESTS_LISTED) byId("wire").lastChild.remove();
}

/** What `action` does, once at a time; an error is shown in words in the place of that id. */
function step(id, action) {
  return async (event) => {
    event.preventDefault();
    const place = byId(id);
    const button = event.submitter ?? event.currentTarget;
    if (place.ariaBusy === "true") return;
    place.ariaBusy = "true";
    button.classList.add("busy");
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      show(id, "bad", explained(error));
    } finally {
      place.ariaBusy = "false";
      button.classList.remove("busy");
    }
  };
}

/** The message of an error, and what to do about it. */
function explained(error) {
  if (error.code !== "token_not_valid") return error.message;
  const advice = {
    "Token is expired":
      session.refresh !== null && session.refresh.claims.exp * 1000 > now()
        ? "Refresh it, below, and try again."
        : "The refresh token has expired, too: log in again.",
    "Token is blacklisted": "Log in again.",
  };
  return `Refused: ${error.message}. ${advice[error.message] ?? ""}`.trim();
}

// --- Tokens ---

const MEANINGS = {
  alg: (value) =>
    value.startsWith("HS") ? "signed with a shared secret" : "signed with a private key",
  typ: () => "JSON Web Token",
  kid: () => "which key signed it",
  token_type: () => "what it is for",
  exp: (value) => `expires at ${clockTime(value)}`,
  iat: (value) => `issued at ${clockTime(value)}`,
  nbf: (value) => `not before ${clockTime(value)}`,
  jti: () => "its own id",
  user_id: () => "whose it is",
};

/** Fills a list with members; those that `before` had otherwise are marked. */
function fill(place, members = {}, before = undefined) {
  place.replaceChildren();
  for (const [name, value] of Object.entries(members)) {
    const changed = before !== undefined && before[name] !== value;
    const shown = element(
      changed ? "mark" : "span",
      "value",
      typeof value === "string" ? value : JSON.stringify(value),
    );
    const row = element(
      "div",
      changed ? "changed" : "",
      element("dt", "", name),
      element("dd", "", shown),
    );
    const meaning = MEANINGS[name]?.(value);
    if (meaning) row.lastChild.append(" ", element("span", "meaning", meaning));
    place.append(row);
  }
}

function showTokens(before) {
  const { access, refresh } = session;
  const main = document.querySelector("main");
  main.dataset.session = access === null ? "out" : "in";
  byId("refresh-token").hidden = access === null;
  for (const id of ["whoami", "notes", "refresh", "logout"]) byId(id).disabled = access === null;
  byId("reuse").disabled = session.former === null;
  const [header, payload, signature] = access?.segments ?? ["header", "payload", "signature"];
  document
    .querySelector("#access .encoded")
    .replaceChildren(
      element("span", "header-part", header),
      ".",
      element("span", "payload-part", payload),
      ".",
      element("span", "signature-part", access === null ? signature : `${signature.slice(0, 6)}…`),
    );
  fill(document.querySelector("#access .header-list"), access?.header);
  fill(document.querySelector("#access .claims-list"), access?.claims, before?.access.claims);
  fill(
    document.querySelector("#refresh-token .claims-list"),
    refresh?.claims,
    before?.refresh.claims,
  );
}

function keep(pair, ahead) {
  session.access = read(pair.access);
  if (pair.refresh !== undefined) session.refresh = read(pair.refresh);
  // Two clocks that agree to a second are taken for one: the Date header is no finer.
  session.ahead = Math.abs(ahead) < 2000 ? 0 : ahead;
  session.received = now();
}

function forget() {
  Object.assign(session, { username: "", access: null, refresh: null, former: null });
  showTokens();
  tick();
}

// --- The countdown ---

const ALMOST = 10; // seconds

function tick() {
  const clock = byId("clock");
  const set = (state, time, words) => {
    if (clock.dataset.state !== state) {
      clock.dataset.state = state;
      byId("refresh").classList.toggle("primary", state === "over");
      byId("clock-news").textContent =
        {
          ending: `The access token expires in ${ALMOST} seconds.`,
          over: "The access token has expired.",
        }[state] ?? "";
    }
    if (byId("clock-time").textContent !== time) byId("clock-time").textContent = time;
    if (byId("clock-state").textContent !== words) byId("clock-state").textContent = words;
  };
  if (session.access === null) {
    byId("clock-bar").style.transform = "scaleX(0)";
    set("none", "", "None yet");
    return;
  }
  const end = session.access.claims.exp * 1000;
  const left = Math.max(0, end - now());
  const seconds = Math.ceil(left / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  byId("clock-bar").style.transform = `scaleX(${left / Math.max(1, end - session.received)})`;
  if (left === 0) {
    const again = session.refresh.claims.exp * 1000 > now() ? "refresh to go on" : "log in again";
    set("over", time, `Expired: ${again}`);
  } else {
    set(seconds <= ALMOST ? "ending" : "good", time, `Good until ${clockTime(end / 1000)}`);
  }
}

// --- The steps ---

function setFieldErrors(errors) {
  let first = null;
  for (const name of ["username", "password"]) {
    const message = [errors[name] ?? []].flat().join(" ");
    byId(`${name}-error`).textContent = message;
    if (message) byId(name).setAttribute("aria-invalid", "true");
    else byId(name).removeAttribute("aria-invalid");
    if (message && first === null) first = byId(name);
  }
  first?.focus();
  return first !== null;
}

async function logIn() {
  clearResults();
  const [username, password] = [byId("username").value, byId("password").value];
  const missing = {};
  if (!username) missing.username = "Type your user name.";
  if (!password) missing.password = "Type your password.";
  if (setFieldErrors(missing)) return;
  let answer;
  try {
    answer = await request("POST", paths.obtain, { body: { username, password } });
  } catch (error) {
    if (error.status === 400 && setFieldErrors(error.fields)) return;
    if (error.status !== 401) throw error;
    show("login-result", "bad", "Wrong user name or password.");
    byId("password").select();
    return;
  }
  byId("password").value = "";
  forget();
  keep(answer.json, answer.ahead);
  session.username = username;
  showTokens();
  tick();
  // A pair is of one time, that of the refresh token.
  const {
    access: { claims: short },
    refresh: { claims: long },
  } = session;
  show(
    "login-result",
    "good",
    `Logged in as ${username}. The access token is good for ${duration(short.exp - long.iat)}, ` +
      `the refresh token for ${duration(long.exp - long.iat)}.`,
  );
  byId("call-title").focus({ preventScroll: true });
}

const call = (path) => request("GET", path, { token: session.access.text });

async function whoAmI() {
  const { json } = await call(paths.whoami);
  const until = clockTime(json.expires_at);
  show(
    "call-result",
    "good",
    `You are user ${json.user_id}, until ${until}. The token alone says so.`,
  );
}

async function listNotes() {
  const { json } = await call(paths.notes);
  const texts = json.results.slice(0, NOTES_LISTED).map(({ text }) => element("li", "", text));
  const words = json.count === 1 ? "You have one note." : `You have ${json.count} notes.`;
  show(
    "call-result",
    "good",
    json.count > NOTES_LISTED ? `${words} The newest:` : words,
    element("ul", "", ...texts),
  );
}

async function refresh() {
  const before = { access: session.access, refresh: session.refresh };
  const answer = await request("POST", paths.refresh, { body: { refresh: before.refresh.text } });
  keep(answer.json, answer.ahead);
  if (answer.json.refresh !== undefined) session.former = before.refresh;
  showTokens(before);
  tick();
  byId("reuse-result").replaceChildren();
  const rows = [];
  for (const [name, old, fresh] of [
    ["access", before.access, session.access],
    ["refresh", before.refresh, session.refresh],
  ]) {
    for (const claim of ["jti", "exp"]) {
      const shown = ({ claims }) =>
        claim === "exp" ? clockTime(claims.exp) : `${claims.jti.slice(0, 8)}…`;
      rows.push(
        element(
          "tr",
          "",
          element("th", "", name, " ", element("code", "", claim)),
          element("td", "", element("del", "", shown(old))),
          element("td", "", element("ins", "", shown(fresh))),
        ),
      );
      rows.at(-1).firstChild.scope = "row";
    }
  }
  const head = element(
    "tr",
    "",
    element("td", ""),
    element("th", "", "before"),
    element("th", "", "now"),
  );
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  show(
    "refresh-result",
    "good",
    "Refreshed: two new tokens, with ids and times of their own.",
    element("table", "diff", element("thead", "", head), element("tbody", "", ...rows)),
  );
}

async function reuse() {
  try {
    await request("POST", paths.refresh, { body: { refresh: session.former.text } });
  } catch (error) {
    if (error.status !== 401) throw error;
    show(
      "reuse-result",
      "refused",
      `Refused, as it should be: ${error.message}. The new one goes on working.`,
    );
    return;
  }
  show(
    "reuse-result",
    "bad",
    "The server has taken it: its refresh tokens do not rotate, or are not blacklisted.",
  );
}

async function logOut() {
  let refused = false;
  try {
    await request("POST", paths.blacklist, { body: { refresh: session.refresh.text } });
  } catch (error) {
    if (error.status !== 401) throw error;
    refused = true; // it was of no use any more, so this is as good
  }
  clearResults();
  forget();
  show(
    "logout-result",
    "good",
    refused
      ? "Logged out. The refresh token was of no use any more; this page has forgotten both."
      : "Logged out. The refresh token is blacklisted, and this page has forgotten both.",
  );
  byId("username").focus({ preventScroll: true });
}

byId("login").addEventListener("submit", step("login-result", logIn));
byId("whoami").addEventListener("click", step("call-result", whoAmI));
byId("notes").addEventListener("click", step("call-result", listNotes));
byId("refresh").addEventListener("click", step("refresh-result", refresh));
byId("reuse").addEventListener("click", step("reuse-result", reuse));
byId("logout").addEventListener("click", step("logout-result", logOut));
byId("fill")?.addEventListener("click", () => {
  for (const name of ["username", "password"]) byId(name).value = byId(`demo-${name}`).textContent;
  setFieldErrors({});
  document.querySelector("#login .primary").focus();
});

showTokens();
setInterval(tick, 200);
