"""Times the verification of imported hashes, here and elsewhere; `scripts/compare-imports` runs it.

Takes the path of the bridge. Each hash is made there, verified there and here in turn, and the
fastest of the runs counts: whatever else a machine does makes a run slower, never faster.
"""

import base64
import ctypes
import hashlib
import subprocess
import sys
import time

import bcrypt
import passlib.hash

PASSWORD = b"correct horse"
RUNS = 7
TOGETHER = 16


class Bridge:
    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def milliseconds(self, together, stored):
        password = base64.b64encode(PASSWORD).decode()
        print("time", together, password, stored, sep="\t", file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline()) / 1e6


def milliseconds(verify):
    begin = time.perf_counter_ns()
    assert verify()
    return (time.perf_counter_ns() - begin) / 1e6


def libxcrypt(setting):
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    stored = library.crypt(PASSWORD, setting.encode())
    return stored.decode(), "libxcrypt", lambda: library.crypt(PASSWORD, stored) == stored


def pbkdf2(written, digest, rounds, salt=b"saltsalt", length=None):
    def derive():
        return hashlib.pbkdf2_hmac(digest, PASSWORD, salt, rounds, length)

    key = derive()
    return written(salt, key), "OpenSSL", lambda: derive() == key


def scrypt(written, n, r, p, length):
    def derive():
        memory = 130 * n * r + 4096 * r * p
        costs = {"n": n, "r": r, "p": p, "maxmem": memory}
        return hashlib.scrypt(PASSWORD, salt=b"saltsalt", dklen=length, **costs)

    key = derive()
    return written(key), "OpenSSL", lambda: derive() == key


def of_bcrypt(written, prepared, setting):
    stored = bcrypt.hashpw(prepared, setting)
    return written(stored.decode()), "bcrypt", lambda: bcrypt.checkpw(prepared, stored)


def of_passlib(handler):
    stored = handler.hash(PASSWORD)
    return stored, "passlib", lambda: handler.verify(PASSWORD, stored)


def cases():
    b64 = lambda data: base64.b64encode(data).decode()
    yield "des-crypt", libxcrypt("ab")
    yield "bsdi-crypt, 5001", libxcrypt("_7C/.Bf/4")
    yield "md5-crypt", libxcrypt("$1$saltsalt$")
    yield "sha1-crypt, 20 000", libxcrypt("$sha1$20000$saltsalt$")
    yield "Sun MD5, 5000", libxcrypt("$md5,rounds=904$saltsalt$")
    yield "scrypt `$7$`, 16 MiB", libxcrypt("$7$C6..../....saltsalt")
    yield "scrypt, Werkzeug, 32 MiB", scrypt(
        lambda key: f"scrypt:32768:8:1$saltsalt${key.hex()}", 32768, 8, 1, 64
    )
    yield "yescrypt, Debian's", libxcrypt("$y$j9T$saltsaltsalts...")
    yield "gost-yescrypt", libxcrypt("$gy$j9T$saltsaltsalts...")
    yield "Django, PBKDF2-SHA256, 100 000", pbkdf2(
        lambda salt, key: f"pbkdf2_sha256$100000${salt.decode()}${b64(key)}", "sha256", 100_000
    )
    yield "Atlassian, PBKDF2-SHA1, 10 000", pbkdf2(
        lambda salt, key: "{PKCS5S2}" + b64(salt + key),
        "sha1",
        10_000,
        b"saltsaltsaltsalt",
        # Two blocks of SHA-1.
        length=32,
    )
    yield "GRUB, PBKDF2-SHA512, 10 000", pbkdf2(
        lambda salt, key: f"grub.pbkdf2.sha512.10000.{salt.hex().upper()}.{key.hex().upper()}",
        "sha512",
        10_000,
    )
    yield "Django, bcrypt of SHA-256, 10", of_bcrypt(
        lambda stored: f"bcrypt_sha256${stored}",
        hashlib.sha256(PASSWORD).hexdigest().encode(),
        bcrypt.gensalt(10),
    )
    yield "phpass, 2^11", of_passlib(passlib.hash.phpass.using(rounds=11))
    yield "`{SSHA}`", of_passlib(passlib.hash.ldap_salted_sha1)


def main():
    bridge = Bridge(sys.argv[1])
    print("| hash | there, ms | | here, ms | times as fast | 16 together |")
    print("|---|---:|---|---:|---:|---:|")
    for name, (stored, library, verify) in cases():
        there, here, together = [], [], []
        for _ in range(RUNS):
            there.append(milliseconds(verify))
            here.append(bridge.milliseconds(1, stored))
            together.append(bridge.milliseconds(TOGETHER, stored))
        there, here, together = min(there), min(here), min(together)
        print(
            f"| {name} | {there:.3f} | {library} | {here:.3f} | {there / here:.2f}"
            f" | {there / together:.2f} |",
            flush=True,
        )


main()
