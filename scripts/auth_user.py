"""A user table of Django's, and everybody in it at a login page; `scripts/migrate-django` runs it.

    auth_user.py dump                     prints auth_user as CSV, as `\\copy` of PostgreSQL does
    auth_user.py login URL DUMP SQLITE    logs in whoever is in the dump, and fails if somebody cannot
                                          or keeps an old hash

Django makes the table, in memory, and every hash in it. Most are cheap and a few are as dear as
Django's own, like those of a table that has seen many versions. The demo's tests have such a dump,
`crates/doorstep-demo/tests/auth_user.csv`, and know the rule of its passwords.
"""

import base64
import csv
import http.client
import sqlite3
import sys
import time
import urllib.parse


def password(username):
    return f"{username}'s pässword: 1,000"


def dump(out):
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    )
    django.setup()

    from django.contrib.auth import hashers
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)

    def pbkdf2(count, iterations, hasher=hashers.PBKDF2PasswordHasher):
        own = hasher()
        return count, lambda secret: own.encode(secret, own.salt(), iterations)

    def other(count, hasher, **cheap):
        own = type(hasher.__name__, (hasher,), cheap)()
        return count, lambda secret: own.encode(secret, own.salt())

    columns = {
        "md5": [other(10, hashers.MD5PasswordHasher)],
        "sha1": [pbkdf2(12, 10_000, hashers.PBKDF2SHA1PasswordHasher)],
        "sha256": [
            pbkdf2(20, 10_000),
            pbkdf2(16, 36_000),
            pbkdf2(10, 100_000),
            pbkdf2(5, 260_000),
            pbkdf2(2, 600_000),
            other(2, hashers.PBKDF2PasswordHasher),
        ],
        "argon2": [
            other(10, hashers.Argon2PasswordHasher, memory_cost=1024, parallelism=2),
            other(2, hashers.Argon2PasswordHasher),
        ],
        "bcrypt": [other(6, hashers.BCryptPasswordHasher, rounds=6)],
        "bcrypt-sha256": [
            other(10, hashers.BCryptSHA256PasswordHasher, rounds=6),
            other(2, hashers.BCryptSHA256PasswordHasher),
        ],
        "scrypt": [other(4, hashers.ScryptPasswordHasher)],
    }
    for name, makers in columns.items():
        makers = [make for count, make in makers for _ in range(count)]
        for number, make in enumerate(makers):
            username = f"{name}.{number}@example.org"
            User.objects.create(username=username, password=make(password(username)))
    # Outside of Django's forms nothing keeps such names away.
    for username in ["zoë", 'Patricia "Pat" Doe, Jr.', "plus+tag"]:
        User.objects.create_user(username, password=password(username))
    # They log in elsewhere.
    for number in range(6):
        User.objects.create_user(f"unusable.{number}@example.org", password=None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT username, password FROM auth_user ORDER BY id")
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(column[0] for column in cursor.description)
        rows.writerows(cursor.fetchall())


def login(url, rows, database):
    host = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    store = sqlite3.connect(f"file:{database}?mode=ro", uri=True)

    def status(username, secret):
        credentials = base64.b64encode(f"{username}:{secret}".encode()).decode()
        host.request("GET", "/protected", headers={"Authorization": f"Basic {credentials}"})
        answer = host.getresponse()
        answer.read()
        return answer.status

    def is_renewed(username):
        query = "SELECT hash FROM doorstep_users WHERE username = ?"
        (stored,) = store.execute(query, [username]).fetchone()
        return stored.startswith("$argon2id$")

    logged_in = without = 0
    for row in rows:
        username, usable = row["username"], not row["password"].startswith("!")
        answers = status(username, "wrong"), status(username, password(username))
        if answers != (401, 200 if usable else 401):
            raise SystemExit(f"auth_user: {username!r} was answered with {answers}")
        logged_in += usable
        without += not usable
        # After the response.
        end = time.monotonic() + 10
        while usable and not is_renewed(username):
            if time.monotonic() > end:
                raise SystemExit(f"auth_user: the hash of {username!r} is not renewed")
            time.sleep(0.005)
    print(f"{logged_in} logged in, none of them with a wrong password, and have a new hash")
    print(f"{without} have no password, and did not")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dump"]:
            dump(sys.stdout)
        case ["login", url, path, database]:
            with open(path, encoding="utf-8", newline="") as rows:
                login(url, list(csv.DictReader(rows)), database)
        case _:
            raise SystemExit(__doc__)
