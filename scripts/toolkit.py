"""The server of starlette-auth-toolkit's README, with a token; `scripts/compare-toolkit` runs it.

Users, passwords, the token and the answers are those of `doorstep-load`.
"""

import typing

from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette_auth_toolkit.backends import MultiAuth
from starlette_auth_toolkit.base.backends import BaseBasicAuth, BaseTokenAuth
from starlette_auth_toolkit.cryptography import PBKDF2Hasher

# passlib's default: SHA-256, 29 000 rounds.
hasher = PBKDF2Hasher()


class User(typing.NamedTuple):
    username: str
    password: str


NAMES = [f"user-{number:02}" for number in range(16)]
USERS = {name: User(name, hasher.make_sync("correct horse")) for name in NAMES}
TOKENS = {"load-8Cq2tWv5Zs0Rk1Lm7Xp4Yb9N": USERS["user-00"]}


class BasicAuth(BaseBasicAuth):
    async def find_user(self, username):
        return USERS.get(username)

    async def verify_password(self, user, password):
        return await hasher.verify(password, user.password)


class TokenAuth(BaseTokenAuth):
    async def verify(self, token):
        return TOKENS.get(token)


@requires("authenticated")
async def me(request):
    return JSONResponse({"message": f"Hello, {request.user.username}!"})


async def open_to_all(request):
    return JSONResponse({"message": "Hello, user-00!"})


def refused(_, exception):
    return PlainTextResponse(str(exception), status_code=401)


middleware = Middleware(
    AuthenticationMiddleware,
    backend=MultiAuth([TokenAuth(), BasicAuth()]),
    on_error=refused,
)
app = Starlette(
    routes=[Route("/me", me), Route("/open", open_to_all)],
    middleware=[middleware],
)
