"""Compares doorstep-password with other implementations; `scripts/interop` runs it.

Takes the path of the bridge. Passwords are random bytes without NUL, of up to 72 bytes for bcrypt and
of up to 200 for the others, and now and then printable ones or UTF-8; all is drawn from
INTEROP_SEED. Formats that are only imported are made there and verified here.
"""

import base64
import ctypes
import hashlib
import os
import random
import subprocess
import sys
from importlib.metadata import version

import argon2
import bcrypt
import passlib.hash
from passlib.hash import pbkdf2_sha1, pbkdf2_sha256, pbkdf2_sha512, sha256_crypt, sha512_crypt

COUNT = 500
SEED = os.environ.get("INTEROP_SEED", "1")


class Bridge:
    """The program that answers a line with a line."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *fields):
        print(*fields, sep="\t", file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"interop: the bridge ended at {fields}")
        return answer.removesuffix("\n")

    def make(self, name, password):
        return self.ask("make", name, base64.b64encode(password).decode())

    def verify(self, password, stored):
        return self.ask("verify", base64.b64encode(password).decode(), stored)


class Oracle:
    """`make(password, rng)` gives a hash, `verify(password, stored)` a truth value."""

    def __init__(self, name, library, make, verify, longest=200, count=COUNT, imported=False):
        self.name, self.library, self.make, self.verify = name, library, make, verify
        self.longest, self.count, self.imported = longest, count, imported


def argon2_cffi():
    kinds = [argon2.Type.D, argon2.Type.I, argon2.Type.ID]

    def make(password, rng):
        lanes = rng.randint(1, 4)
        return argon2.low_level.hash_secret(
            password,
            rng.randbytes(rng.randint(8, 40)),
            time_cost=rng.randint(1, 3),
            memory_cost=8 * lanes + rng.randint(0, 100),
            parallelism=lanes,
            hash_len=rng.randint(4, 80),
            type=rng.choice(kinds),
            version=rng.choice([16, 19]),
        ).decode()

    def verify(password, stored):
        try:
            return argon2.low_level.verify_secret(stored.encode(), password, argon2.Type.ID)
        except argon2.exceptions.VerifyMismatchError:
            return False

    return Oracle("argon2", f"argon2-cffi {version('argon2-cffi')}", make, verify)


def bcrypt_pypi():
    def make(password, rng):
        stored = bcrypt.hashpw(password, bcrypt.gensalt(4, rng.choice([b"2a", b"2b"]))).decode()
        # The same function under PHP's name for it.
        return rng.choice([stored, "$2y" + stored[3:]])

    def verify(password, stored):
        return bcrypt.checkpw(password, stored.encode())

    return Oracle("bcrypt", f"bcrypt {version('bcrypt')}", make, verify, 72)


def passlib_handler(name, handler, rounds):
    if "crypt" in name:
        # Its own Python, not the system's crypt(3), which is asked apart.
        handler.set_backend("builtin")

    def make(password, rng):
        cheap = handler.using(rounds=rng.randint(*rounds), salt=salt_for(handler, rng))
        return cheap.hash(password)

    return Oracle(name, f"passlib {version('passlib')}", make, handler.verify)


def salt_for(handler, rng):
    if "crypt" in handler.name:
        return "".join(rng.choices(handler.salt_chars, k=rng.randint(1, 16)))
    return rng.randbytes(rng.randint(8, 64))


def hashlib_pbkdf2(digest):
    scheme = {"sha1": "pbkdf2"}.get(digest, f"pbkdf2-{digest}")

    def b64(data, alphabet=b"+/"):
        return base64.b64encode(data, alphabet).decode().rstrip("=")

    def unab64(text):
        return base64.b64decode(text + "=" * (-len(text) % 4), b"./", validate=True)

    def make(password, rng):
        salt, rounds = rng.randbytes(rng.randint(1, 64)), rng.randint(1, 300)
        length = rng.choice([hashlib.new(digest).digest_size, rng.randint(16, 64)])
        key = hashlib.pbkdf2_hmac(digest, password, salt, rounds, length)
        if length == hashlib.new(digest).digest_size and rng.randrange(2):
            # passlib's alphabet has a dot for the plus.
            return f"${scheme}${rounds}${b64(salt, b'./')}${b64(key, b'./')}"
        return f"$pbkdf2-{digest}$i={rounds},l={length}${b64(salt)}${b64(key)}"

    def verify(password, stored):
        _, found, rounds, salt, key = stored.split("$")
        assert found == scheme, stored
        key = unab64(key)
        return hashlib.pbkdf2_hmac(digest, password, unab64(salt), int(rounds), len(key)) == key

    return Oracle(f"pbkdf2_{digest}", "hashlib", make, verify)


def libxcrypt():
    library = ctypes.CDLL("libcrypt.so.1")
    # glibc's own, which some systems still have, knows no bcrypt: that would show below.
    library.crypt.restype = ctypes.c_char_p
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    try:
        # The symbol's version node is libxcrypt's alone.
        library.crypt_gensalt
    except AttributeError:
        raise SystemExit("interop: the system's libcrypt is not libxcrypt") from None

    def crypt(password, setting):
        stored = library.crypt(password, setting.encode())
        if stored is None or stored.startswith(b"*"):
            raise SystemExit(f"interop: libxcrypt refuses {setting}")
        return stored.decode()

    def verify(password, stored):
        return crypt(password, stored) == stored

    def make_bcrypt(password, rng):
        alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        # The last of 22 characters has two bits of the salt.
        salt = "".join(rng.choices(alphabet, k=21)) + rng.choice(".Oeu")
        # Its $2a$ has a countermeasure that changes what some passwords beyond ASCII give.
        prefix = rng.choice("aby") if password.isascii() else rng.choice("by")
        return crypt(password, f"$2{prefix}$04${salt}")

    def make_sha(prefix):
        def make(password, rng):
            salt = "".join(rng.choices(sha512_crypt.salt_chars, k=rng.randint(0, 16)))
            rounds = rng.choice(["", "rounds=1000$", f"rounds={rng.randint(1000, 1100)}$"])
            return crypt(password, f"{prefix}{rounds}{salt}")

        return make

    characters = sha512_crypt.salt_chars

    def salt_of(rng, fewest, most):
        return "".join(rng.choices(characters, k=rng.randint(fewest, most)))

    def number(value, length):
        """The lowest six bits first."""
        return "".join(characters[value >> 6 * at & 63] for at in range(length))

    def whole_bytes(rng):
        """What yescrypt's own salts are, and the lowest bits first, too."""
        salt = rng.randbytes(rng.randint(1, 24))
        groups = [salt[at : at + 3] for at in range(0, len(salt), 3)]
        return "".join(number(int.from_bytes(group, "little"), len(group) + 1) for group in groups)

    def yescrypt_setting(prefix):
        return lambda rng: f"{prefix}j{rng.choice('67')}5${whole_bytes(rng)}"

    def imported(name, setting, count=COUNT):
        def make(password, rng):
            return crypt(password, setting(rng))

        return Oracle(name, "libxcrypt", make, verify, count=count, imported=True)

    return [
        Oracle("bcrypt", "libxcrypt", make_bcrypt, verify, 72),
        Oracle("sha256_crypt", "libxcrypt", make_sha("$5$"), verify),
        Oracle("sha512_crypt", "libxcrypt", make_sha("$6$"), verify),
        imported("des_crypt", lambda rng: salt_of(rng, 2, 2)),
        imported(
            "bsdi_crypt",
            lambda rng: f"_{number(rng.randint(1, 500), 4)}{salt_of(rng, 4, 4)}",
        ),
        imported("md5_crypt", lambda rng: f"$1${salt_of(rng, 0, 8)}$"),
        imported("sha1_crypt", lambda rng: f"$sha1${rng.randint(1, 300)}${salt_of(rng, 1, 64)}$"),
        # At least 4096 rounds, and as many as are named on top: it is the slowest of all.
        imported(
            "sun_md5_crypt",
            lambda rng: f"$md5{rng.choice(['', f',rounds={rng.randint(1, 9)}'])}"
            f"${salt_of(rng, 1, 8)}{rng.choice(['$', '$$'])}",
            count=50,
        ),
        imported(
            "scrypt",
            lambda rng: f"$7${number(rng.randint(4, 9), 1)}{number(rng.randint(1, 9), 5)}"
            f"{number(rng.randint(1, 3), 5)}{salt_of(rng, 0, 24)}",
        ),
        imported("yescrypt", yescrypt_setting("$y$"), count=200),
        imported("gost_yescrypt", yescrypt_setting("$gy$"), count=200),
    ]


def passlib_imported(name, rounds=None, count=100):
    """By passlib's own Python and its own choice of salts."""
    handler = getattr(passlib.hash, name)
    if hasattr(handler, "set_backend"):
        handler.set_backend("builtin")

    def make(password, rng):
        # Its salts come from the system: a failure prints the whole of the hash.
        cheap = {"rounds": rng.randint(*rounds)} if rounds else {}
        return handler.using(**cheap).hash(password)

    library = f"passlib {version('passlib')}"
    return Oracle(name, library, make, handler.verify, count=count, imported=True)


def password_of(rng, longest):
    length = rng.choice([rng.randint(1, 24), rng.randint(1, longest)])
    kind = rng.randrange(6)
    if kind < 2:
        return bytes(rng.randint(0x20, 0x7E) for _ in range(length))
    if kind == 2:
        return "".join(rng.choices("aZ7 äßé€λж漢😀", k=length // 4 + 1)).encode()[:longest]
    return bytes(rng.randint(1, 255) for _ in range(length))


def another(rng, password):
    """The same with one bit of one byte changed, or with one byte more: and still without NUL."""
    if len(password) < 72 and rng.randrange(2):
        return password + b"x"
    at = rng.randrange(len(password))
    changed = password[at] ^ 1 << rng.randrange(8)
    return password[:at] + bytes([changed or 0xFF]) + password[at + 1 :]


def compare(bridge, oracle):
    rng = random.Random(f"{SEED} {oracle.name} {oracle.library}")
    there, here, disagreements = 0, 0, []

    def expect(what, seen, expected, password, stored):
        if seen != expected:
            disagreements.append(f"{what}: {seen}: {password.hex()} {stored}")
        return seen == expected

    for _ in range(oracle.count):
        if not oracle.imported:
            password = password_of(rng, oracle.longest)
            wrong = another(rng, password)
            stored = bridge.make(oracle.name, password)
            # Both are asked, the right and a wrong one: a verifier that says yes agrees with all.
            right = bool(oracle.verify(password, stored))
            right = expect("made here", right, True, password, stored)
            no = bool(oracle.verify(wrong, stored))
            no = expect("made here, wrong", no, False, wrong, stored)
            there += right and no

        password = password_of(rng, oracle.longest)
        wrong = another(rng, password)
        stored = oracle.make(password, rng)
        right = expect("made there", bridge.verify(password, stored), "match", password, stored)
        # DES looks at seven bits of eight bytes: what is another password is for the oracle to say.
        other = "match" if oracle.imported and oracle.verify(wrong, stored) else "mismatch"
        no = expect("made there, wrong", bridge.verify(wrong, stored), other, wrong, stored)
        here += right and no
    ways = "there->here" if oracle.imported else f"here->there {there}, there->here"
    print(
        f"interop: {oracle.name} {ways} {here} of {oracle.count} ({oracle.library})",
        flush=True,
    )
    for disagreement in disagreements[:5]:
        print(f"  {disagreement}", file=sys.stderr)
    return not disagreements


def main():
    bridge = Bridge(sys.argv[1])
    oracles = [
        argon2_cffi(),
        bcrypt_pypi(),
        passlib_handler("pbkdf2_sha1", pbkdf2_sha1, (1, 300)),
        passlib_handler("pbkdf2_sha256", pbkdf2_sha256, (1, 300)),
        passlib_handler("pbkdf2_sha512", pbkdf2_sha512, (1, 300)),
        hashlib_pbkdf2("sha1"),
        hashlib_pbkdf2("sha256"),
        hashlib_pbkdf2("sha512"),
        passlib_handler("sha256_crypt", sha256_crypt, (1000, 1000)),
        passlib_handler("sha512_crypt", sha512_crypt, (1000, 1000)),
        *libxcrypt(),
        passlib_imported("apr_md5_crypt"),
        passlib_imported("ldap_salted_md5"),
        passlib_imported("ldap_salted_sha1"),
        passlib_imported("django_salted_md5"),
        passlib_imported("django_salted_sha1"),
        passlib_imported("phpass", (7, 8)),
        passlib_imported("grub_pbkdf2_sha512", (1, 300)),
        passlib_imported("cta_pbkdf2_sha1", (1, 300)),
        passlib_imported("dlitz_pbkdf2_sha1", (1, 300)),
        passlib_imported("ldap_pbkdf2_sha256", (1, 300)),
        passlib_imported("django_pbkdf2_sha256", (1, 300)),
        passlib_imported("atlassian_pbkdf2_sha1", count=20),
    ]
    results = [compare(bridge, oracle) for oracle in oracles]
    if not all(results):
        raise SystemExit("interop: disagreement")


main()
