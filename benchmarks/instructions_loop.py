"""What instructions.py runs under Valgrind: each path of HS256 so many times.

    python instructions_loop.py NAME=CALLS ...

Claims, keys and order never change, and nothing is imported but pyjwtfast: so the instructions of
two runs differ by those of the additional calls alone.
"""

from __future__ import annotations

import sys
from itertools import repeat

import pyjwtfast

SECRET = "a signing key of sixty-four characters, as long as HS512 demands"
TOKENS = 8  # the loops go through so many

CLAIMS = [
    {
        "token_type": "access",
        "exp": 4102444800 - number,  # in the year 2100
        "iat": 1700000000 + number,
        "jti": f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
        "user_id": str(number),
    }
    for number in range(1, TOKENS + 1)
]


def main() -> None:
    wanted = dict(argument.split("=") for argument in sys.argv[1:])
    key = pyjwtfast.Key.from_secret(SECRET)
    signer = pyjwtfast.Signer(key, "HS256")
    verifier = pyjwtfast.Verifier([key], ["HS256"])
    cached = pyjwtfast.Verifier([key], ["HS256"], cache_size=1024)
    tokens = [signer.sign(claims) for claims in CLAIMS]
    decode, encode, secret, algorithms = pyjwtfast.decode, pyjwtfast.encode, SECRET, ["HS256"]

    for _ in repeat(None, int(wanted["verify"])):
        for token in tokens:
            verifier.verify(token)
    for _ in repeat(None, int(wanted["decode"])):
        for token in tokens:
            decode(token, secret, algorithms=algorithms)
    for _ in repeat(None, int(wanted["sign"])):
        for claims in CLAIMS:
            signer.sign(claims)
    for _ in repeat(None, int(wanted["encode"])):
        for claims in CLAIMS:
            encode(claims, secret, algorithm="HS256")
    for _ in repeat(None, int(wanted["verify, cached"])):
        for token in tokens:
            cached.verify(token)
    print(pyjwtfast._core.BASE64URL_PATH)


if __name__ == "__main__":
    main()
