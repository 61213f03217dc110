"""The doctor: what of pyjwtfast is in use in a project, what to fix, and why a token is refused.

`report` looks around, `database` looks at the blacklist's tables, `verdicts` at a token, `outside`
at what arrives of a client's; `pages` writes for people what they found, and `command` is the
command line. Nothing here shows a key.

Beside the messages of the system checks it has some of its own: pyjwtfast.E101 the blacklist's
database does not answer, E102 its migrations are not applied, E103 JWK_URL does not answer,
W101 simplejwt is in use beside us, W102 many tokens without an index on their expiry.
"""
