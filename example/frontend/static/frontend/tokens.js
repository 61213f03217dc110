// Reading a token, as anybody can who has it: this needs no key, and proves nothing.

function decode(segment) {
  const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** A token taken apart: its text, its segments, its JOSE header and its claims. */
export function read(text) {
  const segments = text.split(".");
  return { text, segments, header: decode(segments[0]), claims: decode(segments[1]) };
}

const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** The text with each token in it cut down to what identifies it and does not log in. */
export function cut(text) {
  return text.replace(TOKEN, (token) => {
    const signature = token.slice(token.lastIndexOf(".") + 1);
    return `${token.slice(0, 8)}….${signature.slice(0, 6)}…`;
  });
}
